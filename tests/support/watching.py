"""Run a source of images on a thread, as the runtime does, and keep what it delivered."""

from __future__ import annotations

import dataclasses
import time

from streamer.messages import Image, ImageFormat
from streamer.rings import ImageRing
from streamer.sources import ImageSource
from tests.support.source_thread import SourceThread


class CaptureSession:
    """One call of ``begin``: its format, ring and all images read from it."""

    def __init__(self, image_format: ImageFormat, ring_capacity: int) -> None:
        self.image_format = image_format
        self.ring = ImageRing(ring_capacity, image_format.height, image_format.width)
        self.begun_s = time.monotonic()
        self.images: list[Image] = []

    def drain(self) -> None:
        while (image := self.ring.read()) is not None:
            self.images.append(dataclasses.replace(image, pixels=image.pixels.copy()))


class Watching(SourceThread[CaptureSession]):
    """A context in which the source is captured."""

    def __init__(self, source: ImageSource, ring_capacity: int = 16, retry_s: float = 0.1) -> None:
        super().__init__(source, retry_s)
        self._ring_capacity = ring_capacity

    @property
    def images(self) -> list[Image]:
        """Every image of every opening so far."""
        return [image for opening in self.sessions for image in opening.images]

    def wait_images(self, n_images: int, opening: int = -1) -> None:
        """Wait until an opening, the newest by default, has delivered so many images."""
        self.wait_for(lambda: bool(self.sessions) and len(self.sessions[opening].images) >= n_images)

    def _opening(self, opened: ImageFormat) -> CaptureSession:
        return CaptureSession(opened, self._ring_capacity)
