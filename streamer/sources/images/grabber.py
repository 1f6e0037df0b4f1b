"""Thread that opens, reads and releases one camera, so that a call that hangs blocks nothing else."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamer.arrays import UInt8
from streamer.errors import SourceUnavailable
from streamer.rings import ImageRing
from streamer.sources.images.clock import ImageClock, StreamClock
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.jpeg import Jpeg

FAILING_S = 0.5  # one or two damaged buffers are no loss; once a camera is unplugged, every read fails at once
RETRY_S = 0.02  # pause after a failed read
SPARSE_PX = 16  # one pixel of so many each way is compared to see whether the image changes at all


@dataclass(frozen=True, slots=True)
class OpenedCamera:
    """A camera that has been opened."""

    video: Any  # cv2.VideoCapture, or what has its calls
    device: str  # name to show
    fps: float  # image rate that it states; 0 where it states none
    detail: str  # what it gives, where that differs from what was requested
    has_kernel_times: bool  # CAP_PROP_POS_MSEC is the capture time on the monotonic clock
    read_timeout_s: float = math.inf  # a read that takes so long returns an old image that the decoder held back
    has_stream_times: bool = False  # it states the capture time of each image, by a clock of its own


class Grabber:
    """Read images as fast as they come and write them into a ring.

    Opening, reading and releasing may each hang in a driver or a network. Then :meth:`stop` abandons the thread, which
    ends when the call returns, if it ever does.

    Parameters
    ----------
    uri : str
        URI of the camera, without secrets.
    open_camera : callable
        Opens the camera; its argument is the event that :meth:`stop` sets.
    lost_reason : str
        What it means when reading fails at once.

    Attributes
    ----------
    camera : OpenedCamera or None
        Set before ``first_image``.
    first_image : threading.Event
        Set when the first good image has come.
    ended : threading.Event
        Set when the thread ends.
    error : Exception or None
        What ended the thread; set before ``ended``.
    width, height : int
        Size of the camera's images; set before ``first_image``.
    n_images, n_damaged : int
        Number of good images so far, and of those that could not be decoded.
    damaged_s : float
        Monotonic time at which the last of those came.
    changed_s : float
        Monotonic time at which the image last differed from the one before.
    """

    def __init__(self, uri: str, open_camera: Callable[[threading.Event], OpenedCamera], lost_reason: str) -> None:
        self.camera: OpenedCamera | None = None
        self.first_image = threading.Event()
        self.ended = threading.Event()
        self.error: Exception | None = None
        self.width = self.height = 0
        self.n_images = self.n_damaged = 0
        self.damaged_s = -math.inf
        self.changed_s = time.monotonic()
        self.is_abandoned = False
        self._open_camera = open_camera
        self._uri = uri
        self._lost_reason = lost_reason
        self._pixels: UInt8 | None = None
        self._n_missing = 0  # damaged images since the last good one
        self._sparse: UInt8 = np.zeros((0, 0, 3), np.uint8)
        self._stop = threading.Event()
        self._target: tuple[Geometry, ImageRing] | None = None
        self._thread = threading.Thread(target=self._run, name=f"grab {uri}", daemon=True)

    def start(self) -> None:
        """Start the thread, which opens the camera."""
        self._thread.start()

    def deliver(self, geometry: Geometry, ring: ImageRing) -> None:
        """Write all images from the next one on into a ring."""
        self._target = geometry, ring

    def stop(self, timeout_s: float) -> None:
        """Ask the thread to release the camera and end; abandon it after ``timeout_s`` seconds."""
        self._stop.set()
        self._thread.join(timeout_s)
        self.is_abandoned = self._thread.is_alive()

    @property
    def hangs(self) -> bool:
        """Whether the thread was abandoned and still has not ended."""
        return self.is_abandoned and self._thread.is_alive()

    def _run(self) -> None:
        try:
            camera = self.camera = self._open_camera(self._stop)
            try:
                self._read(camera)
            finally:
                camera.video.release()
        except Exception as error:
            self.error = error
        self.ended.set()

    def _read(self, camera: OpenedCamera) -> None:
        clock = StreamClock() if camera.has_stream_times else ImageClock(camera.has_kernel_times)
        failing_since_s: float | None = None
        while not self._stop.is_set():
            begun_s = time.monotonic()
            is_good = camera.video.grab()
            arrived_s = time.monotonic()
            if self._stop.is_set():
                break
            has_timed_out = arrived_s - begun_s >= camera.read_timeout_s
            if is_good and not has_timed_out and self._deliver_image(camera, clock, arrived_s):
                failing_since_s = None
                continue
            if failing_since_s is None:  # an image that came and is damaged fails from now on
                failing_since_s = arrived_s if is_good else begun_s
            # How long the first image may take is for the camera to decide, which waits for it.
            if has_timed_out or (self.n_images and arrived_s - failing_since_s > FAILING_S):
                reason = self._lost_reason if arrived_s - begun_s < FAILING_S else "it sends no images any more"
                raise SourceUnavailable(f"source={self._uri!r} must stay; {reason}")
            self._stop.wait(RETRY_S)

    def _deliver_image(self, camera: OpenedCamera, clock: ImageClock | StreamClock, arrived_s: float) -> bool:
        """Decode the grabbed image and write it into the ring; return False where it cannot be decoded."""
        import cv2

        kernel_s = camera.video.get(cv2.CAP_PROP_POS_MSEC) / 1000.0 if camera.has_kernel_times else arrived_s
        is_good, image = camera.video.retrieve(self._pixels)  # into the memory of the last one
        if not is_good:
            self.n_damaged += 1
            self._n_missing += 1
            self.damaged_s = arrived_s
            return False
        if isinstance(image, Jpeg):
            self._check_image(image.grey, arrived_s)
        else:
            self._pixels = image
            if image.ndim == 2 or image.shape[2] == 1:
                image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
            self._check_image(image, arrived_s)
        if self._target is not None:
            geometry, ring = self._target
            stated_s = camera.video.stamp_s if camera.has_stream_times else kernel_s
            time_s, captured_s = clock.stamp(stated_s, arrived_s)
            coded = getattr(camera.video, "coded_type", ""), getattr(camera.video, "n_bytes", 0)
            content = image.shaped(geometry) if isinstance(image, Jpeg) else geometry.apply(image)
            ring.write(content, time_s, captured_s, self._n_missing, *coded)
        self._n_missing = 0
        self.n_images += 1
        self.first_image.set()
        return True

    def _check_image(self, image: UInt8, arrived_s: float) -> None:
        """Record when the image last changed.

        Raises
        ------
        SourceUnavailable
            When its size has changed.
        """
        height, width = image.shape[:2]
        if not self.n_images:
            self.width, self.height = width, height
        elif (width, height) != (self.width, self.height):
            raise SourceUnavailable(
                f"source={self._uri!r} must keep its size; "
                f"{self.width} × {self.height} pixels became {width} × {height}"
            )
        sparse = image[::SPARSE_PX, ::SPARSE_PX]
        if not np.array_equal(sparse, self._sparse):
            self._sparse = sparse.copy()
            self.changed_s = arrived_s
