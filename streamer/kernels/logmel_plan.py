"""For which FFT sizes there is a log-mel kernel, and how each is divided into passes (imports nothing)."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations_with_replacement
from math import prod

FIRST_RADICES = (8, 9, 10, 12, 15, 16, 25)  # rows of the first pass: at least the lanes of a vector
RADICES = (2, 3, 4, 5, 8)  # of the passes after it
MOST_PASSES = 6  # after the first
BLOCKED_SIZES = (256, 512, 1024, 2048)  # with a kernel of their own, in ``logmel``


def _has_small_factors(n: int) -> bool:
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    return n == 1


FFT_SIZES = tuple(n_fft for n_fft in range(64, 4097, 2) if _has_small_factors(n_fft))
"""Every even product of 2, 3 and 5 within 64 … 4096."""


@lru_cache(maxsize=64)
def pass_radices(n: int) -> tuple[int, ...]:
    """Return the radices of all passes, whose product is n: half of an FFT size that has no kernel of its own.

    Measured on AVX-512: 8 rows, the lanes of a vector, are worth one more pass (n_fft 400 takes 9 % longer as 25 · 8
    than as 8 · 5 · 5), and 25 rows, which need more registers than there are, are the last resort. Then small radices.
    """
    plans = [
        (first, *others)
        for n_others in range(1, MOST_PASSES + 1)
        for first in FIRST_RADICES
        for others in combinations_with_replacement(RADICES, n_others)
        if first * prod(others) == n
    ]
    if not plans:
        raise ValueError(f"n={n} must be half of one of FFT_SIZES")
    return min(plans, key=lambda radices: (radices[0] == 25, len(radices) - (radices[0] == 8), sum(radices)))
