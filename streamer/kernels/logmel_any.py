"""Fused log-mel kernel for all other FFT sizes: the same steps, with an FFT of other radices.

n_fft / 2 sample pairs are rows · columns. The first pass is a DFT down the rows, of whatever number of rows
``logmel_plan`` chose, and Stockham passes of radix 2, 3, 4, 5 or 8 follow. They work on LANES of the interleaved
transforms at a time; where those are no multiple of LANES, the last vector overlaps the one before it, and computes a
second time what is there already. float64 as in ``logmel``, for the same reason.
"""

from __future__ import annotations

from typing import Any

from streamer.kernels import fft
from streamer.kernels import logmel_arena as at
from streamer.kernels.jit import inlined, kernel
from streamer.kernels.logmel_arena import LANES
from streamer.kernels.logmel_stream import streaming


@inlined
def first_pass(arena: Any, header: Any, samples: Any, out: Any) -> None:
    """Do the first pass on one frame; ``samples`` counts float32 from the arena's start."""
    taper, twiddle = header[at.TAPER], header[at.TWIDDLE]
    apart, n_rows, n_columns = header[at.APART], header[at.N_ROWS], header[at.N_COLUMNS]
    for column in range(0, n_columns, LANES):
        if n_rows == 8:
            fft.tapered_dft8(arena, samples, taper, twiddle, out, apart, n_columns, column)
        elif n_rows == 9:
            fft.tapered_dft9(arena, samples, taper, twiddle, out, apart, n_columns, column)
        elif n_rows == 10:
            fft.tapered_dft10(arena, samples, taper, twiddle, out, apart, n_columns, column)
        elif n_rows == 12:
            fft.tapered_dft12(arena, samples, taper, twiddle, out, apart, n_columns, column)
        elif n_rows == 15:
            fft.tapered_dft15(arena, samples, taper, twiddle, out, apart, n_columns, column)
        elif n_rows == 16:
            fft.tapered_dft16(arena, samples, taper, twiddle, out, apart, n_columns, column)
        else:
            fft.tapered_dft25(arena, samples, taper, twiddle, out, apart, n_columns, column)


@inlined
def next_pass(arena: Any, radix: Any, source: Any, out: Any, twiddle: Any, apart: Any, n_left: Any, done: Any) -> None:
    """Do one Stockham pass on ``done`` interleaved transforms of ``n_left`` numbers each."""
    n_parts = n_left // radix
    for p in range(n_parts):
        a = source + p * done
        b = out + p * done * radix
        w = twiddle + p * 2 * radix
        for lane in range(0, done, LANES):
            q = min(lane, done - LANES)
            if radix == 8:
                fft.dft8_pass(arena, a + q, b + q, w, apart, n_parts * done, done)
            elif radix == 5:
                fft.dft5_pass(arena, a + q, b + q, w, apart, n_parts * done, done)
            elif radix == 4:
                fft.dft4_pass(arena, a + q, b + q, w, apart, n_parts * done, done)
            elif radix == 3:
                fft.dft3_pass(arena, a + q, b + q, w, apart, n_parts * done, done)
            else:
                fft.dft2_pass(arena, a + q, b + q, w, apart, n_parts * done, done)


@inlined
def final_pass(arena: Any, radix: Any, source: Any, out: Any, apart: Any, done: Any) -> None:
    """Do the last pass, which has no twiddles, on ``done`` interleaved transforms of ``radix`` numbers each."""
    for lane in range(0, done, LANES):
        q = min(lane, done - LANES)
        if radix == 8:
            fft.final_dft8_pass(arena, source + q, out + q, apart, done)
        elif radix == 5:
            fft.final_dft5_pass(arena, source + q, out + q, apart, done)
        elif radix == 4:
            fft.final_dft4_pass(arena, source + q, out + q, apart, done)
        elif radix == 3:
            fft.final_dft3_pass(arena, source + q, out + q, apart, done)
        else:
            fft.final_dft2_pass(arena, source + q, out + q, apart, done)


@inlined
def power_spectra(arena: Any, header: Any, start: Any, n_frames: Any) -> None:
    """Compute |rfft(taper · carry[start:])|² of frames one hop apart; each pass takes all frames."""
    n = header[at.N]
    apart = header[at.APART]
    source = header[at.WORK]
    out = header[at.SPECTRUM]
    for f in range(n_frames):
        samples = 2 * header[at.CARRY] + start + f * header[at.HOP_LENGTH]
        first_pass(arena, header, samples, source + 2 * apart * f)
    done = header[at.N_ROWS]
    n_passes = header[at.N_PASSES]
    for i in range(n_passes - 1):
        radix = header[at.PASSES + 2 * i]
        twiddle = header[at.PASSES + 2 * i + 1]
        for f in range(n_frames):
            place = 2 * apart * f
            next_pass(arena, radix, source + place, out + place, twiddle, apart, n // done, done)
        done *= radix
        source, out = out, source
    for f in range(n_frames):
        place = 2 * apart * f
        final_pass(arena, header[at.PASSES + 2 * (n_passes - 1)], source + place, out + place, apart, done)
    for f in range(n_frames):
        power = 2 * header[at.POWER] + f * header[at.N_POWER]
        for k in range(1, n // 2 + 1, LANES):
            fft.real_power(arena, out + 2 * apart * f, apart, header[at.REAL_TWIDDLE], power, n, k)


push_sound = streaming(power_spectra)


@kernel("int64(float64[::1], float32[::1])")
def push(arena: Any, samples: Any) -> Any:
    """Process samples, write the frames that they complete to the arena's output, and return their number."""
    return push_sound(arena, samples)
