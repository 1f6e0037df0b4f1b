"""Rolling log-mel in one kernel: taper, real FFT, power, mel bands, logarithm, each hop computed once."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils

from streamer.kernels.fft import (
    dft8_pass,
    last_dft4_pass,
    last_dft8_pass,
    last_dft16_pass,
    real_power,
    tapered_dft16,
)
from streamer.kernels.jit import inlined, kernel
from streamer.kernels.layout import (
    BAD,
    CARRY,
    CARRY_SIZE,
    FILL,
    FLOOR,
    FRAME_LENGTH,
    GROUPS,
    HEADER,
    HOP,
    N_COLUMNS,
    N_GROUPS,
    N_MELS,
    OUT,
    POWER,
    SCALE,
    SKIP,
    TAPER,
    TWIDDLE_1,
    TWIDDLE_2,
    TWIDDLE_REAL,
    WORK,
    N,
)
from streamer.kernels.simd import FLOAT, INT32, LANES, Pointer, Vector, emitted, lane_sums, log, splat


@emitted
def log_mel_group(arena: Pointer, group: Any, power: Any, out: Any) -> None:
    """LANES mel bands of one frame; places count float32 from the arena's start.

    The group's table: number of vectors per band (int32), 7 spare, first bin of each band (int32), then weights
    [vector][band][lane].
    """
    builder = arena.builder
    floats = arena.cast(FLOAT)
    integers = floats[group].cast(INT32)
    I64 = ir.IntType(64)
    n_vectors = builder.sext(integers.scalar(), I64)
    bins = [floats[power][builder.sext(integers[LANES + i].scalar(), I64)] for i in range(LANES)]
    weights = floats[group][2 * LANES]
    zero = ir.Constant(ir.VectorType(FLOAT, LANES), [0.0] * LANES)
    sums = [cgutils.alloca_once_value(builder, zero) for _ in range(LANES)]
    with cgutils.for_range(builder, n_vectors) as loop:
        offset = builder.mul(loop.index, I64(LANES))
        w = weights[builder.mul(loop.index, I64(LANES * LANES))]
        for i in range(LANES):
            total = Vector(builder, builder.load(sums[i])) + bins[i][offset].load() * w[LANES * i].load()
            builder.store(total.value, sums[i])
    bands = lane_sums([Vector(builder, builder.load(s)) for s in sums])
    floor = splat(builder, builder.fptrunc(arena[FLOOR].scalar(), FLOAT))
    scale = splat(builder, builder.fptrunc(arena[SCALE].scalar(), FLOAT))
    floats[out].store(log(bands + floor) * scale)


@inlined
def log_mel_frame(arena, header, start, out):
    n = header[N]
    n_columns = header[N_COLUMNS]
    work = header[WORK]
    spectrum = work + 2 * n
    for column in range(0, n_columns, LANES):
        tapered_dft16(arena, 2 * header[CARRY] + start, header[TAPER], header[TWIDDLE_1], work, n, n_columns, column)
    if n == 128:
        for q in range(0, 16, LANES):
            last_dft8_pass(arena, work + q, spectrum + q, n, 16)
    elif n == 256:
        for q in range(0, 16, LANES):
            last_dft16_pass(arena, work + q, spectrum + q, n, 16)
    else:
        m = n_columns // 8
        for p in range(m):
            for q in range(0, 16, LANES):
                dft8_pass(arena, work + q + 16 * p, spectrum + q + 128 * p, header[TWIDDLE_2] + 16 * p, n, 16 * m, 16)
        work, spectrum = spectrum, work
        for q in range(0, 128, LANES):
            if n == 512:
                last_dft4_pass(arena, work + q, spectrum + q, n, 128)
            else:
                last_dft8_pass(arena, work + q, spectrum + q, n, 128)
    power = 2 * header[POWER]
    for k in range(1, n // 2 + 1, LANES):
        real_power(arena, spectrum, header[TWIDDLE_REAL], power, n, k)
    group = 2 * header[GROUPS]
    floats = arena.view(np.int32)
    for g in range(header[N_GROUPS]):
        log_mel_group(arena, group, power, out + LANES * g)
        group += 2 * LANES + LANES * LANES * floats[group]


@inlined
def copy_sound(samples, out):
    """Copy; what is no sound (NaN, infinite, beyond ±LOUDEST) becomes 0. Returns the number of those."""
    n_bad = 0
    for i in range(samples.size):
        x = samples[i]
        good = abs(x) <= np.float32(1e12)
        out[i] = x if good else np.float32(0.0)
        n_bad += np.int32(not good)
    return n_bad


@kernel("int64(float64[::1], float32[::1])")
def push(arena, samples):
    header = arena[:HEADER].view(np.int64)
    first = header[CARRY]
    size = header[CARRY_SIZE]
    carry = arena[first : first + size // 2].view(np.float32)
    frame_length = header[FRAME_LENGTH]
    start = header[SKIP]
    fill = header[FILL]
    out = 2 * header[OUT]
    n_frames = 0
    taken = 0
    while True:
        if start > fill:  # a hop longer than the frame: drop the samples between
            n = min(start - fill, samples.size - taken)
            taken += n
            start -= fill + n
            fill = 0
        if taken == samples.size:
            break
        if fill == size:  # move the unfinished frame to the front; once in many hops
            fill -= start
            for i in range(fill):
                carry[i] = carry[start + i]
            start = 0
        n = min(size - fill, samples.size - taken)
        header[BAD] += copy_sound(samples[taken : taken + n], carry[fill : fill + n])
        taken += n
        fill += n
        while fill - start >= frame_length:
            log_mel_frame(arena, header, start, out)
            out += header[N_MELS]
            n_frames += 1
            start += header[HOP]
    header[SKIP] = start
    header[FILL] = fill
    return n_frames
