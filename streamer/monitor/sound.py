"""What a stream of sound that is classified tells of itself: level, spectrogram, scores → Snapshot."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np

from streamer.arrays import DB_PER_LN_POWER, Float32
from streamer.features.history import History
from streamer.features.level import LevelMeter
from streamer.features.logmel import LogMel, LogMelSettings
from streamer.messages import Chunk, Health, Scores
from streamer.monitor.base import StreamMonitor, classification
from streamer.monitor.snapshot import Snapshot, SoundView
from streamer.pipeline.sound import SoundPipeline
from streamer.pipeline.steps import SoundStep
from streamer.sources import SoundSource

COLUMN_S = 0.05
N_COLUMNS = 400  # 20 s: more than the widest terminal shows


class RollingSpectrogram(History):
    """Frames reduced to columns of a twentieth of a second, in dB.

    Parameters
    ----------
    settings : LogMelSettings
        Of the frames to come.
    """

    def __init__(self, settings: LogMelSettings) -> None:
        super().__init__(settings.n_mels, N_COLUMNS)
        self.mel_hz = settings.mel_hz
        self._to_db = DB_PER_LN_POWER if settings.log == "ln" else 1.0
        self._n_frames = max(1, round(COLUMN_S * settings.sample_rate / settings.hop_length))
        self.column_s = self._n_frames * settings.hop_length / settings.sample_rate
        self._pending: Float32 = np.zeros((0, settings.n_mels), np.float32)

    def interrupt(self) -> None:
        """Let no column hold frames from before and after a gap."""
        self._pending = self._pending[:0]

    def draw(self, frames: Float32) -> None:
        """Reduce frames to columns: the maximum, so that a click of one frame stays visible."""
        frames = np.concatenate([self._pending, frames]) if self._pending.shape[0] else frames
        n_new = frames.shape[0] // self._n_frames
        used = n_new * self._n_frames
        self._pending = frames[used:].copy()
        columns = frames[:used].reshape(n_new, self._n_frames, frames.shape[1]).max(axis=1) * self._to_db
        for column in columns[-N_COLUMNS:]:
            self.push(column)


class Listening(Protocol):
    """What is watched: see :class:`streamer.pipeline.sound.SoundPipeline` for its attributes."""

    stream: str
    position_s: float
    source_rate: int

    @property
    def n_windows(self) -> int:
        """Windows classified so far."""


class _SoundMonitorBase(StreamMonitor):
    """StreamMonitor what is done with sound chunk by chunk.

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

    def hear(self, chunk: Chunk, step: SoundStep, busy_s: float) -> None:
        """Take note of a chunk that has just been processed in ``busy_s`` seconds, and of what came of it."""
        now_s = time.monotonic()
        pipeline = self._listening
        n_samples = chunk.samples.shape[0]
        self._n_samples += n_samples
        self.lost_samples += chunk.lost_before
        latencies_s = [
            now_s - chunk.time_s + pipeline.position_s - each.end_s
            for each in step.messages
            if isinstance(each, Scores)
        ]
        self.note(latencies_s, n_samples / pipeline.source_rate, busy_s)
        self.meter.push(chunk.samples, step.mono, pipeline.source_rate)

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


class SoundMonitor(_SoundMonitorBase):
    """StreamMonitor one pipeline step by step and tell how it fares.

    Parameters
    ----------
    pipeline : SoundPipeline
    source : SoundSource
    """

    def __init__(self, pipeline: SoundPipeline, source: SoundSource) -> None:
        super().__init__(pipeline, source)
        self._pipeline = pipeline
        settings = pipeline.display
        self._own_log_mel: LogMel | None = None  # made for models that take no log-mel
        self._spectrogram = RollingSpectrogram(settings)

    def watch(self, chunk: Chunk, step: SoundStep, busy_s: float) -> None:
        """Update the monitor with a chunk that the pipeline has processed in ``busy_s`` seconds."""
        self.hear(chunk, step, busy_s)
        frames = step.frames
        if frames is None:
            self._own_log_mel = self._own_log_mel or LogMel(self._pipeline.display)
            frames = self._own_log_mel.push(step.samples)
        self._spectrogram.draw(frames)

    def forget(self) -> None:
        """Start a new picture: the sound to come does not continue the old one."""
        self.meter.clear()
        self._spectrogram.interrupt()
        if self._own_log_mel:
            self._own_log_mel.reset()

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        pipeline = self._pipeline
        return Snapshot(
            health=self.health(),
            source=self._source.uri,
            device=self.device,
            **classification(pipeline.stages, pipeline.position_s),
            past=tuple(self.past),
            view=SoundView(
                spectrogram=self._spectrogram.newest().copy(),
                column_s=self._spectrogram.column_s,
                column=self._spectrogram.n_pushed,
                mel_hz=self._spectrogram.mel_hz,
                level=self.meter.level(),
            ),
        )
