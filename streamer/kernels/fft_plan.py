"""Division of an FFT of LANES interleaved float32 transforms into passes, and its tables (no numba here)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations_with_replacement
from math import prod
from typing import Any

import numpy as np
from llvmlite.binding import get_host_cpu_features
from numpy.typing import NDArray

from streamer.arrays import Float32


def _has_wide_registers() -> bool:
    try:
        return bool(get_host_cpu_features().get("avx512f"))
    except RuntimeError:  # LLVM cannot tell on every platform
        return False


# float32 per vector: a whole register of AVX-512, else two of NEON or one of AVX2, whose 16 registers twice as many
# lanes would overflow (480 × 640 pixels measured 15 % slower)
LANES = 16 if _has_wide_registers() else 8
PAIR = 2 * LANES  # LANES complex numbers: real parts, then imaginary parts
RADICES = (2, 3, 4, 5, 8, 16)  # for which there is a pass
CACHE_LINE = 16  # float32
PLAN_LENGTH = 16  # 32-bit integers: number of passes, then radix and place of the twiddles of each


@lru_cache(maxsize=64)
def plan_radices(n: int) -> tuple[int, ...]:
    """Return radices whose product is n: as few as possible, the largest last, as the last pass has no twiddles."""
    for n_passes in range(1, PLAN_LENGTH // 2):
        found = [radices for radices in combinations_with_replacement(RADICES, n_passes) if prod(radices) == n]
        if found:
            return min(found, key=sum)
    raise ValueError(f"n={n} must have no prime factors above 5")


def stage_twiddles(n: int) -> list[Float32]:
    """Return, for each pass but the last, w^(j p), shape (p, j − 1), flat, real and imaginary parts alternating."""
    tables = []
    size = n  # of the transforms that the pass divides into smaller ones
    for radix in plan_radices(n)[:-1]:
        exponents = np.outer(np.arange(size // radix), np.arange(1, radix))
        tables.append(interleaved(np.exp(-2j * np.pi * exponents / size)))
        size //= radix
    return tables


def write_plan(plan: NDArray[np.int32], n: int, twiddles: Sequence[int]) -> None:
    """Fill in a plan for n values, shape (PLAN_LENGTH,); ``twiddles`` are the places of :func:`stage_twiddles`."""
    radices = plan_radices(n)
    plan[0] = len(radices)
    plan[1::2][: len(radices)] = radices
    plan[2::2][: len(twiddles)] = twiddles


def lay_out(header_length: int, sections: Sequence[NDArray[Any]]) -> tuple[Float32, list[int]]:
    """Return one flat array with room for a header and all sections, and where each section begins.

    All begin on cache lines, so that no vector of a workspace straddles two.
    """
    places = np.cumsum([header_length, *(-(-section.size // CACHE_LINE) * CACHE_LINE for section in sections)])
    block = np.zeros(places[-1] + CACHE_LINE, np.float32)
    first = (-block.ctypes.data % (4 * CACHE_LINE)) // 4
    arena = block[first : first + places[-1]]
    for place, section in zip(places, sections, strict=False):
        arena[place : place + section.size] = section
    return arena, [int(place) for place in places[:-1]]


def interleaved(values: NDArray[np.complex128]) -> Float32:
    """Return real and imaginary parts alternating, flat."""
    return values.astype(np.complex64).ravel().view(np.float32)
