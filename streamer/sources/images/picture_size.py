"""Read from a picture file's header how large the picture is, before anything is decoded.

A few kilobytes can unfold to gigabytes of pixels. Only the formats below are read at all: what a decoder knows besides
would come without a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.images.tiff import read_header, tiff_pages

_N_PARTS = 4096  # segments of a JPEG before which the size must stand


def stated_size(file: BinaryIO) -> tuple[int, int]:
    """Return width and height of the largest array that a decoder would make of a picture file.

    Parameters
    ----------
    file : binary file
        Open at its beginning, seekable. Only headers are read.

    Raises
    ------
    ValueError
        If it is none of PNG, JPEG, TIFF, BMP, GIF, WebP, PGM and PPM, or has no size where one must be.
    """
    head = file.read(32)
    for beginning, size in _FORMATS:
        if beginning.match(head):
            if len(head) < 12:
                raise ValueError("it ends in its header")
            width, height = size(head, file)
            if width < 1 or height < 1:
                raise ValueError(f"its header says {width} × {height} pixels")
            return width, height
    raise ValueError("its beginning is that of no known format")


def check_size(name: str, width: int, height: int, images: ImageSettings) -> None:
    """Refuse an image with more pixels than the settings allow.

    Raises
    ------
    UserError
        Says how large it is; ``name`` is what it is called there.
    """
    if width * height > images.max_megapixels * 1e6:
        raise UserError(
            f"{name} must have at most {images.max_megapixels:g} million pixels; its header says {width}×{height}: "
            "reduce it, or set images.max_megapixels"
        )


def _png(head: bytes, file: BinaryIO) -> tuple[int, int]:
    if head[12:16] != b"IHDR" or len(head) < 24:
        raise ValueError("it does not begin with its size")
    return _integer(head[16:20], "big"), _integer(head[20:24], "big")


def _jpeg(head: bytes, file: BinaryIO) -> tuple[int, int]:
    file.seek(2)
    n_skipped = 0
    for _ in range(_N_PARTS):
        byte = read_header(file, 1)
        while byte != b"\xff" and n_skipped < _N_PARTS:  # bytes between segments are skipped, as decoders do
            n_skipped += 1
            byte = read_header(file, 1)
        while byte == b"\xff" and n_skipped < _N_PARTS:
            n_skipped += 1
            byte = read_header(file, 1)
        marker = byte[0]
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # without content
            continue
        if marker in (0xD9, 0xDA):
            break
        n_bytes = _integer(read_header(file, 2), "big") - 2
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            frame = read_header(file, 5)
            return _integer(frame[3:5], "big"), _integer(frame[1:3], "big")
        file.seek(max(n_bytes, 0), 1)
    raise ValueError("its size is missing")


def _bmp(head: bytes, file: BinaryIO) -> tuple[int, int]:
    if len(head) < 26:
        raise ValueError("it ends in its header")
    n_bytes = 2 if _integer(head[14:18], "little") == 12 else 4
    width, height = (
        int.from_bytes(head[18 + k * n_bytes : 18 + (k + 1) * n_bytes], "little", signed=n_bytes == 4) for k in (0, 1)
    )
    return width, abs(height)  # negative where the rows begin at the top


def _webp(head: bytes, file: BinaryIO) -> tuple[int, int]:
    kind = head[12:16]
    if len(head) < 30:
        raise ValueError("it ends in its header")
    if kind == b"VP8X":
        return _integer(head[24:27], "little") + 1, _integer(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = _integer(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return _integer(head[26:28], "little") & 0x3FFF, _integer(head[28:30], "little") & 0x3FFF
    raise ValueError("its size is missing")


def _portable(head: bytes, file: BinaryIO) -> tuple[int, int]:
    file.seek(0)
    text = re.sub(rb"#[^\n]*", b"", file.read(1 << 16))
    numbers = re.match(rb"P[2356]\s+(\d{1,9})\s+(\d{1,9})\s", text)
    if not numbers:
        raise ValueError("its size is missing")
    return int(numbers[1]), int(numbers[2])


def _tiff(head: bytes, file: BinaryIO) -> tuple[int, int]:
    page = next(tiff_pages(file), None)
    if page is None:
        raise ValueError("it has no page")
    return page.width, page.height


def _gif(head: bytes, file: BinaryIO) -> tuple[int, int]:
    return _integer(head[6:8], "little"), _integer(head[8:10], "little")


def _integer(data: bytes, order: str) -> int:
    if not data:
        raise ValueError("it ends in its header")
    return int.from_bytes(data, "little" if order == "little" else "big")


_FORMATS: tuple[tuple[re.Pattern[bytes], Callable[[bytes, BinaryIO], tuple[int, int]]], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"\xff\xd8"), _jpeg),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), _tiff),
    (re.compile(rb"BM", re.DOTALL), _bmp),
    (re.compile(rb"GIF8[79]a"), _gif),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), _webp),
    (re.compile(rb"P[2356]\s"), _portable),
)
