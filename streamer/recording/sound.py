"""SoundTakeRecorder: a stream of sound as one synchronous, deterministic step, chunk → levels → takes."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np

from streamer.arrays import Float32, finite, mono
from streamer.features.conditioning import Conditioning
from streamer.features.logmel_settings import STANDARD, LogMelSettings
from streamer.kernels.logmel_plan import BLOCKED_SIZES
from streamer.messages import Chunk, SoundFormat, SoundTake
from streamer.pipeline.steps import SoundStep
from streamer.recording.base import TakeMessage, TakeRecorder
from streamer.recording.gate import Span
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import TakeSettings


class Tape:
    """Newest sound of a stream, addressed by position.

    Parameters
    ----------
    n_channels : int
        Channels of every chunk.
    start : int
        Position of the first sample to come.
    """

    def __init__(self, n_channels: int, start: int = 0) -> None:
        self._n_channels = n_channels
        self._end = start
        self._chunks: deque[tuple[int, Float32]] = deque()  # (position of the first sample, samples)

    def append(self, samples: Float32) -> None:
        """Append samples, shape (n_samples, n_channels), that follow those before; they are not copied."""
        self._chunks.append((self._end, samples))
        self._end += samples.shape[0]

    def cut(self, first: int, end: int) -> tuple[int, Float32]:
        """Return a copy of the samples from ``first`` to before ``end``, as far as they are kept.

        Returns
        -------
        first : int
            Position of the first sample returned.
        samples : ndarray of float32, shape (n_samples, n_channels)
        """
        first = max(first, self._chunks[0][0]) if self._chunks else self._end
        parts = [samples[max(0, first - at) : max(0, end - at)] for at, samples in self._chunks]
        return first, np.concatenate([np.zeros((0, self._n_channels), np.float32), *parts])

    def drop(self, before: int) -> None:
        """Drop the chunks that lie wholly before a position."""
        while self._chunks and self._chunks[0][0] + self._chunks[0][1].shape[0] <= before:
            self._chunks.popleft()


BLOCK_S = 0.01
LOWEST_DBFS = -70.0  # lower limit of the trigger
SILENT_DBFS = -120.0  # level of a block of zeros
FRAME_S, HOP_S = 0.025, 0.01  # of the log-mel to show


class SoundTakeRecorder(TakeRecorder):
    """Cut takes out of a stream of sound.

    The level is the power of each block of 10 ms without its mean, over all channels: an offset of the device and
    rumble below about 50 Hz raise it little, and channels of opposite sign do not cancel.

    Parameters
    ----------
    stream : str
        Name put on the takes.
    settings : TakeSettings
        What begins a take and what ends it.
    conditioning : Conditioning, optional
        Applied before the level is taken and the sound is shown; takes hold what was captured.

    Attributes
    ----------
    position_s : float
        Seconds in the stream at the end of the newest chunk.
    source_rate : int
        Samples per second of the source that was begun last.
    """

    def __init__(self, stream: str, settings: TakeSettings, conditioning: Conditioning | None = None) -> None:
        super().__init__(stream, Segmenter(settings, LOWEST_DBFS))
        self._conditioning = conditioning or Conditioning()
        self.position_s = 0.0
        self.source_rate = 1
        self._n_channels = self._n_block = 1
        self._restart(0)

    @property
    def display(self) -> LogMelSettings:
        """Log-mel to show, of the source's own rate, as no model asks for another."""
        return log_mel_at(self.source_rate)

    def begin(self, sound_format: SoundFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[TakeMessage]:
        """Start on a newly opened source; a take that runs ends with the source before and is marked as cut."""
        messages = self._takes(self.segmenter.end(is_cut=True))
        self._start_s = self.position_s = start_s
        self.epoch_s = epoch_s
        self.source_rate = sound_format.sample_rate
        self._conditioning.begin(self.source_rate)
        self._n_channels = sound_format.n_channels
        self._n_block = max(1, round(BLOCK_S * self.source_rate))
        self.segmenter.restart()
        self._restart(0)
        return messages

    def step(self, chunk: Chunk) -> SoundStep:
        """Process one chunk.

        Samples lost while a take runs end it unwritten: sound with a hole is no example.
        """
        messages: list[TakeMessage] = []
        if chunk.lost_before:
            messages += self._drop(f"{chunk.lost_before} samples lost in it")
            self._conditioning.interrupt()
            self._restart(chunk.start)
        samples = chunk.samples.copy()
        if not np.isfinite(np.vdot(samples, samples)):
            samples = finite(samples)
        mixed, conditioned = mono(samples), self._conditioning.push(samples)
        shown = mono(conditioned)
        self.position_s = self._start_s + (chunk.start + samples.shape[0]) / self.source_rate
        self._tape.append(samples)
        messages += self._takes([span for block in self._blocks(conditioned) for span in self.segmenter.push(*block)])
        messages += self._apply_requests()
        self._tape.drop(self._sample(self.segmenter.needed_s))
        kept = shown if self._conditioning.changes else None
        return SoundStep(messages, mono=mixed, samples=shown, conditioned=kept)

    def _restart(self, position: int) -> None:
        self._tape = Tape(self._n_channels, position)
        self._partial: Float32 = np.zeros((0, self._n_channels), np.float32)
        self._n_judged = position

    def _blocks(self, samples: Float32) -> list[tuple[float, float, float]]:
        """Return beginning, end and level of the blocks that the samples complete."""
        held = np.concatenate([self._partial, samples])
        n_blocks = held.shape[0] // self._n_block
        blocks = []
        for k in range(n_blocks):  # one by one: sums over several would depend on how many a chunk completes
            block = held[k * self._n_block : (k + 1) * self._n_block].astype(np.float64)
            power = float(np.square(block - block.mean(axis=0)).mean())
            first = self._n_judged + k * self._n_block
            level_db = max(10 * math.log10(power), SILENT_DBFS) if power else SILENT_DBFS
            blocks.append((first / self.source_rate, (first + self._n_block) / self.source_rate, level_db))
        self._n_judged += n_blocks * self._n_block
        self._partial = held[n_blocks * self._n_block :]
        return blocks

    def _takes(self, spans: list[Span]) -> list[TakeMessage]:
        return [self._take(span) for span in spans]

    def _take(self, span: Span) -> SoundTake:
        first, samples = self._tape.cut(self._sample(span.first_s), self._sample(span.last_s))
        start_s = self._start_s + first / self.source_rate
        return SoundTake(self.stream, start_s, self.epoch_s + start_s, samples, self.source_rate, span.is_cut)

    def _sample(self, time_s: float) -> int:
        return round(time_s * self.source_rate)


def log_mel_at(sample_rate: int) -> LogMelSettings:
    """Return a log-mel with frames of 25 ms every 10 ms, as far as the usual kernel goes, for sound of any rate."""
    frame_length = min(max(2, round(FRAME_S * sample_rate)), BLOCKED_SIZES[-1])
    return replace(
        STANDARD,
        sample_rate=sample_rate,
        n_fft=next(size for size in BLOCKED_SIZES if size >= frame_length),
        frame_length=frame_length,
        hop_length=max(1, round(HOP_S * sample_rate)),
        fmin_hz=min(125.0, sample_rate / 8),
        fmax_hz=min(7500.0, sample_rate / 2),
    )
