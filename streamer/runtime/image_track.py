"""What the processing thread does with images: ring → pipeline → results, films."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from streamer.config import ImageSettings
from streamer.messages import Image, ImageFormat, Message
from streamer.pipeline.clips import asking
from streamer.pipeline.steps import ImageStep
from streamer.pipeline.video_clips import VideoCutter
from streamer.rings import ImageRing
from streamer.runtime.session import CaptureSession, Watcher
from streamer.sources import ImageSource

RING_S = 0.25  # a measurement over thousands of images takes so long …
RING_BYTES = 64 << 20  # … but no ring grows beyond this for it


class ImageSteps(Protocol):
    """What is done with images, one by one: :class:`streamer.pipeline.images.ImagePipeline` tells how."""

    stream: str
    epoch_s: float

    @property
    def position_s(self) -> float:
        """Seconds in the stream of the newest image."""

    @property
    def fps(self) -> float:
        """Images captured per second of late."""

    def begin(self, image_format: ImageFormat, start_s: float, epoch_s: float) -> Sequence[Message]:
        """Start on a newly opened source."""

    def step(self, image: Image) -> ImageStep:
        """Process one image."""

    def end_events(self) -> Sequence[Message]:
        """End what runs."""

    def finish(self) -> Sequence[Message]:
        """End the stream."""


class ImageStreamMonitor(Watcher, Protocol):
    """A monitor of images."""

    opened: str


class ImageTrack:
    """One source of images with its pipeline; used by the processing thread alone.

    Parameters
    ----------
    source : ImageSource
    pipeline : ImageSteps
    monitor : ImageStreamMonitor
        Watches the same pipeline and source.
    images : ImageSettings
    video_cutter : VideoCutter or None
        Cuts the images around events, where clips are wanted.
    limit_s : float or None
        Seconds in the stream after which it ends.
    """

    def __init__(
        self,
        source: ImageSource,
        pipeline: ImageSteps,
        monitor: ImageStreamMonitor,
        images: ImageSettings,
        *,
        video_cutter: VideoCutter | None = None,
        limit_s: float | None = None,
    ) -> None:
        self.name = pipeline.stream
        self.source = source
        self.monitor = monitor
        self.at_limit = False
        self._pipeline = pipeline
        self._images = images
        self._video_cutter = video_cutter
        self._limit_s = limit_s

    def ring(self, image_format: ImageFormat) -> ImageRing:
        """Return a ring for a newly opened source: of a fast one it holds more images, so as to bridge a pause."""
        n_bytes = 3 * image_format.height * image_format.width
        n_fast = min(RING_S * image_format.fps, RING_BYTES // n_bytes)
        return ImageRing(max(self._images.ring, int(n_fast)), image_format.height, image_format.width)

    def begin(self, opening: CaptureSession[ImageFormat, ImageRing]) -> list[Message]:
        """Go over to a newly opened source."""
        self.monitor.forget()
        opened = opening.format
        self.monitor.device = f"{opened.device} {opened.width}×{opened.height}"
        self.monitor.opened = opened.detail
        messages = asking(self._video_cutter, self._pipeline.begin(opened, opening.start_s, opening.epoch_s))
        if self._video_cutter:
            messages += self._video_cutter.ripe(at_end=True)
            self._video_cutter.begin()
        return messages

    def step(self, opening: CaptureSession[ImageFormat, ImageRing], timeout_s: float) -> list[Message] | None:
        """Process the next image; None if there is none."""
        opening.ring.wait(timeout_s)
        image = opening.ring.read()
        if image is None:
            return None
        if self._limit_s is not None and opening.start_s + image.time_s >= self._limit_s:
            self.at_limit = True
            return None
        if self.source.is_live:
            self._pipeline.epoch_s = opening.anchor_s + image.captured_s - opening.start_s - image.time_s
        began_s = time.perf_counter()
        step = self._pipeline.step(image)
        self.monitor.watch(image, step, time.perf_counter() - began_s)
        messages = asking(self._video_cutter, step.messages)
        if self._video_cutter:
            self._video_cutter.push(image.pixels, self._pipeline.position_s, self._pipeline.fps)
            messages += self._video_cutter.ripe()
        return messages

    def interrupt(self) -> list[Message]:
        """End what waiting for the source must not keep open."""
        return asking(self._video_cutter, self._pipeline.end_events())

    def finish(self) -> list[Message]:
        """End the stream."""
        messages = asking(self._video_cutter, self._pipeline.finish())
        return messages + (self._video_cutter.ripe(at_end=True) if self._video_cutter else [])
