"""Open a file with FFmpeg (PyAV) so that it can open no other, and say in words why that fails."""

from __future__ import annotations

from typing import Any, BinaryIO, Literal

import av

# A playlist in place of a sound or video would make FFmpeg open other files and addresses.
NOTHING_ELSE = {"protocol_whitelist": "none"}
# Raw streams: FFmpeg invents their times, and guesses their length from the size of the file.
RAW_FORMATS = frozenset(("mjpeg", "mjpeg_2000", "h264", "hevc", "vvc", "m4v", "mpegvideo", "obu", "cavsvideo", "dirac"))
# What people find under the name of a sound: the error page of a download, an archive, what a Mac lays beside a file.
_OTHERS = {
    **dict.fromkeys(
        (b"<!doctype html", b"<html", b"<head", b"<?xml"), "a web page or XML, as of a download that failed"
    ),
    b"pk\x03\x04": "a zip archive: unpack it",
    b"rar!": "a RAR archive: unpack it",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it",
    b"\x1f\x8b": "packed by gzip: unpack it",
    b"%pdf": "a PDF",
    b"\x00\x05\x16\x07": "what a Mac lays beside a file, without its content: copy the file itself",
    b"version https://git-lfs": "a pointer of git-lfs: run git lfs pull",
}


def open_bytes(data: BinaryIO | Any, **stream: Any) -> Any:
    """Return an opened container of PyAV; ``stream`` holds options of ``av.open``.

    Raises
    ------
    av.FFmpegError, OSError or ValueError
        If no decoder knows it; see :func:`reason`.
    """
    return av.open(data, options=NOTHING_ELSE, metadata_errors="replace", **stream)


def open_rtsp(
    url: str, media: Literal["audio", "video"], options: dict[str, str], timeouts_s: tuple[float, float]
) -> Any:
    """Return a container of PyAV that is opened on an address of RTSP.

    Parameters
    ----------
    url : str
        With user and password where the server wants them.
    media : {"audio", "video"}
        What of it is wanted; nothing else is sent.
    options : dict of str
        More options of FFmpeg.
    timeouts_s : tuple of float
        In which the connection, and then each packet, must come.

    Raises
    ------
    av.FFmpegError or OSError
        If it does not open.
    """
    own = {"rtsp_flags": "prefer_tcp", "allowed_media_types": media, "user_agent": "streamer"}
    return av.open(url, options=own | options, timeout=timeouts_s, metadata_errors="replace")


def reason(error: Exception) -> str:
    """Return in words why FFmpeg failed."""
    text = str(getattr(error, "strerror", None) or error)
    return "the decoder gives up" if text.startswith("Error number") else text


def what_it_is(head: bytes) -> str:
    """Return what a file is that is mistaken for a sound or video, by its first bytes; "" where that is not known."""
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((what for sign, what in _OTHERS.items() if begin.startswith(sign)), "")


def has_index(data: BinaryIO | Any) -> bool:
    """Return whether a file of the mp4 family has the box by which its tracks are found; True for all others."""
    at, size = 0, data.seek(0, 2)
    data.seek(4)
    if data.read(4) != b"ftyp":
        return True
    while at + 8 <= size:
        data.seek(at)
        head = (data.read(16) or b"").ljust(16, b"\0")
        if head[4:8] in (b"moov", b"moof"):
            return True
        length = int.from_bytes(head[:4], "big")
        at += int.from_bytes(head[8:], "big") if length == 1 else max(length, 8) if length else size
    return False
