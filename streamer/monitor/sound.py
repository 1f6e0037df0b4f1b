"""Monitor of a sound stream: losses, level, spectrogram and scores become Health and SoundView."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from streamer.arrays import DB_PER_LN_POWER, Float32
from streamer.features.history import TimedHistory
from streamer.features.level import LevelMeter
from streamer.features.logmel import LogMel
from streamer.features.logmel_settings import LogMelSettings
from streamer.features.quality import QUIET_DBFS, Quality, QualityMeter
from streamer.messages import Chunk, Health, Scores, SoundFormat, State
from streamer.monitor.base import MonitoredPipeline, StreamMonitor
from streamer.monitor.snapshot import SoundView, SpectrogramBlock, TakesView
from streamer.pipeline.steps import SoundStep
from streamer.sources import SoundSource

COLUMN_S = 0.05
SPAN_S = 30.0  # of sound, of which the quality is told …
LEAST_S = 5.0  # … or of so much at the beginning
QUIET_LIVE_DBFS = -75.0  # a microphone in a silent night gives peaks of −60
N_LEVELS = 1200  # a minute of chunks
N_COLUMNS = 400  # 20 s: more than the widest terminal shows
BLOCK_COLUMNS, N_BLOCKS = 200, 60  # what is kept besides: ten minutes, 1.5 MB of 64 bands


class RollingSpectrogram(TimedHistory):
    """Rolling spectrogram in columns of 50 ms: the maximum of the log-mel frames of each, in dB.

    What is older than the newest columns is kept for ten minutes in blocks, which snapshots share.

    Parameters
    ----------
    settings : LogMelSettings
        Settings of the frames.
    """

    def __init__(self, settings: LogMelSettings) -> None:
        super().__init__(settings.n_mels, N_COLUMNS)
        self.mel_hz = settings.mel_hz
        self._to_db = DB_PER_LN_POWER if settings.log == "ln" else 1.0
        self._n_frames = max(1, round(COLUMN_S * settings.sample_rate / settings.hop_length))
        self._frame_s = settings.hop_length / settings.sample_rate
        self.column_s = self._n_frames * self._frame_s
        self._pending: Float32 = np.zeros((0, settings.n_mels), np.float32)
        self._blocks: deque[SpectrogramBlock] = deque(maxlen=N_BLOCKS)

    @property
    def earlier(self) -> tuple[SpectrogramBlock, ...]:
        """Blocks of columns, the oldest first; the newest columns are in none yet."""
        return tuple(self._blocks)

    def drop_pending(self) -> None:
        """Drop the frames of an incomplete column, so that no column holds frames from before and after a gap."""
        self._pending = self._pending[:0]

    def add(self, frames: Float32, end_s: float) -> None:
        """Add frames, shape (n_frames, n_mels), up to a second of the stream.

        The maximum keeps a click of one frame visible.
        """
        frames = np.concatenate([self._pending, frames]) if self._pending.shape[0] else frames
        n_new = frames.shape[0] // self._n_frames
        used = n_new * self._n_frames
        self._pending = frames[used:].copy()
        columns = frames[:used].reshape(n_new, self._n_frames, frames.shape[1]).max(axis=1) * self._to_db
        last_s = end_s - self._pending.shape[0] * self._frame_s
        for k in range(max(0, n_new - N_COLUMNS), n_new):
            place, copy = self._append_later(last_s - (n_new - 1 - k) * self.column_s)
            place[:] = copy[:] = columns[k]
            if self.n_pushed % BLOCK_COLUMNS == 0:
                newest, times_s = self.last(BLOCK_COLUMNS)
                with np.errstate(over="ignore"):
                    block = newest.astype(np.float16)
                self._blocks.append(SpectrogramBlock(self.n_pushed - BLOCK_COLUMNS, block, times_s.copy()))

    def _append_later(self, time_s: float) -> tuple[Float32, Float32]:
        """Make room for a column, later than the one before whatever the rounding of times."""
        if self.n_pushed:
            time_s = max(time_s, float(self.last(1)[1][0]) + 1e-6)
        return self._append_at(time_s)


class MonitoredSound(MonitoredPipeline, Protocol):
    """What a monitor reads of a pipeline or recorder of sound."""

    @property
    def source_rate(self) -> int:
        """Samples per second of the source that was begun last."""

    @property
    def display(self) -> LogMelSettings:
        """Log-mel to show; while recording it changes with the source's rate."""


