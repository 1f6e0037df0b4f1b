"""The one array that the image FFT works on: header, tables, workspace and output (no numba here).

One flat float32 array, as for sound (see ``arena``): a table that is an argument cannot go stale in a compiled kernel.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations_with_replacement
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.messages import Float32, Float64

Complex128 = NDArray[np.complex128]

LANES = 16  # float32 per vector: one register of AVX-512, two of AVX2, four of NEON
PAIR = 2 * LANES  # LANES complex numbers: real parts, then imaginary parts
RADICES = (2, 3, 4, 5, 8, 16)  # for which there is a pass
CACHE_LINE = 16  # float32 elements

# Header, 32-bit integers: the sizes …
HEIGHT, WIDTH, N, N_GROUPS, GROUP_STRIDE = range(5)
# … and the place of each section, in float32 from the arena's start.
TAPER_X, TAPER_Y, SPLIT, COLUMN_PLAN, ROW_PLAN, ROWS, WORK, OTHER_WORK, GROUPS, OUT = range(5, 15)
FLOOR = 15  # float32: the least power
HEADER = 16  # length; a multiple of the cache line


def build_image_arena(taper_y: Float64, taper_x: Float64, floor: float) -> Float32:
    """Arena for ``streamer.kernels.image_fft.log_magnitude``.

    Parameters
    ----------
    taper_y, taper_x : ndarray, shapes (height,) and (width,)
        FFT windows, with all scaling in them; the sizes are multiples of 4 from 32 on, without prime factors above 5.
    floor : float
        Least magnitude.
    """
    height, width = taper_y.size, taper_x.size
    n = height // 2  # a column's real FFT is a complex one of half the size
    n_pairs = n // 2
    n_groups = -(-n // LANES)
    # The last group begins early where the pairs do not fill it, and repeats a few.
    firsts = [min(g * LANES // 2, n_pairs - LANES // 2) for g in range(n_groups)]
    out_width = width // 2 + 1
    group_stride = PAIR * (width + 1)  # one more, lest groups of powers of two fight for the same cache lines
    sections: dict[int, NDArray[Any]] = {
        TAPER_X: taper_x.astype(np.float32),
        TAPER_Y: (0.5 * taper_y).astype(np.float32),  # the ½ of splitting the half-size FFT
        SPLIT: _interleaved(np.exp(-2j * np.pi * np.arange(n) / height)),
        COLUMN_PLAN: np.zeros(PLAN_LENGTH, np.float32),
        ROW_PLAN: np.zeros(PLAN_LENGTH, np.float32),
        ROWS: np.zeros(n_groups * (1 + PAIR), np.float32),
        WORK: np.zeros(PAIR * (max(n, width) + 1), np.float32),
        OTHER_WORK: np.zeros(PAIR * (max(n, width) + 1), np.float32),
        GROUPS: np.zeros(n_groups * group_stride, np.float32),
        OUT: np.zeros(height * out_width, np.float32),
    }
    plans = {COLUMN_PLAN: n, ROW_PLAN: width}
    twiddles = {slot: [_interleaved(table) for table in stage_twiddles(size)] for slot, size in plans.items()}
    parts = [*sections.values(), *(table for tables in twiddles.values() for table in tables)]
    arena = _aligned_zeros(HEADER + sum(_whole_lines(part.size) for part in parts))
    header = arena.view(np.int32)
    place = HEADER
    for slot, values in sections.items():
        header[slot] = place
        arena[place : place + values.size] = values
        place += _whole_lines(values.size)
    for slot, tables in twiddles.items():
        plan = header[header[slot] : header[slot] + PLAN_LENGTH]
        radices = plan_radices(plans[slot])
        plan[0] = len(radices)
        plan[1::2][: len(radices)] = radices
        for i, table in enumerate(tables):
            plan[2 + 2 * i] = place
            arena[place : place + table.size] = table
            place += _whole_lines(table.size)
    header[[HEIGHT, WIDTH, N, N_GROUPS, GROUP_STRIDE]] = height, width, n, n_groups, group_stride
    arena[FLOOR] = floor * floor
    _fill_rows(header, firsts, n, out_width)
    return arena


PLAN_LENGTH = 16  # number of passes, then radix and place of the twiddles of each


def _fill_rows(header: NDArray[np.int32], firsts: list[int], n: int, out_width: int) -> None:
    """Each group's first frequency, then for its lanes where F[ky, :] and F[−ky, :] begin in the output.

    Half of the lanes hold ky = first, first + 1 …, half their mirror images n − ky. Lane 0 of the first group holds
    the two real rows ky = 0 and n, and the mirror image's lane, free then, holds ky = n / 2, which has no other.
    """
    out, rows = int(header[OUT]), int(header[ROWS])
    for first in firsts:
        low = first + np.arange(LANES // 2)
        ky = np.concatenate([low, n - low])
        if first == 0:
            ky[LANES // 2] = n // 2
        header[rows] = first
        header[rows + 1 : rows + 1 + LANES] = out + out_width * ky
        header[rows + 1 + LANES : rows + 1 + PAIR] = out + out_width * (-ky % (2 * n))
        rows += 1 + PAIR


def output(arena: Float32) -> Float32:
    """View of the latest log-magnitudes, shape (height, width // 2 + 1)."""
    header = arena[:HEADER].view(np.int32)
    height, out_width, first = int(header[HEIGHT]), int(header[WIDTH]) // 2 + 1, int(header[OUT])
    return arena[first : first + height * out_width].reshape(height, out_width)


@lru_cache(maxsize=64)
def plan_radices(n: int) -> tuple[int, ...]:
    """Radices whose product is n: as few as possible, the largest last as the last pass needs no twiddles."""
    for n_passes in range(1, PLAN_LENGTH // 2):
        found = [radices for radices in combinations_with_replacement(RADICES, n_passes) if prod(radices) == n]
        if found:
            return min(found, key=sum)
    raise ValueError(f"n={n} must have no prime factors above 5")


def stage_twiddles(n: int) -> list[Complex128]:
    """Of each pass but the last: w^(j p), shape (p, j − 1), of the transforms that it parts into smaller ones."""
    tables = []
    size = n
    for radix in plan_radices(n)[:-1]:
        exponents = np.outer(np.arange(size // radix), np.arange(1, radix))
        tables.append(np.exp(-2j * np.pi * exponents / size))
        size //= radix
    return tables


def _interleaved(values: Complex128) -> Float32:
    return values.astype(np.complex64).ravel().view(np.float32)


def _whole_lines(size: int) -> int:
    return -(-size // CACHE_LINE) * CACHE_LINE


def _aligned_zeros(size: int) -> Float32:
    """Zeros that begin on a cache line, so that no vector of the workspace straddles two."""
    block = np.zeros(size + CACHE_LINE, np.float32)
    first = (-block.ctypes.data % (4 * CACHE_LINE)) // 4
    return block[first : first + size]
