"""Arena of the spectra in time: header, tables and workspace in one array (no numba here)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.kernels.fft_plan import PAIR, PLAN_LENGTH, lay_out, stage_twiddles, write_plan

# Header, 32-bit integers: the sizes and the place of each section, in float32 from the arena's start.
N, TAPER, SUMS, WORK, OTHER_WORK = range(5)
PLAN = 16  # of the DFT, as ``transform`` reads it
HEADER = PLAN + PLAN_LENGTH


def build_temporal_arena(taper: Float64) -> Float32:
    """Return an arena for ``streamer.kernels.temporal.spectra``.

    Parameters
    ----------
    taper : ndarray, shape (n,)
        Taper with all scaling in it; n is a power of two, at least 32.
    """
    n = taper.size
    sections: list[NDArray[Any]] = [
        (0.5 * taper).astype(np.float32),  # the ½ of separating two real series in one complex DFT
        np.zeros(2 * PAIR, np.float32),
        np.zeros(PAIR * n, np.float32),
        np.zeros(PAIR * n, np.float32),
    ]
    arena, places = lay_out(HEADER, [*sections, *stage_twiddles(n)])
    header = arena.view(np.int32)
    header[N] = n
    header[TAPER : OTHER_WORK + 1] = places[: len(sections)]
    write_plan(header[PLAN:HEADER], n, places[len(sections) :])
    return arena
