"""Run a source on a thread, as the runtime does, and keep what it delivers."""

from __future__ import annotations

import dataclasses
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Self, TypeVar

import numpy as np

from streamer.arrays import Float32
from streamer.errors import SourceUnavailable
from streamer.messages import Chunk, Image, ImageFormat, SoundFormat
from streamer.rings import ImageRing, SampleRing
from streamer.sources import ImageSource, SoundSource, Source

TIMEOUT_S = 30.0

FormatT = TypeVar("FormatT")
RingT = TypeVar("RingT")


class SourceThread(ABC, Generic[FormatT, RingT]):
    """A context in which a source is captured on a thread; after a loss it is tried again every ``retry_s``.

    ``reasons`` holds the losses in order, ``error`` what ended the capture for good.
    """

    def __init__(self, source: Source[FormatT, RingT], retry_s: float) -> None:
        self.source = source
        self.reasons: list[str] = []
        self.error: Exception | None = None
        self.stop = threading.Event()
        self._retry_s = retry_s
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def _begin(self, opened: FormatT) -> RingT:
        """Add a session for the format of the opened source; return its ring."""

    @abstractmethod
    def _drain(self) -> None:
        """Read all that is in the rings."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def ended(self) -> bool:
        """Whether the source has ended or failed for good."""
        return not self._thread.is_alive()

    def leave(self) -> float:
        """Stop the capture; return how long that took in seconds."""
        self.stop.set()
        started_s = time.monotonic()
        self.wait_end()
        return time.monotonic() - started_s

    def wait_end(self) -> None:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> float:
        """Wait until ``condition()`` is true, reading the rings meanwhile; return how long that took in seconds."""
        started_s = time.monotonic()
        while not condition():
            self._drain()
            waited_s = time.monotonic() - started_s
            assert waited_s < timeout_s, f"waited in vain; reasons: {self.reasons}, error: {self.error}"
            time.sleep(0.01)
        return time.monotonic() - started_s

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


class SoundSession:
    """One capture session of a source of sound: its format, its ring and all chunks read from it."""

    def __init__(self, sound_format: SoundFormat, ring_s: float) -> None:
        self.sound_format = sound_format
        self.ring = SampleRing(
            round(ring_s * sound_format.sample_rate), sound_format.n_channels, sound_format.sample_rate
        )
        self.begun_s = time.monotonic()
        self.chunks: list[Chunk] = []

    def drain(self) -> None:
        while (chunk := self.ring.read(self.ring.capacity)) is not None:
            self.chunks.append(dataclasses.replace(chunk, samples=chunk.samples.copy()))

    @property
    def samples(self) -> Float32:
        self.drain()
        n_channels = self.sound_format.n_channels
        return np.concatenate([np.zeros((0, n_channels), np.float32), *(chunk.samples for chunk in self.chunks)])

    @property
    def lost(self) -> int:
        self.drain()
        return sum(chunk.lost_before for chunk in self.chunks)


class SoundSourceThread(SourceThread[SoundFormat, SampleRing]):
    """A context in which a source of sound is captured."""

    def __init__(self, source: SoundSource, ring_s: float = 20.0, retry_s: float = 0.2) -> None:
        super().__init__(source, retry_s)
        self.sessions: list[SoundSession] = []
        self._ring_s = ring_s

    def _begin(self, opened: SoundFormat) -> SampleRing:
        self.sessions.append(SoundSession(opened, self._ring_s))
        return self.sessions[-1].ring

    def _drain(self) -> None:
        for session in list(self.sessions):
            session.drain()


class ImageSession:
    """One capture session of a source of images: its format, its ring and all images read from it."""

    def __init__(self, image_format: ImageFormat, ring_capacity: int) -> None:
        self.image_format = image_format
        self.ring = ImageRing(ring_capacity, image_format.height, image_format.width)
        self.begun_s = time.monotonic()
        self.images: list[Image] = []

    def drain(self) -> None:
        while (image := self.ring.read()) is not None:
            self.images.append(dataclasses.replace(image, content=image.pixels.copy()))

    @property
    def times_s(self) -> list[float]:
        return [image.time_s for image in self.images]


class ImageSourceThread(SourceThread[ImageFormat, ImageRing]):
    """A context in which a source of images is captured."""

    def __init__(self, source: ImageSource, ring_capacity: int = 16, retry_s: float = 0.1) -> None:
        super().__init__(source, retry_s)
        self.sessions: list[ImageSession] = []
        self._ring_capacity = ring_capacity

    @property
    def images(self) -> list[Image]:
        """All images of all sessions so far."""
        return [image for session in self.sessions for image in session.images]

    def wait_images(self, n_images: int, session: int = -1) -> None:
        """Wait until a session, by default the newest, has delivered so many images."""
        self.wait_for(lambda: bool(self.sessions) and len(self.sessions[session].images) >= n_images)

    def _begin(self, opened: ImageFormat) -> ImageRing:
        self.sessions.append(ImageSession(opened, self._ring_capacity))
        return self.sessions[-1].ring

    def _drain(self) -> None:
        for session in list(self.sessions):
            session.drain()


def capture_images(source: ImageSource, capacity: int = 16) -> ImageSession:
    """Read a source that ends by itself to its end; return its only session, or raise what ended it."""
    with ImageSourceThread(source, capacity) as thread:
        thread.wait_for(lambda: thread.ended)
    if thread.error:
        raise thread.error
    (session,) = thread.sessions
    session.drain()
    return session
