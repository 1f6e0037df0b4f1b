"""The pages of a TIFF: where their directories are, and what these say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

MAX_PAGES = 1_000_000
_N_ENTRIES = 4096  # of a directory, before which the size must stand
_INTEGER_BYTES = {3: 2, 4: 4, 16: 8}  # type of an integer → its bytes
_ASCII = 2
_KIND, _COLUMNS, _ROWS, _DESCRIPTION, _TILE_COLUMNS, _TILE_ROWS = 254, 256, 257, 270, 322, 323
_MAX_DESCRIPTION = 1 << 20
_INTERVAL_S = re.compile(r"finterval=([0-9.eE+-]+)")  # of ImageJ
_INCREMENT = re.compile(r'TimeIncrement="([0-9.eE+-]+)"(?:[^>]*?TimeIncrementUnit="([^"]*)")?')  # of OME
_UNITS_S = {"": 1.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class TiffPage:
    """The directory of one page."""

    offset: int  # of the directory, in bytes
    width: int  # of the largest array that a decoder makes of it
    height: int
    is_reduced: bool  # a thumbnail of another page
    interval_s: float  # from this page to the next, by what ImageJ or OME wrote; 0 where nothing was written


def tiff_pages(file: BinaryIO) -> Iterator[TiffPage]:
    """Yield the pages of a TIFF in order; ends where the next directory was read before.

    Raises
    ------
    ValueError
        Where a directory lies outside of the file.
    """
    file.seek(0)
    head = read_header(file, 8)
    order = byte_order(head)
    is_big = int.from_bytes(head[2:4], order) == 43
    wide = 8 if is_big else 4
    place = int.from_bytes(read_header(file, 8) if is_big else head[4:8], order)
    seen: set[int] = set()
    while place and place not in seen and len(seen) < MAX_PAGES:
        seen.add(place)
        if place >= 1 << 40:
            raise ValueError("its directory lies outside of it")
        file.seek(place)
        n_entries = int.from_bytes(read_header(file, 8 if is_big else 2), order)
        values: dict[int, int] = {}
        description = 0, 0
        end = file.tell() + n_entries * (4 + 2 * wide)
        for _ in range(min(n_entries, _N_ENTRIES)):
            entry = read_header(file, 4 + 2 * wide)
            tag, kind = int.from_bytes(entry[:2], order), int.from_bytes(entry[2:4], order)
            n_bytes = _INTEGER_BYTES.get(kind)
            if tag == _DESCRIPTION and kind == _ASCII:
                description = int.from_bytes(entry[4 + wide :], order), int.from_bytes(entry[4 : 4 + wide], order)
            elif tag in (_KIND, _COLUMNS, _ROWS, _TILE_COLUMNS, _TILE_ROWS) and n_bytes and n_bytes <= wide:
                value = int.from_bytes(entry[4 + wide : 4 + wide + n_bytes], order)
                values[tag] = max(value, values.get(tag, 0))
        file.seek(end)
        following = file.read(wide)
        # A tile is decoded whole, so it counts where it is larger than the picture.
        width = max(values.get(_COLUMNS, 0), values.get(_TILE_COLUMNS, 0))
        height = max(values.get(_ROWS, 0), values.get(_TILE_ROWS, 0))
        interval_s = _interval_s(file, *description) if len(seen) == 1 else 0.0
        yield TiffPage(place, width, height, bool(values.get(_KIND, 0) & 1), interval_s)
        place = int.from_bytes(following, order) if len(following) == wide else 0


def byte_order(head: bytes) -> Literal["little", "big"]:
    """Return the order of a TIFF's bytes, as of :meth:`int.from_bytes`."""
    return "little" if head[:2] == b"II" else "big"


def _interval_s(file: BinaryIO, place: int, n_bytes: int) -> float:
    if not 8 < n_bytes <= _MAX_DESCRIPTION:
        return 0.0
    file.seek(place)
    text = file.read(n_bytes).decode("utf-8", "replace")
    try:
        if found := _INTERVAL_S.search(text):
            interval_s = float(found[1])
        elif found := _INCREMENT.search(text):
            interval_s = float(found[1]) * _UNITS_S.get(found[2] or "", 0.0)
        else:
            return 0.0
    except ValueError:
        return 0.0
    return interval_s if 0.0 < interval_s < 1e6 else 0.0


def read_header(file: BinaryIO, n_bytes: int) -> bytes:
    """Return so many bytes; raises ValueError where the file ends before."""
    data = file.read(n_bytes)
    if len(data) < n_bytes:
        raise ValueError("it ends in its header")
    return data
