"""Resize grey images of one size to another: tables computed once, then one kernel call for each image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64, UInt8
from streamer.kernels.load import load

REACH = 4.0  # samples of the result on either side that a weight reaches
CUT_OFF = 0.45  # cycles per sample of the result at which a wave has half its amplitude
KAISER = 5.0  # shape of the taper: waves that fold to 0.4 cycles per sample or below keep 4 % at most


class Resizer:
    """Reduce images behind a low-pass filter, or enlarge them by linear interpolation; each side by itself.

    A mean of the pixels that a sample covers would not do: waves of 0.6 cycles per sample keep half their amplitude
    under it, and fold to 0.4, where they look like any pattern of that period. The filter is a sinc under a Kaiser
    taper (A. V. Oppenheim and R. W. Schafer, Discrete-Time Signal Processing, section 7.5). Enlarged values are those
    of OpenCV's INTER_LINEAR, except that a few levels differ by one through rounding.
    """

    def __init__(self, shape: tuple[int, int], out_shape: tuple[int, int]) -> None:
        from streamer.kernels.fft_plan import LANES

        if min(*shape, *out_shape) < LANES:
            raise ValueError(f"shape={shape} → {out_shape} must be at least {LANES} each way")
        self._kernel = load("streamer.kernels.resize", "resize")
        tables = [_weights(n, n_out) for n, n_out in zip(shape, out_shape, strict=True)]
        self._tables = [array for table in tables for array in table]
        self._work: Float32 = np.zeros((shape[1], LANES), np.float32)
        self._out: UInt8 = np.zeros(out_shape, np.uint8)

    def push(self, image: UInt8) -> UInt8:
        """Return the resized image, valid until the next push."""
        if image.strides[1] != 1:  # the kernel loads the pixels of a row together
            image = np.ascontiguousarray(image)
        self._kernel(image, *self._tables, self._work, self._out)
        return self._out


def _weights(n: int, n_out: int) -> tuple[NDArray[np.int32], Float32]:
    """Return, for each sample of the result, the first source sample that it is a mean of, and the weights."""
    scale = n / n_out
    if scale > 1.0:
        middle = (np.arange(n_out) + 0.5) * scale - 0.5
        n_taps = min(n, 2 * math.ceil(REACH * scale))
        starts = np.clip(np.floor(middle).astype(np.int64) + 1 - n_taps // 2, 0, n - n_taps)
        away = (starts[:, None] + np.arange(n_taps) - middle[:, None]) / scale
        taper = np.i0(KAISER * np.sqrt(np.maximum(1.0 - (away / REACH) ** 2, 0.0)))
        weights: Float64 = np.where(np.abs(away) < REACH, np.sinc(2 * CUT_OFF * away) * taper, 0.0)
    else:  # tent around the middle; outside, the edges' samples are repeated
        middle = np.clip((np.arange(n_out) + 0.5) * scale - 0.5, 0.0, n - 1.0)
        starts = np.minimum(middle.astype(np.int64), n - 2)
        weights = np.maximum(1.0 - np.abs(starts[:, None] + np.arange(2) - middle[:, None]), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return starts.astype(np.int32), weights.astype(np.float32)
