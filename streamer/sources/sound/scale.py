"""Recognise floating-point samples that are integers in truth: ±32768 where ±1 is full scale."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from streamer.arrays import Float32

FRACTIONAL = 256.0  # above this, samples with fractions are scaled integers too; below, they may be pascals
LEAST_INTEGER = 2.0  # integers up to 1 are a square wave that just fits
BITS = (16, 24, 32)


def integer_bits(blocks: Iterable[Float32], n_samples: float) -> int:
    """Return of how many bits the integers are that samples are in truth; 0 where ±1 is their full scale.

    Parameters
    ----------
    blocks : iterable of ndarray
        Samples of a file from its beginning; NaN and infinity are ignored.
    n_samples : float
        Number of samples of each channel after which to stop looking.
    """
    peak, are_integers, n_seen = 0.0, True, 0
    for block in blocks:
        is_finite = np.isfinite(block)
        finite = block if is_finite.all() else block[is_finite]
        peak = max(peak, float(np.abs(finite).max(initial=0.0)))
        are_integers = are_integers and bool((finite == np.rint(finite)).all())
        n_seen += block.shape[0]
        if n_seen >= n_samples:
            break
    if peak < LEAST_INTEGER or (peak <= FRACTIONAL and not are_integers):
        return 0
    return next((bits for bits in BITS if peak <= 1.01 * 2.0 ** (bits - 1)), 0)
