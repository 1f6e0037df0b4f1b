"""Run a source of sound on a thread, as the runtime does, and keep what it delivered."""

from __future__ import annotations

import time

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Chunk, SoundFormat
from streamer.rings import SampleRing
from streamer.sources import SoundSource
from tests.support.source_thread import SourceThread


class CaptureSession:
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


class Capturing(SourceThread[CaptureSession]):
    """A context in which the source is captured."""

    def __init__(self, source: SoundSource, ring_s: float = 20.0, retry_s: float = 0.2) -> None:
        super().__init__(source, retry_s)
        self._ring_s = ring_s

    def _opening(self, opened: SoundFormat) -> CaptureSession:
        return CaptureSession(opened, self._ring_s)
