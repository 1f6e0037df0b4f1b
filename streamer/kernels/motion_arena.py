"""The one array that the spectra in time are made in: header, tables and workspace (no numba here)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.kernels.image_arena import LANES, PAIR, PLAN_LENGTH, plan_radices, stage_twiddles
from streamer.messages import Float32, Float64

# Header, 32-bit integers: the sizes and the place of each section, in float32 from the arena's start.
N, TAPER, SUMS, WORK, OTHER_WORK = range(5)
PLAN = 16  # of the DFT, as ``transform`` reads it
HEADER = PLAN + PLAN_LENGTH


def build_motion_arena(taper: Float64) -> Float32:
    """Arena for ``streamer.kernels.temporal.spectra``.

    Parameters
    ----------
    taper : ndarray, shape (n,)
        FFT window with all scaling in it; n is a power of two from 32 on.
    """
    n = taper.size
    radices = plan_radices(n)
    twiddles = [table.astype(np.complex64).ravel().view(np.float32) for table in stage_twiddles(n)]
    sections: list[NDArray[Any]] = [
        (0.5 * taper).astype(np.float32),  # the ½ of telling two real series apart in one complex DFT
        np.zeros(2 * PAIR, np.float32),
        np.zeros(PAIR * n, np.float32),
        np.zeros(PAIR * n, np.float32),
        *twiddles,
    ]
    places = np.cumsum([HEADER, *(-(-section.size // LANES) * LANES for section in sections)])
    arena = _aligned_zeros(int(places[-1]))
    for place, section in zip(places, sections, strict=False):
        arena[place : place + section.size] = section
    header = arena.view(np.int32)
    header[N] = n
    header[TAPER : OTHER_WORK + 1] = places[:4]
    plan = header[PLAN:HEADER]
    plan[0] = len(radices)
    plan[1::2][: len(radices)] = radices
    plan[2::2][: len(twiddles)] = places[4:-1]
    return arena


def _aligned_zeros(size: int) -> Float32:
    """Zeros that begin on a cache line, so that no vector of the workspace straddles two."""
    block = np.zeros(size + LANES, np.float32)
    first = (-block.ctypes.data % (4 * LANES)) // 4
    return block[first : first + size]
