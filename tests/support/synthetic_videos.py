"""Synthetic videos, and damage to their files."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from streamer.arrays import UInt8
from streamer.sources.images.opencv import load_opencv

LEVEL_STEP = 8  # between the grey levels of `numbered` images: survives any codec


def numbered(n_images: int, width: int = 64, height: int = 48) -> list[UInt8]:
    """Return grey images whose level encodes their number: LEVEL_STEP · (i mod 32)."""
    return [np.full((height, width, 3), LEVEL_STEP * (i % 32), np.uint8) for i in range(n_images)]


def numbers(images: Iterable[UInt8]) -> list[int]:
    """Return the numbers that :func:`numbered` encoded in images."""
    return [round(float(image.mean()) / LEVEL_STEP) for image in images]


def write_video(path: Path, images: Sequence[UInt8], fps: float = 25.0, codec: str = "MJPG") -> Path:
    """Write a video with FFmpeg's writer; the suffix chooses the container."""
    cv2 = load_opencv()  # the first video of a process decides what FFmpeg prints
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    assert writer.isOpened()
    for image in images:
        writer.write(image)
    writer.release()
    return path


def write_timed_video(path: Path, images: Sequence[UInt8], times_ms: Sequence[int]) -> Path:
    """Write a Matroska video with any timestamps; at most 12 images.

    The writer gives even timestamps, which are then replaced in each SimpleBlock (one cluster holds them all).
    """
    assert len(images) <= 12
    data = bytearray(write_video(path, images).read_bytes())
    blocks = [match.start(1) for match in re.finditer(rb"\xa3[\x40-\x7f].\x81(..)\x80\xff\xd8", data, re.DOTALL)]
    assert len(blocks) == len(images)
    for place, time_ms in zip(blocks, times_ms, strict=True):
        data[place : place + 2] = struct.pack(">h", time_ms)
    path.write_bytes(data)
    return path


def state_rate(path: Path, rate: int, scale: int) -> None:
    """Write rate / scale images per second into an AVI's header."""
    data = bytearray(path.read_bytes())
    place = data.index(b"strh") + 28
    data[place : place + 8] = struct.pack("<II", scale, rate)
    path.write_bytes(data)


def state_length(path: Path, n_images: int) -> None:
    """Write a number of images into an AVI's header."""
    data = bytearray(path.read_bytes())
    for place in (data.index(b"avih") + 24, data.index(b"strh") + 40):
        data[place : place + 4] = struct.pack("<I", n_images)
    path.write_bytes(data)


def cut(path: Path, part: float) -> None:
    """Truncate a file to a share of its length."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])


def turn(path: Path) -> None:
    """Write a quarter turn clockwise into an mp4's header, as a telephone held upright does."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    data[place : place + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 48 << 16, 0, 0x40000000)
    path.write_bytes(data)
