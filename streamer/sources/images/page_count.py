"""How many images a picture file holds, by its headers: pages of a TIFF, animated GIF, WebP and PNG."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from streamer.sources.images.tiff import TiffPage, tiff_pages
from streamer.system import native_name

MAX_CHUNKS = 1 << 20  # parts of a file that are looked through


def n_pages(path: Path) -> int:
    """Return how many images a picture file holds; 1 where that cannot be found out, or it is none."""
    try:
        path = path.expanduser()
        status = path.stat()
        return _n_pages(native_name(path), status.st_size, status.st_mtime_ns)
    except (OSError, RuntimeError, ValueError):  # not there; no such ~user; a null byte
        return 1


@lru_cache(maxsize=4096)
def _n_pages(name: str | bytes, size: int, mtime_ns: int) -> int:
    with open(name, "rb") as file:  # noqa: PTH123
        head = file.read(16)
        if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return len(whole_pages(file)) or 1
        if head[:8] == b"\x89PNG\r\n\x1a\n":
            return _png_images(file)
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return _gif_images(file)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return len(webp_durations_s(file)) or 1
    return 1


def is_decoded_here(path: Path) -> bool:
    """Return whether a file is a TIFF of several pages or an animated WebP, which FFmpeg does not read."""
    try:
        with open(native_name(path), "rb") as file:  # noqa: PTH123
            head = file.read(12)
    except (OSError, ValueError):
        return False
    return (head[:2] in (b"II", b"MM") or head[8:12] == b"WEBP") and n_pages(path) > 1


def whole_pages(file: BinaryIO) -> list[TiffPage]:
    """Return the pages of a TIFF that are no thumbnails, as far as they can be found."""
    pages: list[TiffPage] = []
    with contextlib.suppress(ValueError):
        pages.extend(page for page in tiff_pages(file) if page.width and page.height and not page.is_reduced)
    return pages


def _png_images(file: BinaryIO) -> int:
    file.seek(8)
    for _ in range(64):  # acTL comes before the first pixels
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IDAT":
            return 1
        if head[4:] == b"acTL":
            return max(1, int.from_bytes(file.read(4), "big"))
        file.seek(int.from_bytes(head[:4], "big") + 4, 1)
    return 1


def _gif_images(file: BinaryIO) -> int:
    """Return the number of images, counted up to the second: more than that nobody asks."""
    return sum(1 for _ in islice(_gif_image_places(file), 2)) or 1


def _gif_image_places(file: BinaryIO) -> Iterator[int]:
    file.seek(10)
    flags = file.read(3)[:1]
    file.seek(13 + _palette_bytes(flags))
    for _ in range(MAX_CHUNKS):
        kind = file.read(1)
        if kind == b",":
            yield file.tell()
            flags = file.read(9)[8:]
            file.seek(_palette_bytes(flags) + 1, 1)
        elif kind == b"!":
            file.seek(1, 1)
        else:
            return
        while n_bytes := file.read(1):
            if n_bytes == b"\0":
                break
            file.seek(n_bytes[0], 1)


def _palette_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def webp_durations_s(file: BinaryIO) -> list[float]:
    """Return for how long each image of an animated WebP is shown; nothing where it is not animated."""
    file.seek(12)
    durations_s = []
    for _ in range(MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        n_bytes = int.from_bytes(head[4:], "little")
        if head[:4] == b"ANMF":
            place = file.read(16)
            if len(place) < 16:
                break
            durations_s.append(max(1, int.from_bytes(place[12:15], "little")) / 1000.0)
            file.seek(n_bytes - 16 + n_bytes % 2, 1)
        else:
            file.seek(n_bytes + n_bytes % 2, 1)
    return durations_s