class SoundMonitor(StreamMonitor[SoundFormat, Chunk, SoundStep]):
    """Monitor of a stream of sound.

    Parameters
    ----------
    pipeline : SoundPipeline or SoundTakeRecorder
        Pipeline or recorder of the stream.
    source : SoundSource
        Source of the stream.
    draws : bool
        Whether a dashboard is shown; the spectrogram is not computed otherwise.
    takes : callable or None
        Returns what a dashboard shows of the takes; while recording only.
    """

    def __init__(
        self,
        pipeline: MonitoredSound,
        source: SoundSource,
        *,
        draws: bool,
        takes: Callable[[], TakesView] | None = None,
    ) -> None:
        super().__init__(pipeline, source, draws=draws, takes=takes)
        self._sound = pipeline
        self._sound_source = source
        self._n_samples = self._n_lost = 0
        self._meter = LevelMeter()
        self._levels: deque[tuple[float, float]] = deque(maxlen=N_LEVELS)  # with the second of the stream
        self._span: QualityMeter | None = None  # of the newest sound, not complete
        self._quality: Quality | None = None  # of the newest complete span
        self._mix_remark = ""
        self._display = pipeline.display
        self._log_mel: LogMel | None = None  # made where no model gives frames of the log-mel to show
        self._spectrogram = RollingSpectrogram(self._display)

    def begin(self, opened: SoundFormat) -> None:
        """Start on a newly opened source."""
        self._begin(opened.device)
        self._span, self._quality, self._mix_remark = None, None, ""
        if self._sound.display != self._display:
            self._display, self._log_mel = self._sound.display, None
            self._spectrogram = RollingSpectrogram(self._display)

    def update(self, part: Chunk, step: SoundStep, busy_s: float) -> None:
        """Update the monitor with one processed chunk."""
        if part.lost_before:
            self.reset()
        now_s = time.monotonic()
        n_samples = part.samples.shape[0]
        self._n_samples += n_samples
        self._n_lost += part.lost_before
        self._mix_remark = step.remark
        self._span = self._span or QualityMeter(self._sound.source_rate, part.samples.shape[1])
        self._span.push(part.samples)
        if self._span.duration_s >= SPAN_S:
            self._quality, self._span = self._span.quality(), None
        captured_s = part.time_s - self._sound.position_s  # monotonic clock at the stream's second 0
        latencies_s = [now_s - captured_s - each.end_s for each in step.messages if isinstance(each, Scores)]
        self._add(latencies_s, n_samples / self._sound.source_rate, busy_s)
        self._measure_level(part.samples, step)
        if self._draws:
            self._spectrogram.add(self._frames(step), self._sound.position_s)

    def _measure_level(self, samples: Float32, step: SoundStep) -> None:
        """Measure the level in blocks of 50 ms, however long the chunk is."""
        rate, n_samples = self._sound.source_rate, samples.shape[0]
        n_block = max(1, round(COLUMN_S * rate))
        for start in range(0, n_samples, n_block):
            block = slice(start, start + n_block)
            conditioned = None if step.conditioned is None else step.conditioned[block]
            self._meter.push(samples[block], step.mono[block], rate, conditioned)
            later_s = max(0, n_samples - start - n_block) / rate
            self._levels.append((self._sound.position_s - later_s, self._meter.level().rms_dbfs))

    def loudest_dbfs(self, since_s: float) -> float | None:
        """Return the highest level since a second of the stream, of the last minute; None for exact zeros."""
        loudest = max((level for position_s, level in self._levels if position_s >= since_s), default=-math.inf)
        return loudest if math.isfinite(loudest) else None

    def lose(self, seconds: float, fps: float) -> None:
        """Count what was not captured in the seconds before the first sample."""
        self._n_lost += max(0, round(seconds * self._sound.source_rate))

    def reset(self) -> None:
        """Prepare for sound that does not continue what came before."""
        self._meter.reset()
        self._spectrogram.drop_pending()
        if self._log_mel:
            self._log_mel.reset()

    def health(self) -> Health:
        """Return how well the stream is being processed at this instant."""
        n_expected = self._n_samples + self._n_lost
        return replace(
            super().health(),
            lost_samples=self._n_lost,
            lost_fraction=self._n_lost / n_expected if n_expected else 0.0,
            overflows=self._sound_source.overflows,
            level_dbfs=level if math.isfinite(level := self._meter.level().rms_dbfs) else None,
            drift_ppm=self._sound_source.drift_ppm,
            backlog_s=self._sound_source.backlog_s,
        )

    def _findings(self) -> list[str]:
        """Return what was found in the channels, and what is wrong with the sound of late."""
        quality = self._quality
        if quality is None and self._span and (self._span.duration_s >= LEAST_S or self.state is State.ENDED):
            quality = self._span.quality()
        quiet_dbfs = QUIET_LIVE_DBFS if self._sound_source.is_live else QUIET_DBFS
        faults = quality.findings(quiet_dbfs).values() if quality else ()
        return [*filter(None, [self._mix_remark]), *faults]

    def _frames(self, step: SoundStep) -> Float32:
        """Return the log-mel frames to show, shape (n_frames, n_mels)."""
        if step.frames is not None:
            return step.frames
        self._log_mel = self._log_mel or LogMel(self._display)
        return self._log_mel.push(step.samples)

    def _view(self) -> SoundView:
        columns, times_s = self._spectrogram.last(N_COLUMNS)
        return SoundView(
            spectrogram=columns.copy(),
            column_s=self._spectrogram.column_s,
            column=self._spectrogram.n_pushed,
            mel_hz=self._spectrogram.mel_hz,
            level=self._meter.level(),
            times_s=times_s.copy(),
            epoch_s=self._sound.epoch_s,
            earlier=self._spectrogram.earlier,
        )
