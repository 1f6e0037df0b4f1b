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


def middle_picture(path: Path) -> bytes | None:
    """Return the image in the middle of a video as a JPEG file; None where there is none that can be decoded."""
    with quiet_stderr(), unicode_name(path) as name:
        video = cv2.VideoCapture(name)
        video.set(cv2.CAP_PROP_POS_FRAMES, max(video.get(cv2.CAP_PROP_FRAME_COUNT), 0.0) // 2)
        was_read, image = video.read()
        video.release()
    if not was_read:
        return None
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return jpeg.tobytes()


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
    writer = VideoWriter(path, fps, codec)
    try:
        for jpeg in jpegs:
            writer.write(jpeg)
    finally:
        writer.close()
    if count_images(path) != len(jpegs):  # OpenCV reports neither a full disk nor a deleted folder
        raise OSError(errno.ENOSPC, "the video was not written whole")


class VideoWriter:
    """A video file that grows image by image; opened by the first, which gives its size.

    Parameters
    ----------
    path, fps, codec
        As of :func:`write_video`.

    Attributes
    ----------
    n_images : int
        Images written so far.
    """

    def __init__(self, path: Path, fps: float, codec: Literal["mp4v", "MJPG"]) -> None:
        self.n_images = 0
        self._path, self._fps, self._codec = path, fps, codec
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)  # height and width

    def write(self, jpeg: bytes, n_times: int = 1) -> None:
        """Write an image, of the size of the first one, so many times.

        Raises
        ------
        OSError
            If the file cannot be opened.
        """
        image = _decoded(jpeg)
        if self._writer is None:
            height, width = (n - n % 2 for n in image.shape[:2])  # even: the colour planes have half the size
            self._size = height, width
            with unicode_name(self._path) as name:
                fourcc = cv2.VideoWriter.fourcc(*self._codec)
                self._writer = cv2.VideoWriter(name, fourcc, self._fps, (width, height))
            if not self._writer.isOpened():
                raise OSError(errno.EIO, "the video cannot be opened for writing")
        height, width = self._size
        for _ in range(n_times):
            self._writer.write(image[:height, :width])
        self.n_images += n_times

    def close(self) -> None:
        """Complete the file."""
        if self._writer is not None:
            self._writer.release()


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
