"""Arena of the image FFT: header, tables, workspace and output in one array (no numba here).

One flat float32 array, for the reasons in ``logmel_arena``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.kernels.fft_plan import LANES, PAIR, PLAN_LENGTH, interleaved, lay_out, stage_twiddles, write_plan

# Header, 32-bit integers: the sizes …
HEIGHT, WIDTH, N, N_GROUPS, GROUP_STRIDE = range(5)
# … the place of each section, in float32 from the arena's start …
TAPER_X, TAPER_Y, SPLIT, ROWS, WORK, OTHER_WORK, GROUPS, OUT = range(5, 13)
FLOOR = 13  # … float32: the least power …
COLUMN_PLAN, ROW_PLAN = 16, 16 + PLAN_LENGTH  # … and the plans of the two FFTs
HEADER = ROW_PLAN + PLAN_LENGTH


def build_image_fft_arena(taper_y: Float64, taper_x: Float64, floor: float) -> Float32:
    """Return an arena for ``streamer.kernels.image_fft.log_magnitude``.

    Parameters
    ----------
    taper_y, taper_x : ndarray, shapes (height,) and (width,)
        Tapers, with all scaling in them; the sizes are multiples of 4, at least 32, without prime factors above 5.
    floor : float
        Least magnitude.
    """
    height, width = taper_y.size, taper_x.size
    n = height // 2  # a column's real FFT is a complex one of half the size
    n_groups = -(-n // LANES)
    # one more, so that groups of powers of two do not compete for the same cache lines
    group_stride = PAIR * (width + 1)
    work = np.zeros(PAIR * (max(n, width) + 1), np.float32)
    sections: dict[int, NDArray[Any]] = {
        TAPER_X: taper_x.astype(np.float32),
        TAPER_Y: (0.5 * taper_y).astype(np.float32),  # the ½ of splitting the half-size FFT
        SPLIT: interleaved(np.exp(-2j * np.pi * np.arange(n) / height)),
        ROWS: np.zeros(n_groups * (1 + PAIR), np.float32),
        WORK: work,
        OTHER_WORK: work,
        GROUPS: np.zeros(n_groups * group_stride, np.float32),
        OUT: np.zeros(height * (width // 2 + 1), np.float32),
    }
    column_twiddles, row_twiddles = stage_twiddles(n), stage_twiddles(width)
    arena, places = lay_out(HEADER, [*column_twiddles, *row_twiddles, *sections.values()])
    header = arena.view(np.int32)
    header[[HEIGHT, WIDTH, N, N_GROUPS, GROUP_STRIDE]] = height, width, n, n_groups, group_stride
    header[list(sections)] = places[-len(sections) :]
    arena[FLOOR] = floor * floor
    write_plan(header[COLUMN_PLAN:ROW_PLAN], n, places[: len(column_twiddles)])
    write_plan(header[ROW_PLAN:HEADER], width, places[len(column_twiddles) : -len(sections)])
    _write_rows(header)
    return arena


def _write_rows(header: NDArray[np.int32]) -> None:
    """Write each group's first frequency, then for its lanes where F[ky, :] and F[−ky, :] begin in the output.

    Half of the lanes hold ky = first, first + 1 …, half their mirror images n − ky. Lane 0 of the first group holds
    the two real rows ky = 0 and n, and the lane of their mirror image, unused then, holds ky = n / 2.
    """
    n, n_groups, out, place = (int(header[slot]) for slot in (N, N_GROUPS, OUT, ROWS))
    out_width = int(header[WIDTH]) // 2 + 1
    half = LANES // 2
    for group in range(n_groups):
        first = min(group * half, n // 2 - half)  # the last overlaps the one before where the pairs do not fill it
        low = first + np.arange(half)
        ky = np.concatenate([low, n - low])
        if first == 0:
            ky[half] = n // 2
        header[place] = first
        header[place + 1 : place + 1 + LANES] = out + out_width * ky
        header[place + 1 + LANES : place + 1 + PAIR] = out + out_width * (-ky % (2 * n))
        place += 1 + PAIR


def output(arena: Float32) -> Float32:
    """Return a view of the latest log-magnitudes, shape (height, width // 2 + 1)."""
    header = arena[:HEADER].view(np.int32)
    height, out_width, first = int(header[HEIGHT]), int(header[WIDTH]) // 2 + 1, int(header[OUT])
    return arena[first : first + height * out_width].reshape(height, out_width)
