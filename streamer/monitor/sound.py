"""What a stream of sound tells of itself: level, spectrogram, losses → Health and Snapshot."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

from streamer.features.logmel import LogMel
from streamer.messages import Chunk, Event, Float32, Health, Level, Scores, Snapshot
from streamer.monitor.columns import Columns
from streamer.monitor.watch import Watch
from streamer.pipeline.sound import SoundPipeline
from streamer.sources import SoundSource

COLUMN_S = 0.05
N_COLUMNS = 400  # 20 s: more than the widest terminal shows
FULL_SCALE = 32766 / 32768  # the largest 16-bit sample, either sign, whatever the decoder's scale
LEVEL_S = 0.3  # "fast" of a sound level meter is 0.125 s, too nervous for the eye
CLIP_HOLD_S = 1.0
DB_PER_NEPER = 10 / np.log(10)


class SoundMonitor(Watch):
    """Watch one pipeline step by step and tell how it fares.

    Parameters
    ----------
    pipeline : SoundPipeline
    source : SoundSource
    """

    def __init__(self, pipeline: SoundPipeline, source: SoundSource) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._source = source
        self.lost_samples = 0
        self._n_samples = 0
        self._loudness: deque[tuple[int, float, float]] = deque()  # (n_samples, sum of squares, peak) a chunk
        self._clipped_s = -np.inf
        settings = pipeline.display_settings
        self._own_log_mel = None if pipeline.has_log_mel else LogMel(settings)
        self._to_db = DB_PER_NEPER if settings.log == "ln" else 1.0
        self._mel_hz = settings.mel_hz
        self._frames_per_column = max(1, round(COLUMN_S * settings.sample_rate / settings.hop_length))
        self._column_s = self._frames_per_column * settings.hop_length / settings.sample_rate
        self._columns = Columns(N_COLUMNS, settings.n_mels)
        self._pending: Float32 = np.zeros((0, settings.n_mels), np.float32)

    def watch(self, chunk: Chunk, news: list[Scores | Event], busy_s: float) -> None:
        """Take note of a chunk that the pipeline has just processed in ``busy_s`` seconds."""
        now_s = time.monotonic()
        pipeline = self._pipeline
        n_samples = chunk.samples.shape[0]
        self._n_samples += n_samples
        self.lost_samples += chunk.lost_before
        latencies_s = [
            now_s - chunk.time_s + pipeline.position_s - message.end_s
            for message in news
            if isinstance(message, Scores)
        ]
        self.note(latencies_s, n_samples / pipeline.source_rate, busy_s)
        self._measure_level(chunk.samples)
        self._draw(self._own_log_mel.push(pipeline.heard) if self._own_log_mel else pipeline.frames)

    def forget(self) -> None:
        """Start a new picture: the sound to come does not continue the old one."""
        self._loudness.clear()
        self._pending = self._pending[:0]
        if self._own_log_mel:
            self._own_log_mel.reset()

    def health(self) -> Health:
        """Return the figures of this instant."""
        expected = self._n_samples + self.lost_samples
        return self.figures(
            stream=self._pipeline.stream,
            detail=self.detail or self.problem or self._source.note,
            position_s=self._pipeline.position_s,
            windows=self._pipeline.n_windows,
            lost_samples=self.lost_samples,
            lost_fraction=self.lost_samples / expected if expected else 0.0,
            overflows=self._source.overflows,
            drift_ppm=self._source.drift_ppm,
            backlog_s=self._source.backlog_s,
        )

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""
        pipeline = self._pipeline
        return Snapshot(
            health=self.health(),
            source=self._source.uri,
            device=self.device,
            model=pipeline.classifier.spec.name,
            labels=pipeline.classifier.labels,
            scores=pipeline.detector.smoothed,
            on=pipeline.detector.on,
            off=pipeline.detector.off,
            suppressed=pipeline.detector.suppressed(pipeline.position_s),
            running=pipeline.detector.running,
            past=tuple(self.past),
            spectrogram=self._columns.newest(),
            column_s=self._column_s,
            column=self._columns.n_pushed,
            mel_hz=self._mel_hz,
            level=self._level(),
        )

    def _measure_level(self, samples: Float32) -> None:
        mono = self._pipeline.mono
        peak = float(np.abs(samples).max(initial=0.0))
        if peak >= FULL_SCALE:
            self._clipped_s = time.monotonic()
        self._loudness.append((mono.shape[0], float(np.dot(mono, mono)), peak))
        keep = LEVEL_S * self._pipeline.source_rate
        while sum(n for n, _, _ in self._loudness) - self._loudness[0][0] >= keep:
            self._loudness.popleft()

    def _level(self) -> Level:
        n_samples = sum(n for n, _, _ in self._loudness)
        if not n_samples:
            return Level()
        with np.errstate(divide="ignore"):
            rms = 10 * np.log10(sum(square for _, square, _ in self._loudness) / n_samples)
            peak = 20 * np.log10(max(peak for _, _, peak in self._loudness))
        return Level(float(rms), float(peak), time.monotonic() - self._clipped_s < CLIP_HOLD_S)

    def _draw(self, frames: Float32) -> None:
        """Reduce frames to columns: the maximum, so that a click of one frame stays visible."""
        frames = np.concatenate([self._pending, frames]) if self._pending.shape[0] else frames
        n_new = frames.shape[0] // self._frames_per_column
        used = n_new * self._frames_per_column
        self._pending = frames[used:].copy()
        columns = frames[:used].reshape(n_new, self._frames_per_column, frames.shape[1]).max(axis=1) * self._to_db
        for column in columns[-N_COLUMNS:]:
            self._columns.push(column)
