"""Picture files of several images: pages of a TIFF, animated GIF, PNG and WebP."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import UInt8
from tests.support.coded_videos import write_coded

_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3}


def write_tiff(
    path: Path,
    pages: Sequence[NDArray[Any]],
    *,
    order: Literal["<", ">"] = "<",
    description: str = "",
    thumbnails: Sequence[int] = (),
    is_big: bool = False,
) -> Path:
    """Write grey pages, uncompressed, of any type of number; ``thumbnails`` are numbers of pages marked as such."""
    offset_code, wide = ("Q", 8) if is_big else ("I", 4)
    mark = b"II" if order == "<" else b"MM"
    data = bytearray(
        mark + struct.pack(f"{order}HHHQ" if is_big else f"{order}HI", *((43, 8, 0, 0) if is_big else (42, 0)))
    )
    pointer = len(data) - wide
    for number, page in enumerate(pages):
        strip = len(data)
        data += page.astype(page.dtype.newbyteorder(order)).tobytes()
        text = len(data)
        data += description.encode() + b"\0"
        data += bytes(-len(data) % 8)
        entries = [
            (254, 4, 1, int(number in thumbnails)),
            (256, 4, 1, page.shape[1]),
            (257, 4, 1, page.shape[0]),
            (258, 3, 1, 8 * page.dtype.itemsize),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            *([(270, 2, len(description) + 1, text)] if len(description) > 8 else []),
            (273, 4, 1, strip),
            (277, 3, 1, 1),
            (278, 4, 1, page.shape[0]),
            (279, 4, 1, page.nbytes),
            (339, 3, 1, _SAMPLE_FORMATS[page.dtype.kind]),
        ]
        struct.pack_into(f"{order}{offset_code}", data, pointer, len(data))
        data += struct.pack(f"{order}{'Q' if is_big else 'H'}", len(entries))
        for tag, kind, n, value in entries:
            body = struct.pack(f"{order}{'H' if kind == 3 else 'I'}", value).ljust(wide, b"\0")
            data += struct.pack(f"{order}HH{offset_code}", tag, kind, n) + body
        pointer = len(data)
        data += bytes(wide)
    path.write_bytes(data)
    return path


def write_animation(path: Path, images: Sequence[UInt8], fps: int = 10) -> Path:
    """Write an animated GIF, PNG or WebP."""
    codec, pixel_format, options = {
        ".gif": ("gif", "rgb8", None),
        ".apng": ("apng", "rgb24", {"plays": "0"}),
        ".png": ("apng", "rgb24", {"plays": "0"}),
        ".webp": ("libwebp_anim", "bgra", {"lossless": "1"}),
    }[path.suffix]
    if path.suffix != ".png":
        return write_coded(path, images, codec=codec, fps=fps, pixel_format=pixel_format, options=options)
    return write_animation(path.with_suffix(".apng"), images, fps).rename(path)


def ramp(n: int, dtype: Any, top: float) -> list[NDArray[Any]]:
    """Return pages with a ramp to the right, of which page ``k`` is as bright as (k + 1) / n of ``top``."""
    slope = np.linspace(0.0, 1.0, 64)[None, :].repeat(48, axis=0)
    return [(slope * top * (k + 1) / n).astype(dtype) for k in range(n)]
