"""Write images as a video file, at a constant rate found from uneven capture times."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from streamer.arrays import UInt8
from streamer.system import quiet_stderr, unicode_name

_N_PASSES = 3  # of the fit of the interval; more change nothing


def even_times(times_s: Sequence[float]) -> tuple[float, list[int]]:
    """Find a constant rate, and for each of its instants the image captured nearest to it.

    Every image gets a place: the place of the image before it, plus the distance between the two in intervals,
    rounded. The slope of the least-squares line through times over places is the interval, beginning with the median
    distance. So the place of an image that was lost shows a neighbour, and the video shows everything at its time, to
    half an interval.

    Parameters
    ----------
    times_s : sequence of float
        Capture times, at least two, strictly increasing.

    Returns
    -------
    tuple of float and list of int
        Images per second, and the index of the image to show at each instant.
    """
    times = np.asarray(times_s, np.float64)
    steps_s = np.diff(times)
    interval_s = float(np.median(steps_s))
    for _ in range(_N_PASSES):
        places = np.concatenate([[0.0], np.cumsum(np.rint(steps_s / interval_s))])
        about_mean = places - places.mean()
        interval_s = float(times @ about_mean / (about_mean @ about_mean))
    first_s = float(times.mean() - interval_s * places.mean())
    instants_s = first_s + np.arange(round((times[-1] - first_s) / interval_s) + 1) * interval_s
    after = np.clip(np.searchsorted(times, instants_s), 1, times.size - 1)
    nearest = after - (instants_s - times[after - 1] <= times[after] - instants_s)
    return 1.0 / interval_s, nearest.tolist()


def write_video(path: Path, jpegs: Sequence[bytes], fps: float, codec: Literal["mp4v", "MJPG"]) -> None:
    """Write images at a constant rate, in a container that OpenCV chooses by the suffix of the path.

    Parameters
    ----------
    path : Path
        File to write.
    jpegs : sequence of bytes
        Images as JPEG files, at least one, all of the same size.
    fps : float
        Images per second of the video.
    codec : "mp4v" or "MJPG"
        FourCC of the codec.

    Raises
    ------
    OSError
        If writing fails, even if OpenCV does not report it.
    """
    first = _decoded(jpegs[0])
    height, width = (n - n % 2 for n in first.shape[:2])  # even: the colour planes have half the size
    with unicode_name(path) as name:
        writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    if not writer.isOpened():
        raise OSError(errno.EIO, "the video cannot be opened for writing")
    try:
        for jpeg in jpegs:
            writer.write(_decoded(jpeg)[:height, :width])
    finally:
        writer.release()
    if count_images(path) != len(jpegs):  # OpenCV reports neither a full disk nor a deleted folder
        raise OSError(errno.ENOSPC, "the video was not written whole")


def count_images(path: Path) -> int:
    """Return the number of images that a video file says it has; 0 if it cannot be read."""
    with quiet_stderr(), unicode_name(path) as name:  # FFmpeg prints what it misses
        video = cv2.VideoCapture(name)
        n_images = int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
        video.release()
    return n_images


def _decoded(jpeg: bytes) -> UInt8:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)
