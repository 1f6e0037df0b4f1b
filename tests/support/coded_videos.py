"""Synthetic videos of any coder and pixel format, with any times, interlaced or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from streamer.arrays import Float64, UInt8

TICKS_PER_S = 12_800


def write_coded(
    path: Path,
    images: Iterable[UInt8],
    *,
    codec: str = "libx264",
    fps: int = 25,
    pixel_format: str = "yuv420p",
    times_s: Sequence[float] | None = None,
    options: dict[str, str] | None = None,
    field_order: str = "",
) -> Path:
    """Write images, shape (height, width, 3); the suffix chooses the container, ``times_s`` replaces the even times.

    ``field_order`` "tff" or "bff" marks them as interlaced, with the even or the odd rows first.
    """
    stream: Any = None
    marker: Any = None
    with av.open(str(path), "w") as container:
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pixel_format)
            if stream is None:
                stream = container.add_stream(codec, rate=fps, options=options or {})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = pixel_format
                stream.codec_context.time_base = Fraction(1, TICKS_PER_S) if times_s is not None else Fraction(1, fps)
            frame.time_base = stream.codec_context.time_base
            frame.pts = number if times_s is None else round(times_s[number] * TICKS_PER_S)
            if field_order:
                marker = marker or _marker(frame, field_order)
                marker.push(frame)
                frame = marker.pull()
                frame.pict_type = 0
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _marker(frame: av.VideoFrame, field_order: str) -> Any:
    graph = av.filter.Graph()
    shape: Any = {"width": frame.width, "height": frame.height, "format": frame.format, "time_base": frame.time_base}
    graph.link_nodes(
        graph.add_buffer(**shape), graph.add("setfield", f"mode={field_order}"), graph.add("buffersink")
    ).configure()
    return graph


def lamp(hz: float, times_s: Sequence[float] | Float64, width: int = 96, height: int = 64) -> list[UInt8]:
    """Return images of a grey square before a texture, whose brightness follows a sine."""
    rng = np.random.default_rng(0)
    texture = rng.integers(20, 90, (height, width), np.uint8)
    images = []
    for time_s in times_s:
        grey = texture.copy()
        grey[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = 128 + round(
            80 * np.sin(2 * np.pi * hz * time_s)
        )
        images.append(np.repeat(grey[:, :, None], 3, axis=2))
    return images


def woven(fields: Sequence[UInt8], first_row: int = 0) -> list[UInt8]:
    """Return interlaced images: the even rows of one field and the odd rows of the next, or the other way round."""
    images = []
    for first, second in zip(fields[::2], fields[1::2], strict=True):
        image = first.copy()
        image[1 - first_row :: 2] = second[1 - first_row :: 2]
        images.append(image)
    return images


def spoil(path: Path, start: float, n_bytes: int = 300) -> Path:
    """Replace bytes from a share of a file's length on by others."""
    data = bytearray(path.read_bytes())
    place = int(start * len(data))
    data[place : place + n_bytes] = np.random.default_rng(0).integers(0, 256, n_bytes, np.uint8).tobytes()
    path.write_bytes(data)
    return path
