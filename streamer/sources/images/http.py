"""Open an address over HTTP or HTTPS within a time, as a stream of bytes that never ends."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import socket
import ssl
import threading
import time
from base64 import b64encode
from types import TracebackType
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

SLICE_S = 0.25  # a stop is noticed after so long
MAX_REDIRECTS = 5
_DIGESTS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}  # of digest authentication, RFC 7616


class Unreachable(OSError):
    """Nothing takes a connection at an address: the machine is off, or the program on it."""


class HttpStream:
    """The body of one answer, read line by line or by length.

    Every call ends by a deadline, also where the server sends a byte now and then, and soon after a stop: a thread
    that reads can always be ended.

    Parameters
    ----------
    url : str
        With user and password where the server needs them; basic and digest authentication are known. Certificates
        are not checked, since hardly a camera has one that could be.
    timeout_s : float
        Until the head of the answer must be there.
    stop : threading.Event
        Ends every call with an OSError.

    Attributes
    ----------
    status : int
        Status code of the answer.
    content_type : str
        In small letters, with its parameters.

    Raises
    ------
    Unreachable
        When nothing takes a connection.
    OSError
        When the answer does not come in time.
    http.client.HTTPException
        When what answers is no HTTP.
    """

    def __init__(self, url: str, timeout_s: float, stop: threading.Event) -> None:
        self._socket: _TimedSocket | None = None
        self._stop = stop
        try:
            self._response = self._answer(urlsplit(url), time.monotonic() + timeout_s)
        except BaseException:
            self.close()
            raise
        self.status: Final = self._response.status
        self.content_type: Final = self._response.headers.get("Content-Type", "").lower()
        self._content_type = self._response.headers.get("Content-Type", "")

    def __enter__(self) -> HttpStream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def parameter(self, name: str) -> str:
        """Return a parameter of the content type, such as ``boundary``; empty where it is missing."""
        for part in self._content_type.split(";")[1:]:
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip().strip('"')
        return ""

    def within(self, seconds: float) -> None:
        """Let the calls from now on end by a deadline; those after it raise TimeoutError."""
        assert self._socket is not None
        self._socket.deadline_s = time.monotonic() + seconds

    def line(self, limit: int) -> bytes:
        """Return the next line with its end, or its first ``limit`` bytes; nothing at the end of the stream."""
        return self._response.readline(limit)

    def read(self, n_bytes: int) -> bytes:
        """Return the next ``n_bytes`` bytes; fewer only at the end of the stream."""
        return self._response.read(n_bytes)

    def some(self, limit: int) -> bytes:
        """Return what has come, at most ``limit`` bytes; waits for one. Nothing at the end of the stream."""
        return self._response.read1(limit)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()

    def _answer(self, url: SplitResult, deadline_s: float) -> http.client.HTTPResponse:
        user, password = unquote(url.username or ""), unquote(url.password or "")
        host, scheme, authorization = url.hostname, url.scheme, ""
        for _ in range(MAX_REDIRECTS):
            response = self._request(url, authorization, deadline_s)
            target = response.headers.get("Location")
            is_home = url.hostname == host and url.scheme in (scheme, "https")  # never in plain text where it was not
            if response.status == 401 and user and not authorization and is_home:
                challenges = response.headers.get_all("WWW-Authenticate") or []
                authorization = _authorization(challenges, user, password, _path(url))
            elif response.status in (301, 302, 303, 307, 308) and target:
                url = urlsplit(urljoin(url.geturl(), target))
                authorization = ""
                if url.scheme not in ("http", "https"):
                    raise http.client.HTTPException("it redirects to another protocol")
            else:
                return response
            self.close()
            if response.status == 401 and not authorization:
                return response
        raise http.client.HTTPException("it redirects in a circle")

    def _request(self, url: SplitResult, authorization: str, deadline_s: float) -> http.client.HTTPResponse:
        is_secure = url.scheme == "https"
        port = url.port or (443 if is_secure else 80)
        try:
            raw = socket.create_connection((url.hostname or "", port), max(0.001, deadline_s - time.monotonic()))
        except OSError as error:
            raise Unreachable(error.errno, error.strerror or "no answer") from None
        try:
            if is_secure:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                raw = context.wrap_socket(raw, server_hostname=url.hostname)
        except BaseException:
            raw.close()
            raise
        timed = self._socket = _TimedSocket(raw, deadline_s, self._stop)
        connection = http.client.HTTPConnection(url.hostname or "", port)
        connection.sock = timed.as_socket()
        connection.putrequest("GET", _path(url), skip_accept_encoding=True)
        headers = {"Accept": "*/*", "User-Agent": "streamer", "Connection": "close", "Authorization": authorization}
        for name, value in headers.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse()


class _TimedSocket(io.RawIOBase):
    """A socket whose reading ends by a deadline and soon after a stop."""

    def __init__(self, raw: socket.socket, deadline_s: float, stop: threading.Event) -> None:
        self.deadline_s = deadline_s
        self._raw = raw
        self._stop = stop
        raw.settimeout(SLICE_S)

    def as_socket(self) -> Any:
        """Return the part of a socket that :mod:`http.client` uses."""
        return _SocketPart(self._raw, self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._stop.is_set():
            if time.monotonic() > self.deadline_s:
                raise TimeoutError("it sends too slowly")
            try:
                return self._raw.recv_into(buffer)
            except TimeoutError:
                continue
        raise InterruptedError("stopped")

    def close(self) -> None:
        self._raw.close()
        super().close()


class _SocketPart:
    """What :mod:`http.client` uses of a socket; it closes its own when an answer has no length, but not this one."""

    def __init__(self, raw: socket.socket, timed: _TimedSocket) -> None:
        self._raw, self._timed = raw, timed

    def sendall(self, data: bytes) -> None:
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._timed, 1 << 16)

    def close(self) -> None:
        pass


def _path(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _authorization(challenges: list[str], user: str, password: str, path: str) -> str:
    """Return the header that answers a server's challenges; empty where none of them is known."""
    for challenge in challenges:
        kind, _, rest = challenge.strip().partition(" ")
        if kind.lower() == "digest":
            return _digest(parse_keqv_list(parse_http_list(rest)), user, password, path)
    if any(challenge.strip().lower().startswith("basic") for challenge in challenges):
        return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
    return ""


def _digest(given: dict[str, str], user: str, password: str, path: str) -> str:
    """Return the answer to a challenge of digest authentication; empty where its kind is not known."""
    algorithm = given.get("algorithm", "MD5")
    make = _DIGESTS.get(algorithm.upper())
    realm, nonce = given.get("realm", ""), given.get("nonce", "")
    if make is None:
        return ""

    def digest(*parts: str) -> str:
        return make(":".join(parts).encode()).hexdigest()

    secret, target = digest(user, realm, password), digest("GET", path)
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": path, "opaque": given.get("opaque", "")}
    if "auth" in given.get("qop", "").replace(" ", "").split(","):
        count, chosen = "00000001", os.urandom(8).hex()
        fields["response"] = digest(secret, nonce, count, chosen, "auth", target)
        last = f', qop=auth, nc={count}, cnonce="{chosen}"'
    else:
        fields["response"], last = digest(secret, nonce, target), ""
    quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items() if value)
    return f"Digest {quoted}, algorithm={algorithm}{last}"
