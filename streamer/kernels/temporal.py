"""Kernel for the spectra in time of many series at once: even grid, straight line removed, taper, real FFT.

The lanes of a vector are cells, LANES of them in the real and LANES in the imaginary parts of one complex FFT, so
that every step is the same arithmetic on whole vectors and only the result is shuffled. A sliding DFT, which would
update each bin with every image, does not pay: n_bins · n_cells complex products per image cost more than one FFT every
few images, it drifts, and it needs a grid that stays the same, which capture times do not give.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from streamer.kernels import temporal_arena as at
from streamer.kernels.fft_plan import LANES, PAIR
from streamer.kernels.jit import inlined, kernel
from streamer.kernels.simd import as_rows
from streamer.kernels.stockham import transform

SERIES = types.Array(types.float32, 2, "C", readonly=True)  # accepts writable arrays too
ZERO = np.float32(0.0)


@inlined
def resample(series: Any, index: Any, weight: Any, first: Any, rows: Any) -> None:
    """Resample the cells ``first`` … on the even grid, less each cell's first value.

    That difference is small where little moves, and exactly zero where nothing does: float32 suffices from here on.
    """
    n_cells = min(PAIR, series.shape[1] - first)
    origin = series[0, first : first + n_cells]
    for j in range(index.size):
        before = series[index[j], first : first + n_cells]
        after = series[index[j] + 1, first : first + n_cells]
        row = rows[j]
        for c in range(n_cells):
            row[c] = (before[c] - origin[c]) + weight[j] * (after[c] - before[c])
        row[n_cells:] = ZERO


@inlined
def detrend_and_taper(rows: Any, taper: Any, sums: Any) -> None:
    """Remove each cell's least-squares straight line, and taper."""
    n = rows.shape[0]
    half = np.float32(0.5) * np.float32(n - 1)
    square = np.float32(n * (n * n - 1.0) / 12.0)  # Σ (j − half)²
    mean, slope = sums[0], sums[1]
    mean[:] = ZERO
    slope[:] = ZERO
    for j in range(n):
        x = np.float32(j) - half
        row = rows[j]
        for c in range(PAIR):
            mean[c] += row[c]
            slope[c] += row[c] * x
    for c in range(PAIR):
        mean[c] /= np.float32(n)
        slope[c] /= square
    for j in range(n):
        x = np.float32(j) - half
        row = rows[j]
        for c in range(PAIR):
            row[c] = (row[c] - (mean[c] + slope[c] * x)) * taper[j]


@inlined
def split(z: Any, out: Any) -> None:
    """Separate the spectra of the real series a and b from Z, the DFT of a + j b.

    A[k] = ½ (Z[k] + Z*[n−k]), B[k] = −½ j (Z[k] − Z*[n−k]); the factors ½ are in the taper already.
    """
    n = z.shape[0]
    for c in range(min(PAIR, out.shape[0])):
        lane = c % LANES
        row = out[c]
        for k in range(1, n // 2 + 1):
            re, im = z[k, lane], z[k, LANES + lane]
            mirror_re, mirror_im = z[n - k, lane], z[n - k, LANES + lane]
            if c < LANES:
                row[k - 1] = complex(re + mirror_re, im - mirror_im)
            else:
                row[k - 1] = complex(im + mirror_im, mirror_re - re)


@kernel(
    types.void(SERIES, types.int64[::1], types.float32[::1], types.float32[::1], types.Array(types.complex64, 2, "C"))
)
def spectra(series: Any, index: Any, weight: Any, arena: Any, out: Any) -> None:
    """Compute the spectra of all cells.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_cells)
    index : ndarray of int64, shape (n,)
        Image before each point of the even grid, at most n_images − 2.
    weight : ndarray of float32, shape (n,)
        Of the image after it, 0 … 1.
    arena : ndarray of float32
        From :func:`streamer.kernels.temporal_arena.build_temporal_arena`.
    out : ndarray of complex64, shape (n_cells, n / 2)
        Bins 1 … n / 2.
    """
    header = arena.view(np.int32)
    n = header[at.N]
    source, work, sums = header[at.OTHER_WORK], header[at.WORK], header[at.SUMS]
    rows = as_rows(arena[source : source + PAIR * n], PAIR)
    taper = arena[header[at.TAPER] : header[at.TAPER] + n]
    for first in range(0, series.shape[1], PAIR):
        resample(series, index, weight, first, rows)
        detrend_and_taper(rows, taper, as_rows(arena[sums : sums + 2 * PAIR], PAIR))
        z = transform(arena, header, at.PLAN, n, source, work, source)
        split(as_rows(arena[z : z + PAIR * n], PAIR), out[first:])
