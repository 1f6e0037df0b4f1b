"""Level of sound against full scale, and the one rule by which samples count as clipped."""

from __future__ import annotations

import time
from collections import deque

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, mono
from streamer.messages import Level

FULL_SCALE = 32767 / 32768
METER_S = 0.3  # "fast" of a sound level meter is 0.125 s, too nervous for the eye
CLIP_HOLD_S = 1.0


def is_clipped(samples: Float32) -> NDArray[np.bool_]:
    """Return which samples lie at full scale or beyond, of either sign.

    Full scale is 32767 / 32768, the largest positive 16-bit sample as most decoders scale it (by 1 / 32768). The
    negative ones −32767, to which symmetric converters limit, and −32768 reach it too. A decoder that scales by
    1 / 32767 gives 1.0 for the largest sample; there 32766 counts as well: 32766 / 32767 and 32767 / 32768 are the
    same float32. Samples of more bits count within 0.0003 dB of their own full scale.

    Parameters
    ----------
    samples : ndarray of float32
        Of any shape, range −1 … 1.

    Returns
    -------
    ndarray of bool
        Of the same shape.
    """
    return np.abs(samples) >= FULL_SCALE


def level_of(samples: Float32) -> Level:
    """Return the level of sound as a whole: rms of the mix, peak and clipping of any channel.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples, n_channels)
        At least one sample.
    """
    mixed = mono(samples)
    peak = float(np.abs(samples).max(initial=0.0))
    return _level(mixed.shape[0], float(np.dot(mixed, mixed)), peak, bool(is_clipped(samples).any()))


class LevelMeter:
    """Level of the last 0.3 s: rms of the mix, peak of any channel, and whether any was clipped in the last second."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, float, float]] = deque()  # (n_samples, sum of squares, peak) of a chunk
        self._clipped_s = -np.inf  # monotonic clock at the newest clipped sample

    def push(self, samples: Float32, mixed: Float32, sample_rate: int, conditioned: Float32 | None = None) -> None:
        """Add a chunk, shape (n_samples, n_channels), and its mix, shape (n_samples,).

        Where the mix is classified after a high-pass or a gain, the level is that of the ``conditioned`` sound;
        clipping is told of the captured one, to which neither adds any.
        """
        if is_clipped(samples).any():
            self._clipped_s = time.monotonic()
        mixed = mixed if conditioned is None else conditioned
        peak = float(np.abs(samples if conditioned is None else conditioned).max(initial=0.0))
        self._recent.append((mixed.shape[0], float(np.dot(mixed, mixed)), peak))
        while sum(n for n, _, _ in self._recent) - self._recent[0][0] >= METER_S * sample_rate:
            self._recent.popleft()

    def reset(self) -> None:
        """Drop all chunks."""
        self._recent.clear()

    def level(self) -> Level:
        """Return the level at this instant."""
        n_samples = sum(n for n, _, _ in self._recent)
        if not n_samples:
            return Level()
        energy, peak = sum(square for _, square, _ in self._recent), max(peak for _, _, peak in self._recent)
        return _level(n_samples, energy, peak, time.monotonic() - self._clipped_s < CLIP_HOLD_S)


def _level(n_samples: int, energy: float, peak: float, is_clipped: bool) -> Level:
    """Return the level of so many samples with this sum of squares and this largest magnitude."""
    with np.errstate(divide="ignore"):
        return Level(float(10 * np.log10(energy / n_samples)), float(20 * np.log10(peak)), is_clipped)
