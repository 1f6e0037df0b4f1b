"""Host and port of an address, as users write it."""

from __future__ import annotations

from streamer.errors import UserError


def host_and_port(address: str, port: int) -> tuple[str, int]:
    """Return host and port of ``HOST``, ``HOST:PORT``, ``[IPV6]`` or ``[IPV6]:PORT``.

    Parameters
    ----------
    address : str
    port : int
        Where none is named.

    Raises
    ------
    UserError
        If it is none of these.
    """
    host, colon, number = address.rpartition(":") if not address.endswith("]") else (address, "", "")
    if not colon:
        host, number = address, str(port)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not host or not number.isdecimal() or not 0 < int(number[:6]) < 65536 or set(host) & set("/@? "):
        raise UserError("address= must be HOST or HOST:PORT; user and password have settings of their own")
    return host, int(number)
