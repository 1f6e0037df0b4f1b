"""Resize grey images of one size to another: tables computed once, then one kernel call for each image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64, UInt8


class Resizer:
    """Reduce images by area means, or enlarge them by linear interpolation; each side by itself.

    The values are those of OpenCV's INTER_AREA and INTER_LINEAR, except that a few levels differ by one through
    rounding.
    """

    def __init__(self, shape: tuple[int, int], out_shape: tuple[int, int]) -> None:
        from streamer.kernels.fft_plan import LANES
        from streamer.kernels.resize import resize

        if min(*shape, *out_shape) < LANES:
            raise ValueError(f"shape={shape} → {out_shape} must be at least {LANES} each way")
        self._kernel = resize
        tables = [_weights(n, n_out) for n, n_out in zip(shape, out_shape, strict=True)]
        self._tables = [array for table in tables for array in table]
        self._work: Float32 = np.zeros((shape[1], LANES), np.float32)
        self._out: UInt8 = np.zeros(out_shape, np.uint8)

    def push(self, image: UInt8) -> UInt8:
        """Return the resized image, valid until the next push; the rows of ``image`` are contiguous."""
        self._kernel(image, *self._tables, self._work, self._out)
        return self._out


def _weights(n: int, n_out: int) -> tuple[NDArray[np.int32], Float32]:
    """Return, for each sample of the result, the first source sample that it is a mean of, and the weights."""
    scale = n / n_out
    if scale >= 1.0:  # overlap of [i scale, (i + 1) scale) with [sample, sample + 1)
        n_taps = min(n, math.ceil(scale) + (n % n_out > 0))
        begin: Float64 = np.arange(n_out) * n / n_out
        starts = np.minimum(begin.astype(np.int64), n - n_taps)
        samples = starts[:, None] + np.arange(n_taps)
        end = (np.arange(n_out) + 1) * n / n_out
        weights = np.minimum(end[:, None], samples + 1) - np.maximum(begin[:, None], samples)
    else:  # tent around the middle; outside, the edges' samples are repeated
        middle = np.clip((np.arange(n_out) + 0.5) * scale - 0.5, 0.0, n - 1.0)
        starts = np.minimum(middle.astype(np.int64), n - 2)
        weights = 1.0 - np.abs(starts[:, None] + np.arange(2) - middle[:, None])
    weights = np.maximum(weights, 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return starts.astype(np.int32), weights.astype(np.float32)
