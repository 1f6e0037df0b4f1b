"""What the log-mel kernels have in common: from chunks to frames, from power spectra to logarithms of mel bands.

A stream keeps its samples in the arena's carry until no frame needs them; each hop is computed once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils

from streamer.kernels import logmel_arena as at
from streamer.kernels.jit import inlined, spliced
from streamer.kernels.logmel_arena import LANES
from streamer.kernels.simd import FLOAT, INT32, Pointer, Vector, emitted, lane_sums, log, splat

LOUDEST = np.float32(1e12)  # beyond any integer format's full scale; its power still fits float32
SILENCE = np.float32(0.0)


@emitted
def mel_group(arena: Pointer, group: Any, power: Any, out: Any) -> None:
    """Compute LANES bands of one frame: weight the power spectrum from each band's first bin on, sum, take the log.

    All places count float32 from the arena's start; see ``logmel_arena._mel_table`` for what lies at ``group``.
    """
    builder = arena.builder
    index = ir.IntType(64)
    floats = arena.cast(FLOAT)
    head = floats[group].cast(INT32)
    weights = floats[group][2 * LANES]
    bins = [floats[power][builder.sext(head[LANES + i].scalar(), index)] for i in range(LANES)]
    # most groups have this one vector only; LLVM keeps the sums in registers
    products = [bins[i].load() * weights[LANES * i].load() for i in range(LANES)]
    sums = [cgutils.alloca_once_value(builder, product.value) for product in products]
    with cgutils.for_range(builder, builder.sext(head.scalar(), index), start=index(1)) as loop:
        bin_ = builder.mul(loop.index, index(LANES))
        row = weights[builder.mul(bin_, index(LANES))]
        for i in range(LANES):
            term = bins[i][bin_].load() * row[LANES * i].load()
            builder.store((Vector(builder, builder.load(sums[i])) + term).value, sums[i])
    bands = lane_sums([Vector(builder, builder.load(total)) for total in sums])
    floor = splat(builder, builder.fptrunc(arena[at.FLOOR].scalar(), FLOAT))
    scale = splat(builder, builder.fptrunc(arena[at.SCALE].scalar(), FLOAT))
    floats[out].store(log(bands + floor) * scale)


@inlined
def copy_sound(samples: Any, out: Any) -> Any:
    """Copy samples, replace those that are NaN, infinite or beyond ±LOUDEST by 0, and return their number."""
    n_bad = 0
    for i in range(samples.size):
        good = abs(samples[i]) <= LOUDEST  # False for NaN
        out[i] = samples[i] if good else SILENCE
        n_bad += not good
    return n_bad


def streaming(power_spectra: Any) -> Any:
    """Return the body of a kernel, made of a function for power spectra.

    Numba caches no kernel that passes functions as arguments; hence a function that makes one.

    Parameters
    ----------
    power_spectra : callable
        ``power_spectra(arena, header, start, n_frames)`` computes |rfft(taper · carry[start:])|² of frames one hop
        apart.
    """

    @inlined
    def log_mel_frames(arena: Any, header: Any, start: Any, out: Any, n_frames: Any) -> None:
        """Compute frames one hop apart from the carry's sample ``start`` on, written to the float32 place ``out``."""
        power_spectra(arena, header, start, n_frames)
        integers = arena.view(np.int32)
        for f in range(n_frames):
            group = 2 * header[at.MEL]
            power = 2 * header[at.POWER] + f * header[at.N_POWER]
            for band in range(0, header[at.N_MELS], LANES):
                mel_group(arena, group, power, out + f * header[at.N_MELS] + band)
                group += 2 * LANES + integers[group] * LANES * LANES

    @spliced
    def push_sound(arena: Any, samples: Any) -> Any:
        """Process samples, write the frames that they complete to the arena's output, and return their number."""
        header = arena[: at.HEADER].view(np.int64)
        size = header[at.CARRY_SIZE]
        carry = arena[header[at.CARRY] : header[at.CARRY] + size // 2].view(np.float32)
        start = header[at.START]
        fill = header[at.FILL]
        out = 2 * header[at.OUT]
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
            if fill == size:  # the carry is full: move the unfinished frame, always less than half of it, to the front
                fill -= start
                for i in range(fill):
                    carry[i] = carry[start + i]
                start = 0
            n = min(size - fill, samples.size - taken)
            header[at.N_BAD] += copy_sound(samples[taken : taken + n], carry[fill : fill + n])
            taken += n
            fill += n
            while fill - start >= header[at.FRAME_LENGTH]:
                n_complete = (fill - start - header[at.FRAME_LENGTH]) // header[at.HOP_LENGTH] + 1
                n = min(n_complete, header[at.N_TOGETHER])
                log_mel_frames(arena, header, start, out, n)
                out += n * header[at.N_MELS]
                n_frames += n
                start += n * header[at.HOP_LENGTH]
        header[at.START] = start
        header[at.FILL] = fill
        return n_frames

    return push_sound
