"""Run a source on a thread, as the runtime does, and keep what it delivered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from streamer.errors import SourceUnavailable
from streamer.messages import Chunk, Float32, SoundFormat
from streamer.ring import SampleRing
from streamer.sources import SoundSource

TIMEOUT_S = 20.0


class Opening:
    """One call of ``begin``: its format, ring and all chunks read from it."""

    def __init__(self, sound_format: SoundFormat, ring_s: float) -> None:
        self.sound_format = sound_format
        self.ring = SampleRing(
            round(ring_s * sound_format.sample_rate), sound_format.n_channels, sound_format.sample_rate
        )
        self.begun_s = time.monotonic()
        self.chunks: list[Chunk] = []

    def drain(self) -> None:
        while (chunk := self.ring.read(self.ring.capacity)) is not None:
            copy = Chunk(chunk.samples.copy(), chunk.start, chunk.lost_before, chunk.time_s)
            self.chunks.append(copy)

    @property
    def samples(self) -> Float32:
        self.drain()
        n_channels = self.sound_format.n_channels
        return np.concatenate([np.zeros((0, n_channels), np.float32), *(chunk.samples for chunk in self.chunks)])

    @property
    def lost(self) -> int:
        self.drain()
        return sum(chunk.lost_before for chunk in self.chunks)


class Capturing:
    """A context in which the source is captured; after a loss it is tried again every ``retry_s``.

    ``error`` is what ended the capture for good, ``reasons`` are the losses in order.
    """

    def __init__(self, source: SoundSource, ring_s: float = 20.0, retry_s: float = 0.2) -> None:
        self.source = source
        self.openings: list[Opening] = []
        self.reasons: list[str] = []
        self.error: Exception | None = None
        self.stop = threading.Event()
        self._ring_s = ring_s
        self._retry_s = retry_s
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Capturing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

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
            time.sleep(0.02)
        return time.monotonic() - started_s

    def _begin(self, sound_format: SoundFormat) -> SampleRing:
        opening = Opening(sound_format, self._ring_s)
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
