"""Images as a video file."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from streamer.messages import UInt8


def write_video(path: Path, jpegs: Sequence[bytes], fps: float, codec: Literal["mp4v", "MJPG"]) -> None:
    """Write images at a constant rate; the container is chosen by the path's suffix.

    Raises
    ------
    OSError
        If that fails, even where OpenCV has not noticed.
    """
    first = _decoded(jpegs[0])
    height, width = (n - n % 2 for n in first.shape[:2])  # the colour planes are halved
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    if not writer.isOpened():
        raise OSError(errno.EIO, "the video cannot be opened for writing")
    try:
        for jpeg in jpegs:
            writer.write(_decoded(jpeg)[:height, :width])
    finally:
        writer.release()
    # OpenCV reports neither a full disk nor a vanished folder.
    shown = cv2.VideoCapture(str(path))
    is_whole = shown.isOpened() and int(shown.get(cv2.CAP_PROP_FRAME_COUNT)) == len(jpegs)
    shown.release()
    if not is_whole:
        raise OSError(errno.ENOSPC, "the video was not written whole")


def _decoded(jpeg: bytes) -> UInt8:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)
