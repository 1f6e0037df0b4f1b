"""When a picture was taken, by its EXIF: of a JPEG, PNG or TIFF of a camera."""

from __future__ import annotations

import struct
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from streamer.sources.name_time import YEARS

_HEAD_BYTES = 1 << 18  # EXIF lies before the pixels of a JPEG or PNG, and takes less than 64 KiB
_MAX_ENTRIES = 500  # of a directory
_EXIF_DIRECTORY = 0x8769
_TAKEN, _FRACTION, _ZONE = 0x9003, 0x9291, 0x9011  # DateTimeOriginal, SubSecTimeOriginal, OffsetTimeOriginal
_BEFORE_EXIF = {b"\xff\xd8": b"Exif\0\0", b"\x89P": b"eXIf", b"II": b"", b"MM": b""}  # by the first bytes of a file


def time_of_picture(path: Path) -> datetime | None:
    """Return when a picture was taken, without a zone where the camera states none; None where it states nothing."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    mark = _BEFORE_EXIF.get(head[:2])
    if mark is None or (found := head.find(mark)) < 0:
        return None
    with suppress(ValueError, struct.error):
        texts = _texts(head[found + len(mark) :])
        if _TAKEN in texts:
            fraction = texts.get(_FRACTION, "")
            fraction = f".{fraction:0<6.6}" if fraction.isdecimal() else ""
            time = datetime.strptime(texts[_TAKEN].replace("-", ":"), "%Y:%m:%d %H:%M:%S")
            if len(texts[_TAKEN]) < len("2024:01:31 05:30:00") or time.year not in YEARS:  # cut off, or never set
                return None
            with suppress(ValueError):
                return datetime.fromisoformat(f"{time.isoformat()}{fraction}{texts.get(_ZONE, '')}")
            return datetime.fromisoformat(f"{time.isoformat()}{fraction}")
    return None


def _texts(tiff: bytes) -> dict[int, str]:
    """Return the texts of the EXIF directory by their tags."""
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    main = dict(_entries(tiff, first, order))
    if _EXIF_DIRECTORY not in main:
        return {}
    return {
        tag: tiff[place : place + length].decode("latin-1").strip(" \0")
        for tag, (length, place) in _entries(tiff, main[_EXIF_DIRECTORY][1], order)
    }


def _entries(tiff: bytes, start: int, order: str) -> list[tuple[int, tuple[int, int]]]:
    """Return the entries of a directory: tag, number of values, and value or where it lies."""
    (n_entries,) = struct.unpack_from(f"{order}H", tiff, start)
    found = []
    for index in range(min(n_entries, _MAX_ENTRIES)):
        at = start + 2 + 12 * index
        tag, _, n_values, value = struct.unpack_from(f"{order}HHII", tiff, at)
        found.append((tag, (n_values, value if n_values > 4 or tag == _EXIF_DIRECTORY else at + 8)))
    return found
