"""Array types and small numeric functions that all of streamer shares."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Complex64 = NDArray[np.complex64]
Complex128 = NDArray[np.complex128]
UInt8 = NDArray[np.uint8]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Rng = np.random.Generator
FloatT = TypeVar("FloatT", np.float32, np.float64)

DB_PER_LN_POWER = 10.0 / math.log(10.0)  # natural logarithm of a power → decibels
DB_PER_LN_MAGNITUDE = 20.0 / math.log(10.0)  # natural logarithm of a magnitude (nepers) → decibels


def hann(n: int) -> Float64:
    """Return the periodic Hann taper ½ − ½ cos(2π k / n) for k = 0 … n − 1."""
    taper: Float64 = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n)
    return taper


def finite(samples: NDArray[FloatT]) -> NDArray[FloatT]:
    """Return a copy of samples with 0 in place of NaN and infinity, which broken drivers and float files deliver."""
    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)


def mono(samples: Float32) -> Float32:
    """Return the mean of all channels.

    NaN and infinity become 0: a resampler would spread them.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples, n_channels)

    Returns
    -------
    ndarray of float32, shape (n_samples,)
    """
    mixed: Float32 = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)
    if not np.isfinite(np.dot(mixed, mixed)):
        mixed = finite(mixed)
    return mixed
