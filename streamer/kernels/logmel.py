"""Fused log-mel kernel: taper, real FFT, power, mel bands, logarithm; for FFT sizes 256, 512, 1024 and 2048.

From the taper to the power in float64: float32 leaves rounding noise 140 dB under the strongest tone of a frame, which
moves the logarithm of a quiet band above a floor of 1e-6 by up to 2e-3 (measured with a full-scale tone).
"""

from __future__ import annotations

from typing import Any

from streamer.kernels import logmel_arena as at
from streamer.kernels.fft import dft8_pass, last_dft4_pass, last_dft8_pass, last_dft16_pass, real_power, tapered_dft16
from streamer.kernels.jit import inlined, kernel
from streamer.kernels.logmel_arena import LANES
from streamer.kernels.logmel_stream import streaming


@inlined
def power_spectra(arena: Any, header: Any, start: Any, n_frames: Any) -> None:
    """Compute |rfft(taper · carry[start:])|² of frames one hop apart.

    The sample pairs as complex numbers, a first pass of 16 rows, Stockham passes of radix 16, 8 or 4 on what is then
    16 interleaved transforms, and the split into the real signal's spectrum. Several frames go through each pass
    together, because a pass on one frame alone would wait for the writes of the pass before it.
    """
    n = header[at.N]
    n_columns = header[at.N_COLUMNS]
    work = header[at.WORK]
    spectrum = work if n_columns <= 16 else header[at.SPECTRUM]
    for f in range(n_frames):
        samples = 2 * header[at.CARRY] + start + f * header[at.HOP_LENGTH]
        z = work + 2 * n * f
        for column in range(0, n_columns, LANES):
            tapered_dft16(arena, samples, header[at.TAPER], header[at.TWIDDLE], z, n, n_columns, column)
    for f in range(n_frames):
        z = spectrum + 2 * n * f
        if n_columns == 8:
            for q in range(0, 16, LANES):
                last_dft8_pass(arena, z + q, n, 16)
        elif n_columns == 16:
            for q in range(0, 16, LANES):
                last_dft16_pass(arena, z + q, n, 16)
        else:
            inner = n_columns // 8
            for p in range(inner):
                source = work + 2 * n * f + 16 * p
                twiddle = header[at.INNER_TWIDDLE] + 16 * p
                for q in range(0, 16, LANES):
                    dft8_pass(arena, source + q, z + 128 * p + q, twiddle, n, 16 * inner, 16)
            for q in range(0, 128, LANES):
                if inner == 4:
                    last_dft4_pass(arena, z + q, n, 128)
                else:
                    last_dft8_pass(arena, z + q, n, 128)
    for f in range(n_frames):
        power = 2 * header[at.POWER] + f * header[at.N_POWER]
        for k in range(1, n // 2 + 1, LANES):
            real_power(arena, spectrum + 2 * n * f, n, header[at.REAL_TWIDDLE], power, n, k)


push_sound = streaming(power_spectra)


@kernel("int64(float64[::1], float32[::1])")
def push(arena: Any, samples: Any) -> Any:
    """Process samples, write the frames that they complete to the arena's output, and return their number."""
    return push_sound(arena, samples)
