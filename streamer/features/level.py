"""The loudness of the newest sound."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Level

FULL_SCALE = 32766 / 32768  # the largest 16-bit sample, either sign, whatever the decoder's scale
LEVEL_S = 0.3  # "fast" of a sound level meter is 0.125 s, too nervous for the eye
CLIP_HOLD_S = 1.0


def level_of(n_samples: int, energy: float, peak: float, clipped: bool) -> Level:
    """Return the level of ``n_samples`` with this sum of squares and this largest magnitude."""
    with np.errstate(divide="ignore"):
        return Level(float(10 * np.log10(energy / n_samples)), float(20 * np.log10(peak)), clipped)


class LevelMeter:
    """Level of the last 0.3 s: rms of the mix, peak and clipping of any channel."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, float, float]] = deque()  # (n_samples, sum of squares, peak) a chunk
        self._clipped_s = -np.inf

    def push(self, samples: Float32, mono: Float32, sample_rate: int) -> None:
        """Take a chunk, shape (n_samples, n_channels), and its mix."""
        peak = float(np.abs(samples).max(initial=0.0))
        if peak >= FULL_SCALE:
            self._clipped_s = time.monotonic()
        self._recent.append((mono.shape[0], float(np.dot(mono, mono)), peak))
        while sum(n for n, _, _ in self._recent) - self._recent[0][0] >= LEVEL_S * sample_rate:
            self._recent.popleft()

    def clear(self) -> None:
        """Forget what has been heard."""
        self._recent.clear()

    def level(self) -> Level:
        """Return the level of this instant."""
        n_samples = sum(n for n, _, _ in self._recent)
        if not n_samples:
            return Level()
        energy, peak = sum(square for _, square, _ in self._recent), max(peak for _, _, peak in self._recent)
        return level_of(n_samples, energy, peak, time.monotonic() - self._clipped_s < CLIP_HOLD_S)
