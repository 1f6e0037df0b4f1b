"""The address of a network camera or radio: checked, shown without secrets, and reached."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

from streamer.address import shown
from streamer.errors import UserError
from streamer.sources.base import NETWORK_SCHEMES

REACH_TIMEOUT_S = 0.5
STATUSES = {401: "wants another user or password", 403: "forbids it", 404: "has no such path", 503: "is busy"}
_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


class NetworkAddress:
    """An address with a scheme, a host and perhaps secrets.

    Parameters
    ----------
    uri : str
        With user and password where they are needed; only its scheme, host and the shape of its path are shown.

    Attributes
    ----------
    shown, secret : str
        The address as it may be shown, and as it is opened.
    host : str
        Name or number of the machine.
    is_rtsp : bool
        Whether it is RTSP, else HTTP.

    Raises
    ------
    UserError
        When the URI is not such an address.
    """

    def __init__(self, uri: str) -> None:
        self.shown: Final = shown(uri)
        self.secret: Final = uri
        try:
            parts = urlsplit(uri)
            is_known, host = parts.scheme in NETWORK_SCHEMES, parts.hostname or ""
        except ValueError:
            is_known, host = False, ""
        if host not in self.shown.lower():  # FFmpeg would take the beginning of a password for the host
            raise UserError(
                f"source={self.shown!r} must have a password without / ? and #; write %2F, %3F and %23 for them, or "
                "${NAME} for a variable of the environment that holds the password"
            )
        if not is_known or not host:
            raise UserError(
                f"source={self.shown!r} must be like rtsp://HOST/… or http://HOST/…; check the camera's URL"
            )
        self.host: Final = host
        self.is_rtsp: Final = parts.scheme.startswith("rtsp")
        self._port = parts.port or _PORTS[parts.scheme]

    def takes_a_connection(self) -> bool:
        """Return whether something takes a connection there; says nothing to it."""
        return reaches(self.host, self._port, REACH_TIMEOUT_S)


def reaches(host: str, port: int, timeout_s: float) -> bool:
    """Return whether something takes a connection at an address; says nothing to it."""
    try:
        socket.create_connection((host, port), timeout_s).close()
    except OSError:
        return False
    return True
