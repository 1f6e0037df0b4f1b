"""Run a source of images on a thread, as the runtime does, and keep what it delivered."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

from streamer.errors import SourceUnavailable
from streamer.image_ring import ImageRing
from streamer.messages import Image, ImageFormat
from streamer.sources import ImageSource

TIMEOUT_S = 30.0


class Opening:
    """One call of ``begin``: its format, ring and all images read from it."""

    def __init__(self, image_format: ImageFormat, ring_capacity: int) -> None:
        self.image_format = image_format
        self.ring = ImageRing(ring_capacity, image_format.height, image_format.width)
        self.begun_s = time.monotonic()
        self.images: list[Image] = []

    def drain(self) -> None:
        while (image := self.ring.read()) is not None:
            self.images.append(dataclasses.replace(image, pixels=image.pixels.copy()))


class Watching:
    """A context in which the source is captured; after a loss it is tried again every ``retry_s``.

    ``error`` is what ended the capture for good, ``reasons`` are the losses in order.
    """

    def __init__(self, source: ImageSource, ring_capacity: int = 16, retry_s: float = 0.1) -> None:
        self.source = source
        self.openings: list[Opening] = []
        self.reasons: list[str] = []
        self.error: Exception | None = None
        self.stop = threading.Event()
        self._ring_capacity = ring_capacity
        self._retry_s = retry_s
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watching:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def images(self) -> list[Image]:
        """Every image of every opening so far."""
        return [image for opening in self.openings for image in opening.images]

    @property
    def ended(self) -> bool:
        """Whether the source has no more to give, or failed for good."""
        return not self._thread.is_alive()

    def leave(self) -> float:
        """Stop and return how long that took, seconds."""
        self.stop.set()
        started_s = time.monotonic()
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()
        return time.monotonic() - started_s

    def wait_end(self) -> None:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def wait_for(self, what: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> float:
        """Wait until ``what()`` holds, reading meanwhile; return how long that took, seconds."""
        started_s = time.monotonic()
        while not what():
            for opening in list(self.openings):
                opening.drain()
            waited_s = time.monotonic() - started_s
            assert waited_s < timeout_s, f"waited in vain; reasons: {self.reasons}, error: {self.error}"
            time.sleep(0.01)
        return time.monotonic() - started_s

    def wait_images(self, n_images: int, opening: int = -1) -> None:
        """Wait until an opening, the newest by default, has delivered so many images."""
        self.wait_for(lambda: bool(self.openings) and len(self.openings[opening].images) >= n_images)

    def _begin(self, image_format: ImageFormat) -> ImageRing:
        opening = Opening(image_format, self._ring_capacity)
        self.openings.append(opening)
        return opening.ring

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                self.source.capture(self._begin, self.stop)
                return
            except SourceUnavailable as error:
                self.reasons.append(str(error))
                self.stop.wait(self._retry_s)
            except Exception as error:
                self.error = error
                return
