"""Stockham FFT of LANES transforms at a time, float32, of any size without prime factors above 5.

A number is a pair of vectors, real parts and imaginary parts of LANES transforms; see ``fft_plan`` for the passes.
"""

from __future__ import annotations

from typing import Any

from streamer.kernels.fft import Complex, dft
from streamer.kernels.fft_plan import LANES, PAIR, RADICES
from streamer.kernels.jit import inlined
from streamer.kernels.simd import Pointer, emitted


def load_pair(place: Pointer) -> Complex:
    """Load LANES complex numbers: real parts, then imaginary parts."""
    return Complex(place.load(LANES), place[LANES].load(LANES))


def store_pair(place: Pointer, value: Complex) -> None:
    """Store LANES complex numbers as :func:`load_pair` reads them."""
    place.store(value.re)
    place[LANES].store(value.im)


def root(place: Pointer) -> Complex:
    """Load the twiddle factor here into every lane."""
    return Complex(place.splat(LANES), place[1].splat(LANES))


def _stockham_pass(radix: int) -> Any:
    @emitted
    def dft_pass(arena: Pointer, source: Any, step: Any, out: Any, out_step: Any, twiddle: Any) -> None:
        place = arena[source]
        values = []
        for _ in range(radix):
            values.append(load_pair(place))
            place = place[step]
        place = arena[out]
        for k, value in enumerate(dft(values)):
            store_pair(place, value * root(arena[twiddle][2 * k - 2]) if k else value)
            place = place[out_step]

    return dft_pass


def _last_pass(radix: int) -> Any:
    @emitted
    def dft_pass(arena: Pointer, place: Any, step: Any) -> None:
        places = [arena[place]]
        for _ in range(radix - 1):
            places.append(places[-1][step])
        for value, where in zip(dft([load_pair(where) for where in places]), places, strict=True):
            store_pair(where, value)

    return dft_pass


pass2, pass3, pass4, pass5, pass8, pass16 = map(_stockham_pass, RADICES)
last2, last3, last4, last5, last8, last16 = map(_last_pass, RADICES)


@inlined
def any_pass(arena: Any, radix: Any, source: Any, step: Any, out: Any, out_step: Any, twiddle: Any, n: Any) -> None:
    """Do one Stockham step for n neighbouring numbers with the same twiddles."""
    if radix == 16:
        for q in range(0, n * PAIR, PAIR):
            pass16(arena, source + q, step, out + q, out_step, twiddle)
    elif radix == 8:
        for q in range(0, n * PAIR, PAIR):
            pass8(arena, source + q, step, out + q, out_step, twiddle)
    elif radix == 5:
        for q in range(0, n * PAIR, PAIR):
            pass5(arena, source + q, step, out + q, out_step, twiddle)
    elif radix == 4:
        for q in range(0, n * PAIR, PAIR):
            pass4(arena, source + q, step, out + q, out_step, twiddle)
    elif radix == 3:
        for q in range(0, n * PAIR, PAIR):
            pass3(arena, source + q, step, out + q, out_step, twiddle)
    else:
        for q in range(0, n * PAIR, PAIR):
            pass2(arena, source + q, step, out + q, out_step, twiddle)


@inlined
def any_last_pass(arena: Any, radix: Any, place: Any, n: Any) -> None:
    """Do the last step, in place; it has no twiddles."""
    end = place + n * PAIR
    if radix == 16:
        for q in range(place, end, PAIR):
            last16(arena, q, n * PAIR)
    elif radix == 8:
        for q in range(place, end, PAIR):
            last8(arena, q, n * PAIR)
    elif radix == 5:
        for q in range(place, end, PAIR):
            last5(arena, q, n * PAIR)
    elif radix == 4:
        for q in range(place, end, PAIR):
            last4(arena, q, n * PAIR)
    elif radix == 3:
        for q in range(place, end, PAIR):
            last3(arena, q, n * PAIR)
    else:
        for q in range(place, end, PAIR):
            last2(arena, q, n * PAIR)


@inlined
def transform(arena: Any, header: Any, plan: Any, n: Any, source: Any, work: Any, other: Any) -> Any:
    """Transform n complex numbers in each lane, by Stockham passes from workspace to workspace.

    Returns the place of the result. ``source`` may be ``other``; only then is it overwritten.
    """
    n_passes = header[plan]
    done = 1  # numbers in each of the transforms done so far
    for i in range(n_passes - 1):
        radix = header[plan + 1 + 2 * i]
        twiddle = header[plan + 2 + 2 * i]
        m = n // (done * radix)
        for p in range(m):
            any_pass(
                arena,
                radix,
                source + p * done * PAIR,
                m * done * PAIR,
                work + p * radix * done * PAIR,
                done * PAIR,
                twiddle + p * (radix - 1) * 2,
                done,
            )
        done *= radix
        source = work
        work = other
        other = source
    any_last_pass(arena, header[plan + 2 * n_passes - 1], source, done)
    return source
