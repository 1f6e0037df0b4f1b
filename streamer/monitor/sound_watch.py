"""What every stream of sound tells of itself: level, losses → Health."""

from __future__ import annotations

import time
from typing import Protocol

from streamer.messages import Chunk, Float32, Health, Scores
from streamer.monitor.level import LevelMeter
from streamer.monitor.watch import Watch
from streamer.sources import SoundSource


class Listening(Protocol):
    """What is watched: see :class:`streamer.pipeline.sound.SoundPipeline` for its attributes."""

    stream: str
    mono: Float32
    position_s: float
    source_rate: int
    n_windows: int


class SoundWatch(Watch):
    """Watch what is done with sound chunk by chunk.

    Parameters
    ----------
    pipeline : Listening
    source : SoundSource
    """

    def __init__(self, pipeline: Listening, source: SoundSource) -> None:
        super().__init__()
        self.lost_samples = 0
        self.meter = LevelMeter()
        self._listening = pipeline
        self._source = source
        self._n_samples = 0

    def hear(self, chunk: Chunk, scores: list[Scores], busy_s: float) -> None:
        """Take note of a chunk that has just been processed in ``busy_s`` seconds, and of what came of it."""
        now_s = time.monotonic()
        pipeline = self._listening
        n_samples = chunk.samples.shape[0]
        self._n_samples += n_samples
        self.lost_samples += chunk.lost_before
        latencies_s = [now_s - chunk.time_s + pipeline.position_s - each.end_s for each in scores]
        self.note(latencies_s, n_samples / pipeline.source_rate, busy_s)
        self.meter.push(chunk.samples, pipeline.mono, pipeline.source_rate)

    def health(self) -> Health:
        """Return the figures of this instant."""
        expected = self._n_samples + self.lost_samples
        return self.figures(
            stream=self._listening.stream,
            detail=self.detail or self.problem or self._source.note,
            position_s=self._listening.position_s,
            windows=self._listening.n_windows,
            lost_samples=self.lost_samples,
            lost_fraction=self.lost_samples / expected if expected else 0.0,
            overflows=self._source.overflows,
            drift_ppm=self._source.drift_ppm,
            backlog_s=self._source.backlog_s,
        )
