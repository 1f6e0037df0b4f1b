"""One stream of sound cut into examples, as one synchronous, deterministic step: chunk → levels → takes."""

from __future__ import annotations

import math

import numpy as np

from streamer.messages import Chunk, Float32, SoundFormat, SoundTake
from streamer.pipeline.sound import mixed_down
from streamer.takes.cue import Cue
from streamer.takes.gate import Span
from streamer.takes.settings import TakeSettings
from streamer.takes.stream import News, Takes
from streamer.takes.tape import Tape

BLOCK_S = 0.01
LOWEST_DBFS = -70.0  # of the trigger
SILENT_DBFS = -120.0  # what a block without any sound counts as


class SoundTakes(Takes):
    """Everything between a source's chunks and a stream's takes.

    The level is that of each block of 10 ms without its mean, all channels together: an offset of the device and
    rumble below about 50 Hz raise it little, and channels of opposite sign do not cancel.

    Attributes
    ----------
    mono : ndarray, shape (n_samples,)
        The newest chunk mixed down, at the source's rate.
    position_s : float
        Seconds in the stream at the end of the newest chunk.
    source_rate : int
        Samples per second of the source that was begun last.
    """

    def __init__(self, stream: str, settings: TakeSettings) -> None:
        super().__init__(stream, Cue(settings, LOWEST_DBFS))
        self.mono: Float32 = np.zeros(0, np.float32)
        self.position_s = 0.0
        self.source_rate = 1
        self._n_channels = self._n_block = 1
        self._restart(0)

    def begin(self, sound_format: SoundFormat, start_s: float = 0.0, epoch_s: float = 0.0) -> list[News]:
        """Start on a newly opened source; the take that was running ends with the source before."""
        news = self._takes(self.cue.end(is_cut=True))
        self._start_s = self.position_s = start_s
        self.epoch_s = epoch_s
        self.source_rate = sound_format.sample_rate
        self._n_channels = sound_format.n_channels
        self._n_block = max(1, round(BLOCK_S * self.source_rate))
        self.cue.restart()
        self._restart(0)
        return news

    def step(self, chunk: Chunk) -> list[News]:
        """Process one chunk.

        Sound with a hole is no example: samples lost while a take runs end it unwritten.
        """
        news: list[News] = []
        if chunk.lost_before:
            news += self._given_up(f"{chunk.lost_before} samples lost in it")
            self._restart(chunk.start)
        samples = chunk.samples.copy()
        if not np.isfinite(np.vdot(samples, samples)):
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        self.mono = mixed_down(samples)
        self.position_s = self._start_s + (chunk.start + samples.shape[0]) / self.source_rate
        self._tape.append(samples)
        news += self._takes([span for block in self._blocks(samples) for span in self.cue.push(*block)])
        news += self._heed()
        self._tape.forget(self._sample(self.cue.needed_s))
        return news

    def _restart(self, position: int) -> None:
        self._tape = Tape(self._n_channels, position)
        self._partial: Float32 = np.zeros((0, self._n_channels), np.float32)
        self._n_judged = position

    def _blocks(self, samples: Float32) -> list[tuple[float, float, float]]:
        """Beginning, end and level of the blocks that the samples complete."""
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

    def _takes(self, spans: list[Span]) -> list[News]:
        return [self._take(span) for span in spans]

    def _take(self, span: Span) -> SoundTake:
        first, samples = self._tape.cut(self._sample(span.first_s), self._sample(span.last_s))
        start_s = self._start_s + first / self.source_rate
        return SoundTake(self.stream, start_s, self.epoch_s + start_s, samples, self.source_rate, span.is_cut)

    def _sample(self, time_s: float) -> int:
        return round(time_s * self.source_rate)
