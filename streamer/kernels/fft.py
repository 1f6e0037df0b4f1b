"""Straight-line complex DFTs of vectors, emitted as LLVM instructions: the building blocks of every FFT here."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Any

from streamer.kernels.logmel_arena import LANE_ORDER, LANES
from streamer.kernels.logmel_plan import FIRST_RADICES, RADICES
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

    def scaled(self, factor: float) -> Complex:
        """Return self · factor, a real number."""
        return Complex(self.re * factor, self.im * factor)

    def minus_j(self, other: Complex) -> Complex:
        """Return self − j · other, without a multiplication."""
        return Complex(self.re + other.im, self.im - other.re)

    def plus_j(self, other: Complex) -> Complex:
        """Return self + j · other, without a multiplication."""
        return Complex(self.re - other.im, self.im + other.re)

    def rotate(self, k: int, n: int) -> Complex:
        """Return self · e^(−2πi k/n) for 0 ≤ k < n."""
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
    """Return the DFT of n values in natural order, decimation in time, unrolled; n has no prime factors above 5."""
    n = len(x)
    if n in _BUTTERFLIES:
        return _BUTTERFLIES[n](*x)
    radix = next(r for r in (4, 2, 3, 5) if n % r == 0)
    parts = [dft(x[j::radix]) for j in range(radix)]
    out: list[Any] = [None] * n
    for k in range(n // radix):
        out[k :: n // radix] = dft([parts[j][k].rotate(j * k, n) for j in range(radix)])
    return out


def _dft2(a: Complex, b: Complex) -> list[Complex]:
    return [a + b, a - b]


def _dft3(a: Complex, b: Complex, c: Complex) -> list[Complex]:
    total, difference = b + c, (b - c).scaled(sqrt(0.75))
    middle = a - total.scaled(0.5)
    return [a + total, middle.minus_j(difference), middle.plus_j(difference)]


def _dft4(a: Complex, b: Complex, c: Complex, d: Complex) -> list[Complex]:
    even_sum, even_difference = a + c, a - c
    odd_sum, odd_difference = b + d, b - d
    return [
        even_sum + odd_sum,
        even_difference.minus_j(odd_difference),
        even_sum - odd_sum,
        even_difference.plus_j(odd_difference),
    ]


def _dft5(a: Complex, b: Complex, c: Complex, d: Complex, e: Complex) -> list[Complex]:
    cos1, cos2 = cos(0.4 * pi), cos(0.8 * pi)
    sin1, sin2 = sin(0.4 * pi), sin(0.8 * pi)
    outer_sum, outer_difference = b + e, b - e
    inner_sum, inner_difference = c + d, c - d
    first = a + outer_sum.scaled(cos1) + inner_sum.scaled(cos2)
    second = a + outer_sum.scaled(cos2) + inner_sum.scaled(cos1)
    first_odd = outer_difference.scaled(sin1) + inner_difference.scaled(sin2)
    second_odd = outer_difference.scaled(sin2) - inner_difference.scaled(sin1)
    return [
        a + outer_sum + inner_sum,
        first.minus_j(first_odd),
        second.minus_j(second_odd),
        second.plus_j(second_odd),
        first.plus_j(first_odd),
    ]


_BUTTERFLIES: dict[int, Callable[..., list[Complex]]] = {
    1: lambda a: [a],
    2: _dft2,
    3: _dft3,
    4: _dft4,
    5: _dft5,
}


def load(pointer: Pointer, n: Any) -> Complex:
    """Load LANES consecutive complex numbers whose imaginary parts lie ``n`` elements behind the real parts."""
    return Complex(pointer.load(), pointer[n].load())


def store(pointer: Pointer, n: Any, value: Complex) -> None:
    """Store complex numbers as :func:`load` reads them."""
    pointer.store(value.re)
    pointer[n].store(value.im)


def _tapered_pass(n_rows: int) -> Any:
    @emitted
    def tapered_dft(
        arena: Pointer, samples: Any, taper: Any, twiddle: Any, out: Any, apart: Any, n_columns: Any, column: Any
    ) -> None:
        builder = arena.builder
        block = builder.mul(column, column.type(2 * n_rows))
        pair = arena.cast(FLOAT)[samples][column][column]
        weight = arena[taper][block]
        factor = arena[twiddle][block]

        def row(j: int) -> Complex:
            offset = builder.mul(n_columns, n_columns.type(2 * j))
            both = pair[offset].load(2 * LANES)
            even = both.shuffle(both, [2 * c for c in LANE_ORDER]).widen()
            odd = both.shuffle(both, [2 * c + 1 for c in LANE_ORDER]).widen()
            place = weight[2 * LANES * j]
            return Complex(even * place.load(), odd * place[LANES].load())

        values = dft([row(j) for j in range(n_rows)])
        rows = [z * load(factor[2 * LANES * k], LANES) if k else z for k, z in enumerate(values)]
        place = arena[out][builder.mul(column, column.type(n_rows))]
        firsts = range(0, n_rows, LANES)
        if n_rows % LANES:  # the last vector of a column reaches into the next column, whose first is stored later
            firsts = firsts[::-1]
        for first in firsts:
            part = rows[first : first + LANES]
            part += [rows[-1]] * (LANES - len(part))
            re = transpose([z.re for z in part])
            im = transpose([z.im for z in part])
            for i, c in enumerate(LANE_ORDER):
                store(place[n_rows * c + first], apart, Complex(re[i], im[i]))

    return tapered_dft


def _stockham_pass(radix: int) -> Any:
    @emitted
    def dft_pass(arena: Pointer, source: Any, out: Any, twiddle: Any, n: Any, step: Any, out_step: Any) -> None:
        place = arena[source]
        values = [load(arena[source][arena.builder.mul(step, step.type(j))], n) for j in range(radix)]
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
    def dft_pass(arena: Pointer, place: Any, n: Any, step: Any) -> None:
        places = [arena[place][arena.builder.mul(step, step.type(j))] for j in range(radix)]
        for value, where in zip(dft([load(where, n) for where in places]), places, strict=True):
            store(where, n, value)

    return dft_pass


def _final_pass(radix: int) -> Any:
    @emitted
    def dft_pass(arena: Pointer, source: Any, out: Any, apart: Any, step: Any) -> None:
        builder = arena.builder
        offsets = [builder.mul(step, step.type(j)) for j in range(radix)]
        values = dft([load(arena[source][offset], apart) for offset in offsets])
        for value, offset in zip(values, offsets, strict=True):
            store(arena[out][offset], apart, value)

    return dft_pass


# The first step over LANES columns: pair the samples, taper them, DFT down the rows, twiddle, transpose. ``samples``
# counts float32 from the arena's start, all other places count float64. Sample pair n_columns · row + column is one
# complex number; the result lies column by column, imaginary parts ``apart`` elements behind the real ones.
# ``taper`` and ``twiddle`` are laid out by ``logmel_arena._in_blocks``: what is read together lies together.
tapered_dft8, tapered_dft9, tapered_dft10, tapered_dft12, tapered_dft15, tapered_dft16, tapered_dft25 = map(
    _tapered_pass, FIRST_RADICES
)

# One Stockham step on LANES numbers: DFT of values ``step`` apart, twiddled, written ``out_step`` apart; the last
# step of a transform has no twiddles. It works in place (``last_…``) or not (``final_…``).
dft2_pass, dft3_pass, dft4_pass, dft5_pass, dft8_pass = map(_stockham_pass, RADICES)
final_dft2_pass, final_dft3_pass, final_dft4_pass, final_dft5_pass, final_dft8_pass = map(_final_pass, RADICES)
last_dft4_pass = _last_pass(4)
last_dft8_pass = _last_pass(8)
last_dft16_pass = _last_pass(16)


@emitted
def real_power(arena: Pointer, z: Any, apart: Any, twiddle: Any, power: Any, n: Any, k: Any) -> None:
    """Compute the power of LANES bins k … and of their mirror images n − k … of a real FFT of 2n samples.

    From the n-point DFT z of the sample pairs: X[k] = ½ (z[k] + z*[n−k]) − ½ i w^k (z[k] − z*[n−k]) with
    w = e^(−2πi/2n) and X[n−k] = its counterpart; the factors ½ are in the taper already. The
    imaginary parts of z lie ``apart`` elements behind the real ones; ``power`` counts float32 from the arena's start.
    Bins 0 and n are not written: no mel triangle reaches them.
    """
    builder = arena.builder
    mirror = builder.sub(builder.sub(n, k), k.type(LANES - 1))
    a = load(arena[z][k], apart)
    b = load(arena[z][mirror], apart)
    b = Complex(b.re.reverse(), b.im.reverse())
    even = Complex(a.re + b.re, a.im - b.im)
    odd = Complex(a.im + b.im, b.re - a.re) * load(arena[twiddle][k], n)
    bins = arena.cast(FLOAT)[power]
    for place, x in ((k, even + odd), (mirror, even - odd)):
        squared = (x.re * x.re + x.im * x.im).narrow()
        bins[place].store(squared if place is k else squared.reverse())
