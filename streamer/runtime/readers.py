"""Readers: the ring that a source fills, and how chunks or images are read from it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Generic

from streamer.config import ImageSettings, SourceSettings
from streamer.messages import Chunk, Image, ImageFormat, Recording, SoundFormat
from streamer.rings import ImageRing, SampleRing
from streamer.runtime.session import STEP_S, CaptureSession, FormatT, PartT, RingT

BRIDGED_S = 0.25  # a measurement over thousands of images takes so long: the ring holds what comes meanwhile …
MAX_BRIDGE_BYTES = 64 << 20  # … but does not grow beyond this for it
LEAST_IMAGES = 2  # that a ring holds, and the least seconds of sound, however little memory there is
LEAST_S = 1.0
# Of a chunk as long as a window needs: a resampler gives its sound up to 40 ms later, and commands wait for the end.
LEAST_STEP_S, MOST_STEP_S = 0.02, 0.4
_BYTES_PER_SAMPLE = 8  # of one channel: in the ring and in the chunk that is read from it


class Reader(ABC, Generic[FormatT, RingT, PartT]):
    """Make the rings of a source and read from them what is processed in one step; the base for sound and images.

    Parameters
    ----------
    limit_s : float or None
        Seconds in the stream after which it ends.
    max_bytes : float
        Size of a ring, unless that is less than the least that works.

    Attributes
    ----------
    limit_s : float or None
        That second.
    at_limit : bool
        Whether it has been reached.
    shortage : str
        What the newest ring holds less than it should for want of memory; empty where it holds all.
    ring_bytes : int
        Size of the newest ring.
    """

    def __init__(self, limit_s: float | None = None, max_bytes: float = float("inf")) -> None:
        self.at_limit = False
        self.shortage = ""
        self.ring_bytes = 0
        self.limit_s = limit_s
        self._max_bytes = max_bytes

    @abstractmethod
    def ring(self, opened: FormatT) -> RingT:
        """Return a ring for a newly opened source; called by the capture thread."""

    @abstractmethod
    def read(self, session: CaptureSession[FormatT, RingT], timeout_s: float) -> PartT | None:
        """Return the next part, waiting at most ``timeout_s`` for it; None if there is none."""

    @abstractmethod
    def skip(self, part: PartT) -> None:
        """Take notice of a part that is not processed, as the stream is paused."""

    @abstractmethod
    def resumed(self, part: PartT) -> PartT:
        """Return the first part after a pause as one that does not continue what was processed before."""

    @abstractmethod
    def captured(self, session: CaptureSession[FormatT, RingT], part: PartT) -> tuple[float, float]:
        """Return when a part was captured: on the monotonic clock, and in seconds in the stream.

        A device's clock drifts against the computer's, so that the difference of the two changes.
        """


class SoundReader(Reader[SoundFormat, SampleRing, Chunk]):
    """Read sound in chunks of 50 ms, or as long as the next window needs.

    Parameters
    ----------
    settings : SourceSettings
        Length of the ring.
    limit_s : float or None
        Seconds in the stream after which it ends, to the sample.
    max_bytes : float
        Size of a ring.
    due_s : callable, optional
        Returns the seconds of sound until the next window of a model may be complete, where nothing else needs sound
        earlier: each chunk costs wake-ups.
    """

    def __init__(
        self,
        settings: SourceSettings,
        limit_s: float | None = None,
        max_bytes: float = float("inf"),
        due_s: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(limit_s, max_bytes)
        self._settings = settings
        self._due_s = due_s
        self._n_skipped = 0

    def ring(self, opened: SoundFormat) -> SampleRing:
        """Return a ring of as many seconds as are set, or of as many as there is memory for."""
        bytes_per_s = opened.sample_rate * opened.n_channels * _BYTES_PER_SAMPLE
        ring_s = min(self._settings.ring_s, max(LEAST_S, self._max_bytes / bytes_per_s))
        self.shortage = "" if ring_s == self._settings.ring_s else f"ring_s={self._settings.ring_s:g} is {ring_s:.1f} s"
        self.ring_bytes = round(ring_s * bytes_per_s)
        capacity = round(ring_s * opened.sample_rate)
        return SampleRing(capacity, opened.n_channels, opened.sample_rate)

    def read(self, session: CaptureSession[SoundFormat, SampleRing], timeout_s: float) -> Chunk | None:
        """Return the next chunk, cut at the limit; None if there is none."""
        step_s = min(max(self._due_s(), LEAST_STEP_S), MOST_STEP_S) if self._due_s else STEP_S
        n_step = max(1, math.ceil(step_s * session.format.sample_rate))
        # A timeout of 0 stays: the stream is to stop.
        session.ring.wait(max(timeout_s, step_s + STEP_S) if timeout_s else 0.0, n_step)
        chunk = session.ring.read(n_step)
        if chunk is not None and self.limit_s is not None:
            end = round((self.limit_s - session.start_s) * session.format.sample_rate) - chunk.start
            self.at_limit = end <= chunk.samples.shape[0]
            chunk = replace(chunk, samples=chunk.samples[: max(0, end)])
        return chunk if chunk is not None and chunk.samples.shape[0] else None

    def skip(self, part: Chunk) -> None:
        """Count the samples that are not processed."""
        self._n_skipped += part.lost_before + part.samples.shape[0]

    def resumed(self, part: Chunk) -> Chunk:
        """Return a chunk before which those samples are missing."""
        n_skipped, self._n_skipped = self._n_skipped, 0
        return replace(part, lost_before=part.lost_before + n_skipped)

    def captured(self, session: CaptureSession[SoundFormat, SampleRing], part: Chunk) -> tuple[float, float]:
        """Return when the last sample of a chunk was captured: monotonic clock, seconds in the stream."""
        end: int = part.start + part.samples.shape[0]
        return part.time_s, session.start_s + end / session.format.sample_rate


class ImageReader(Reader[ImageFormat, ImageRing, Image]):
    """Read images one by one.

    Parameters
    ----------
    settings : ImageSettings
        Length of the ring, in images.
    limit_s : float or None
        Seconds in the stream after which it ends.
    max_bytes : float
        Size of a ring.
    """

    def __init__(self, settings: ImageSettings, limit_s: float | None = None, max_bytes: float = float("inf")) -> None:
        super().__init__(limit_s, max_bytes)
        self._settings = settings

    def ring(self, opened: ImageFormat) -> ImageRing:
        """Return a ring of as many images as are set, and of more where they come fast, if there is memory for them."""
        n_bytes = 3 * opened.height * opened.width
        n_bridged = min(BRIDGED_S * opened.fps, MAX_BRIDGE_BYTES // n_bytes)
        n_wanted = max(self._settings.ring, int(n_bridged))
        n_images = int(min(n_wanted, max(LEAST_IMAGES, self._max_bytes / n_bytes - 1)))
        is_short = n_images < self._settings.ring
        self.shortage = f"ring={self._settings.ring} is {n_images} images" if is_short else ""
        self.ring_bytes = (n_images + 1) * n_bytes  # one more, into which each is read
        return ImageRing(n_images, opened.height, opened.width)

    def read(self, session: CaptureSession[ImageFormat, ImageRing], timeout_s: float) -> Image | None:
        """Return the next image, waiting at most ``timeout_s`` for it; None if there is none before the limit."""
        session.ring.wait(timeout_s)
        image = session.ring.read()
        if image is not None and self.limit_s is not None and session.start_s + image.time_s >= self.limit_s:
            self.at_limit = True
            return None
        return image

    def skip(self, part: Image) -> None:
        """Do nothing: the next image's own time says how long the pause was."""

    def resumed(self, part: Image) -> Image:
        """Return the image as it is."""
        return part

    def captured(self, session: CaptureSession[ImageFormat, ImageRing], part: Image) -> tuple[float, float]:
        """Return when an image was captured: monotonic clock, seconds in the stream."""
        return part.captured_s, session.start_s + part.time_s


def record_sound(
    stream: str, session: CaptureSession[SoundFormat, SampleRing], chunk: Chunk, epoch_s: float
) -> Recording:
    """Return a chunk as the message by which all captured sound is kept.

    ``epoch_s`` is the wall clock at the stream's second 0.
    """
    time = epoch_s + session.start_s + chunk.start / session.format.sample_rate
    samples = chunk.samples.copy()
    return Recording(stream, session.format, session.start_s, time, samples, chunk.start, chunk.lost_before)
