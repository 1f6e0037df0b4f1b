"""Straight-line complex DFTs of vectors, the building blocks of every FFT here, emitted as LLVM instructions."""

from __future__ import annotations

import cmath
from dataclasses import dataclass
from math import sqrt
from typing import Any

from streamer.kernels.arena import LANES
from streamer.kernels.simd import FLOAT, Pointer, Vector, emitted, transpose


@dataclass(frozen=True, slots=True)
class Complex:
    """Complex numbers in the code being emitted, one per lane."""

    re: Vector
    im: Vector

    def __add__(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: Complex) -> Complex:
        return Complex(self.re - other.re, self.im - other.im)

    def __mul__(self, other: Complex) -> Complex:
        return Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def minus_j(self, other: Complex) -> Complex:
        """Self − j · other, without a multiplication."""
        return Complex(self.re + other.im, self.im - other.re)

    def plus_j(self, other: Complex) -> Complex:
        """Self + j · other, without a multiplication."""
        return Complex(self.re - other.im, self.im + other.re)

    def rotate(self, k: int, n: int) -> Complex:
        """Self · e^(−2πi k/n) for 0 ≤ k < 3n/4."""
        if k == 0:
            return self
        if 4 * k == n:
            return Complex(self.im, -self.re)
        if 8 * k == n:
            return Complex((self.re + self.im) * sqrt(0.5), (self.im - self.re) * sqrt(0.5))
        if 8 * k == 3 * n:
            return Complex((self.im - self.re) * sqrt(0.5), (self.re + self.im) * -sqrt(0.5))
        w = cmath.exp(-2j * cmath.pi * k / n)
        return Complex(self.re * w.real - self.im * w.imag, self.re * w.imag + self.im * w.real)


def dft(x: list[Complex]) -> list[Complex]:
    """DFT of 1, 2, 4, 8, 16 … values in natural order: radix 4, decimation in time, unrolled."""
    n = len(x)
    if n == 1:
        return x
    if n == 2:
        return [x[0] + x[1], x[0] - x[1]]
    quarters = [dft(x[j::4]) for j in range(4)]
    m = n // 4
    out: list[Any] = [None] * n
    for k in range(m):
        a, b, c, d = (quarters[j][k].rotate(j * k, n) for j in range(4))
        even_sum, even_difference = a + c, a - c
        odd_sum, odd_difference = b + d, b - d
        out[k] = even_sum + odd_sum
        out[k + m] = even_difference.minus_j(odd_difference)
        out[k + 2 * m] = even_sum - odd_sum
        out[k + 3 * m] = even_difference.plus_j(odd_difference)
    return out


def load(pointer: Pointer, n: Any) -> Complex:
    """LANES consecutive complex numbers whose imaginary parts lie ``n`` elements behind the real parts."""
    return Complex(pointer.load(), pointer[n].load())


def store(pointer: Pointer, n: Any, value: Complex) -> None:
    """Inverse of :func:`load`."""
    pointer.store(value.re)
    pointer[n].store(value.im)


@emitted
def tapered_dft16(
    arena: Pointer, samples: Any, taper: Any, twiddle: Any, out: Any, n: Any, n_columns: Any, column: Any
) -> None:
    """First pass over LANES columns: pair the real samples, taper them, DFT down the 16 rows, twiddle, transpose.

    ``samples`` counts float32 from the arena's start, all other places count float64. Sample pair
    n_columns · row + column is one complex number; the result lies column by column, 16 numbers each.
    """
    builder = arena.builder
    pair = arena.cast(FLOAT)[samples][column][column]
    weight = arena[taper][column]
    rows = []
    for _ in range(16):
        both = pair.load(2 * LANES)
        even = both.shuffle(both, range(0, 2 * LANES, 2)).widen()
        odd = both.shuffle(both, range(1, 2 * LANES, 2)).widen()
        rows.append(Complex(even * weight.load(), odd * weight[n].load()))
        pair = pair[n_columns][n_columns]
        weight = weight[n_columns]
    factor = arena[twiddle][column]
    rows = dft(rows)
    for k in range(1, 16):
        factor = factor[n_columns]
        rows[k] = rows[k] * load(factor, n)
    place = arena[out][builder.shl(column, column.type(4))]
    for half in range(0, 16, LANES):
        re = transpose([row.re for row in rows[half : half + LANES]])
        im = transpose([row.im for row in rows[half : half + LANES]])
        for i in range(LANES):
            store(place[16 * i + half], n, Complex(re[i], im[i]))


def _stockham_pass(radix: int) -> Any:
    @emitted
    def dft_pass(arena: Pointer, source: Any, out: Any, twiddle: Any, n: Any, step: Any, out_step: Any) -> None:
        place = arena[source]
        values = []
        for _ in range(radix):
            values.append(load(place, n))
            place = place[step]
        place = arena[out]
        factor = arena[twiddle]
        for k, value in enumerate(dft(values)):
            if k:
                place = place[out_step]
                value = value * Complex(factor[2 * k].splat(), factor[2 * k + 1].splat())
            store(place, n, value)

    return dft_pass


def _last_pass(radix: int) -> Any:
    @emitted
    def dft_pass(arena: Pointer, source: Any, out: Any, n: Any, step: Any) -> None:
        values = []
        place = arena[source]
        for _ in range(radix):
            values.append(load(place, n))
            place = place[step]
        place = arena[out]
        for value in dft(values):
            store(place, n, value)
            place = place[step]

    return dft_pass


# One Stockham step on LANES numbers: DFT of ``radix`` values ``step`` apart, twiddled (but in the last pass),
# written ``out_step`` apart.
dft8_pass = _stockham_pass(8)
last_dft4_pass = _last_pass(4)
last_dft8_pass = _last_pass(8)
last_dft16_pass = _last_pass(16)


@emitted
def real_power(arena: Pointer, z: Any, twiddle: Any, power: Any, n: Any, k: Any) -> None:
    """Power of LANES bins k … and of their mirror images n − k … of a real FFT of 2n samples.

    From the n-point DFT z of the sample pairs: X[k] = ½ (z[k] + z*[n−k]) − ½ i w^k (z[k] − z*[n−k]) with
    w = e^(−2πi/2n) and X[n−k] = its counterpart; the factors ½ are in the taper already. ``power`` counts
    float32 from the arena's start. Bins 0 and n are left alone: no mel triangle reaches them.
    """
    builder = arena.builder
    mirror = builder.sub(builder.sub(n, k), k.type(LANES - 1))
    a = load(arena[z][k], n)
    b = load(arena[z][mirror], n)
    b = Complex(b.re.reverse(), b.im.reverse())
    even = Complex(a.re + b.re, a.im - b.im)
    odd = Complex(a.im + b.im, b.re - a.re) * load(arena[twiddle][k], n)
    bins = arena.cast(FLOAT)[power]
    for place, x in ((k, even + odd), (mirror, even - odd)):
        squared = (x.re * x.re + x.im * x.im).narrow()
        bins[place].store(squared if place is k else squared.reverse())
