"""What is wrong with a picture file that no decoder reads, as exactly as its bytes show."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from streamer.sources.images.mjpeg import is_whole

_OTHERS = (
    (b"\x00\x00\x00 ftypavif", "an AVIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance picture"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"version https://git-lfs", "a pointer to a file that Git LFS has not fetched"),
)


def unknown_format(head: bytes) -> str:
    """Return what a file is whose beginning is that of no format that is read."""
    if head[4:8] == b"ftyp":
        brand = head[8:12].decode("latin-1")
        kind = {"avif": "an AVIF picture", "heic": "a HEIC picture", "mif1": "a HEIF picture"}.get(brand, "a video")
        return f"it is {kind}"
    if head.lstrip()[:1] == b"<":
        return "it is a page of HTML or XML"
    known = next((kind for beginning, kind in _OTHERS if head.startswith(beginning)), "")
    if known:
        return f"it is {known}"
    if head and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head):
        return "it is text"
    return "it has the beginning of no known format"


def damage_of(data: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    """Return what is wrong with the bytes of a picture whose header can be read and whose pixels cannot."""
    head = data[:12].tobytes()
    if head.startswith(b"\x89PNG"):
        return _png_damage(data)
    if head.startswith(b"\xff\xd8"):
        if b"\xff\xd9" not in data[-4096:].tobytes():
            return "it is cut off: its end is missing"
        return "its coded pixels are damaged" if is_whole(data.tobytes()) else "one of its parts is damaged"
    if head.startswith(b"RIFF"):
        stated = int.from_bytes(head[4:8], "little") + 8
        if stated > data.size:
            return f"it is cut off: its header says {stated} bytes, there are {data.size}"
    if head.startswith(b"BM"):
        stated = int.from_bytes(head[2:6], "little")
        if stated > data.size:
            return f"it is cut off: its header says {stated} bytes, there are {data.size}"
    return "it is cut off, or its coded pixels are damaged"


def _png_damage(data: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    at, size = 8, data.size
    while at + 12 <= size:
        length = int.from_bytes(data[at : at + 4].tobytes(), "big")
        kind = data[at + 4 : at + 8].tobytes()
        name = kind.decode("latin-1")
        if not kind.isalpha():
            return f"it is damaged at byte {at}, where a part should begin"
        if at + 12 + length > size:
            return f"it is cut off in its part {name} at byte {at}"
        body = data[at + 4 : at + 8 + length].tobytes()
        if zlib.crc32(body) != int.from_bytes(data[at + 8 + length : at + 12 + length].tobytes(), "big"):
            return f"its part {name} at byte {at} is damaged: the checksum is wrong"
        if kind == b"IEND":
            return "its coded pixels are damaged"
        at += 12 + length
    return "it is cut off: its end is missing"
