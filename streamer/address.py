"""Show an address without its secrets: only its scheme, its host and the shape of its path.

Cameras take passwords in every part of an address: before the host, in the path (`/user=admin_password=…`), in the
query (`?loginpas=…`), and people mistype the rest. So nothing is searched for that looks like a secret: what is shown
is what is known not to be one.
"""

from __future__ import annotations

import difflib
import glob
import os
import re
from functools import lru_cache
from typing import Any

HIDDEN = "…"
_SCHEMES = (
    "rtsp", "rtsps", "rtspu", "rtp", "http", "https", "rtmp", "rtmps", "srt", "udp", "tcp", "mms", "mmsh", "mqtt",
    "mqtts", "ftp", "ws", "wss", "onvif",
)  # fmt: skip
_NO_ADDRESS = ("mic", "camera", "demo", "file", "sound", "image", "images")  # schemes of other sources
_AUTHORITY = re.compile(r"[^/?#\\]*")
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\])(?::\d{1,5})?")
_WITH_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]+)(:/*|/+)")
_NAMED_SECRET = r"(?:pass|pas|pwd|passwd|password|passphrase|psw|token|api_?key|key|secret|auth|credential)[\w-]*"
_SUSPECT = re.compile(rf"@|\?[^=]*=|(?i:{_NAMED_SECRET}|user[\w-]*|login[\w-]*)=")

# Words of which the paths of cameras are made; the first part with any other hides itself and all after it.
_WORDS = frozenset((
    "asp", "audio", "av", "avstream", "axis", "bin", "c", "cam", "camera", "cgi", "ch", "channel", "channels",
    "faststream", "h", "high", "img", "image", "index", "ipcam", "isapi", "jpeg", "jpg", "k", "live", "livestream",
    "low", "m", "main", "media", "medium", "mjpeg", "mjpg", "mpeg", "nphmotionjpeg", "onvif", "pic", "play",
    "preview", "profile", "profiles", "realmonitor", "rtsp", "s", "sdp", "shtml", "snap", "snapshot", "stream",
    "streaming", "streams", "sub", "tmpfs", "track", "trackid", "ucast", "unicast", "v", "video", "videofeed",
    "videomain", "videostream", "videosub", "vis", "jpgimage", "amp", "cgibin", "mediaprofile", "mediainput", "d",
    "test", "tcp", "udp", "mp", "p", "rtpvideo", "wfov", "axismedia", "push", "httppreview",
))  # fmt: skip


def shown(text: str) -> str:
    """Return a source, or any address, as it may be shown: ``rtsp://10.0.0.7:554/Streaming/Channels/101?…``.

    What is no address, as ``mic`` or the path of a file, is returned unchanged. Where it cannot be told which part is
    the host, only the scheme is shown.

    Parameters
    ----------
    text : str
        Anything that a user may have meant as an address, also one with a mistake in it.
    """
    kind, _, rest = text.partition(":")
    if kind in _NO_ADDRESS:
        return f"{kind}:{shown(rest)}" if _WITH_SCHEME.match(rest) else text
    scheme = _WITH_SCHEME.match(text)
    if scheme and ":///" in scheme[0]:
        return scheme[0].strip() + HIDDEN  # where the host should be, something else stands
    if scheme and "://" in scheme[0]:
        return scheme[0].strip() + _location(text[scheme.end() :])
    is_typed_wrong = scheme is not None and _means_scheme(scheme[1])
    if not (is_typed_wrong or _SUSPECT.search(text)) or _exists(text):
        return text
    if scheme and (is_typed_wrong or "//" in scheme[0]):
        return scheme[0].strip() + _location(text[scheme.end() :])
    return _location(text.strip().lstrip("/"))


def shown_within(value: Any) -> Any:
    """Return nested lists and tables of settings with every text in them as :func:`shown`."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {key: shown_within(each) for key, each in value.items()}
    return [shown_within(each) for each in value] if isinstance(value, list | tuple) else value


# A secret in running text: addresses up to their last @ in a line, `user:password@host/path`, and `password=value`.
_IN_TEXT = re.compile(
    r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]+:?//(?:(?!://)[^\n])*@[^\s'\"]*"
    r"|(?<![\w+./-])[A-Za-z][A-Za-z0-9+.-]+:?/+[^\s'\"]+"
    r"|(?<![^\s'\"=])(?=[^\s'\"]*[:/])[^\s'\"=]+@[\w\[][^\s'\"]*"
)
_SETTING = re.compile(
    r"(?i)(?<![A-Za-z])((?:login|user)?(?:pass?|passw(?:or)?d|pwd|psw|passphrase)|api_?key|token|secret|auth)"
    r"=(?!…)[^\s&'\";,]+"
)


def without_secrets(text: str) -> str:
    """Return running text, such as an error of a library, in which addresses and `password=…` show no secrets."""
    if not any(sign in text for sign in "/@="):
        return text
    text = _IN_TEXT.sub(_shown_found, text)
    return _SETTING.sub(rf"\1={HIDDEN}", text)


def _shown_found(found: re.Match[str]) -> str:
    """Return what may be shown of an address in running text; the punctuation after it is not its own."""
    address = found[0].rstrip(";,.:)")
    return shown(address) + found[0][len(address) :]


def shown_argument(argument: str) -> str:
    """Return an argument of the command line, also ``--option=ADDRESS`` and ``NAME:ADDRESS``, without secrets."""
    begins = re.match(r"(?:-[\w-]+=)?(?:[a-z_]+:(?=[a-z]+://))?", argument)
    n = begins.end() if begins else 0
    return argument[:n] + shown(argument[n:]) if hides_something(argument[n:]) else argument


def hides_something(text: str) -> bool:
    """Return whether an address has a part before its host or a query, where passwords stand."""
    scheme = _WITH_SCHEME.match(text)
    if not scheme or shown(text) == text:
        return False
    rest = text[scheme.end() :]
    return "@" in rest or "=" in rest


def _location(text: str) -> str:
    """Return host and path of an address, which follow its scheme, without what may be secret."""
    authority = _AUTHORITY.match(text)
    assert authority is not None
    after = text[authority.end() :]
    _, _, host = authority[0].rpartition("@")
    # A password with / ? or # in it puts what follows its last @ where the host is, and its beginning before that.
    if not _HOST.fullmatch(host) or "@" in after:
        return HIDDEN
    path, *query = re.split(r"[?#]", after, maxsplit=1)
    is_known = True
    parts = [host]
    for part in path.removeprefix("/").split("/") if path else ():
        is_known = is_known and (not part or _is_known(part))
        parts.append(part if is_known else HIDDEN)
    return "/".join(parts) + (f"?{HIDDEN}" if query else "")


def _is_known(part: str) -> bool:
    """Return whether a part of a path is made of known words, and of numbers of at most three digits."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", part):
        return False
    pieces = re.findall(r"[A-Za-z]+|\d+", part)
    words = [piece for piece in pieces if not piece.isdecimal()]
    if any(len(piece) > 3 for piece in pieces if piece.isdecimal()) or len(pieces) > 6:
        return False
    return all(word.lower() in _WORDS for word in words)


@lru_cache(maxsize=256)
def _means_scheme(word: str) -> bool:
    """Return whether a word is the scheme of an address, or one typed wrong."""
    return bool(difflib.get_close_matches(word.lower(), _SCHEMES, n=1, cutoff=0.75))


def _exists(text: str) -> bool:
    try:
        path = os.path.expanduser(text)  # noqa: PTH111 (a Path would change the text)
        return os.path.exists(path) or (glob.has_magic(path) and any(glob.iglob(path)))  # noqa: PTH110, PTH207
    except (OSError, ValueError, RuntimeError, re.error):
        return False
