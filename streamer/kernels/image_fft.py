"""Fused image kernel: grey image → taper → 2-D real FFT → logarithm of the magnitudes.

Columns first, LANES at a time: a real FFT down each. Their spectra, transposed so that the lanes are now LANES
vertical frequencies, go through a complex FFT along the rows; the logarithms of its magnitudes are transposed once
more. float32, with an error of about 1e-7 of the image's largest magnitude.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from streamer.kernels import image_fft_arena as at
from streamer.kernels.fft import Complex
from streamer.kernels.fft_plan import LANES, PAIR
from streamer.kernels.jit import inlined, kernel
from streamer.kernels.simd import INT32, Pointer, Vector, emitted, log, splat, transpose
from streamer.kernels.stockham import load_pair, root, store_pair, transform

HALF = LANES // 2


@emitted
def load_rows(arena: Pointer, image: Pointer, place: Any, stride: Any, taper_x: Any, taper_y: Any, out: Any) -> None:
    """Load two rows of LANES columns, tapered, as one complex row."""
    x = arena[taper_x].load(LANES)
    rows = [image[place], image[place][stride]]
    re, im = (row.load_bytes(LANES) * (arena[taper_y][i].splat(LANES) * x) for i, row in enumerate(rows))
    store_pair(arena[out], Complex(re, im))


@emitted
def pack_real_rows(arena: Pointer, place: Any, middle: Any, end: Any) -> None:
    """Prepare Z[0] and the unused Z[n] so that :func:`split_group` finds X[0] + j X[n] and X[n/2] there.

    X[0] and X[n] are real, so that one complex FFT along the rows transforms both.
    """
    zero = load_pair(arena[place])
    packed = Complex(zero.re + zero.im, zero.re - zero.im)
    half = load_pair(arena[middle])  # X*[n/2]
    total, difference = (packed + half).scaled(0.5), (packed - half).scaled(0.5)
    store_pair(arena[place], total.plus_j(difference))
    mirrored = total.minus_j(difference)
    store_pair(arena[end], Complex(mirrored.re, -mirrored.im))


@emitted
def split_group(arena: Pointer, z: Any, mirror: Any, twiddle: Any, out: Any) -> None:
    """Compute HALF bins k … and their mirror images n − k … of LANES columns' real FFTs, transposed.

    From the n-point DFT Z of the row pairs: X[k] = ½ (Z[k] + Z*[n−k]) − ½ j w^k (Z[k] − Z*[n−k]) with
    w = e^(−2πj/2n) and X[n−k] = its counterpart; the factors ½ are in the taper already.
    """
    low, high = [], []
    for i in range(HALF):
        a = load_pair(arena[z][PAIR * i])
        b = load_pair(arena[mirror][-PAIR * i])
        even = Complex(a.re + b.re, a.im - b.im)
        odd = Complex(a.im + b.im, b.re - a.re) * root(arena[twiddle][2 * i])
        low.append(even + odd)
        high.append(Complex(even.re - odd.re, odd.im - even.im))
    bins = low + high
    for part, rows in enumerate(([x.re for x in bins], [x.im for x in bins])):
        for column, values in enumerate(transpose(rows)):
            arena[out][PAIR * column + LANES * part].store(values)


def _log_magnitude(re: Vector, im: Vector, floor: Vector) -> Vector:
    return log((re * re + im * im).at_least(floor)) * 0.5


@emitted
def log_block(arena: Pointer, source: Any, step: Any, rows: Any, column: Any) -> None:
    """Write the log-magnitudes of LANES columns ``step`` apart to the output's row of each lane."""
    builder = arena.builder
    floor = arena[at.FLOOR].splat(LANES)
    place = arena[source]
    values = []
    for _ in range(LANES):
        x = load_pair(place)
        values.append(_log_magnitude(x.re, x.im, floor))
        place = place[step]
    starts = arena[rows].cast(INT32)
    for i, row in enumerate(transpose(values)):
        start = builder.sext(starts[i].scalar(), ir.IntType(64))
        arena[column][start].store(row)


def _gather(place: Pointer, step: int) -> Vector:
    """Load LANES elements ``step`` apart."""
    builder = place.builder
    vector = splat(builder, place.scalar(), LANES).value
    for i in range(1, LANES):
        vector = builder.insert_element(vector, place[step * i].scalar(), ir.Constant(INT32, i))
    return Vector(builder, vector)


@emitted
def real_rows_block(arena: Pointer, source: Any, mirror: Any, row: Any, other_row: Any) -> None:
    """Write the log-magnitudes of the two real rows that share lane 0, LANES columns from ``source`` on.

    With Z the DFT of x + j y: X[k] = ½ (Z[k] + Z*[−k]) and Y[k] = −½ j (Z[k] − Z*[−k]).
    """
    floor = arena[at.FLOOR].splat(LANES)
    a = Complex(_gather(arena[source], PAIR), _gather(arena[source][LANES], PAIR)).scaled(0.5)
    b = Complex(_gather(arena[mirror], -PAIR), _gather(arena[mirror][LANES], -PAIR)).scaled(0.5)
    arena[row].store(_log_magnitude(a.re + b.re, a.im - b.im, floor))
    arena[other_row].store(_log_magnitude(a.im + b.im, b.re - a.re, floor))


@inlined
def transform_columns(image: Any, arena: Any, header: Any) -> None:
    """Do the real FFTs down the columns, into the groups of vertical frequencies."""
    n = header[at.N]
    width = header[at.WIDTH]
    stride = image.strides[0]
    load = header[at.OTHER_WORK]
    for strip in range(0, width, LANES):
        column = min(strip, width - LANES)  # the last strip overlaps the one before where it would not be full
        for j in range(n):
            place = 2 * j * stride + column
            load_rows(
                arena, image, place, stride, header[at.TAPER_X] + column, header[at.TAPER_Y] + 2 * j, load + PAIR * j
            )
        z = transform(arena, header, at.COLUMN_PLAN, n, load, header[at.WORK], load)
        pack_real_rows(arena, z, z + PAIR * (n // 2), z + PAIR * n)
        for group in range(header[at.N_GROUPS]):
            k = header[header[at.ROWS] + group * (1 + PAIR)]
            out = header[at.GROUPS] + group * header[at.GROUP_STRIDE] + PAIR * column
            split_group(arena, z + PAIR * k, z + PAIR * (n - k), header[at.SPLIT] + 2 * k, out)


@inlined
def transform_rows(arena: Any, header: Any) -> None:
    """Do the complex FFTs along the rows, and take the logarithms of the magnitudes."""
    width = header[at.WIDTH]
    half = width // 2
    for group in range(header[at.N_GROUPS]):
        source = header[at.GROUPS] + group * header[at.GROUP_STRIDE]
        z = transform(arena, header, at.ROW_PLAN, width, source, header[at.WORK], header[at.OTHER_WORK])
        rows = header[at.ROWS] + group * (1 + PAIR) + 1
        for block in range(0, half, LANES):
            column = min(block, half - LANES)
            log_block(arena, z + PAIR * column, PAIR, rows, column)  # F[ky, 0 … half − 1]
            # |F[−ky, kx]| = |F[ky, −kx]| for kx = 1 … half
            log_block(arena, z + PAIR * (width - 1 - column), -PAIR, rows + LANES, column + 1)
        for lane in range(rows, rows + LANES):
            row, mirror_row = header[lane], header[lane + LANES]
            arena[mirror_row] = arena[row]
            arena[row + half] = arena[mirror_row + half]
        if group == 0:
            for i in range(z, z + PAIR):
                arena[i + PAIR * width] = arena[i]  # Z[width] = Z[0]
            for block in range(0, half + 1, LANES):
                column = min(block, half + 1 - LANES)
                row = header[rows] + column
                other_row = row + header[at.N] * (half + 1)
                real_rows_block(arena, z + PAIR * column, z + PAIR * (width - column), row, other_row)


@kernel(types.void(types.Array(types.uint8, 2, "A", readonly=True), types.float32[::1]))
def log_magnitude(image: Any, arena: Any) -> None:
    """Write ln |F| of the tapered image, whose rows are contiguous, to the arena's output."""
    header = arena.view(np.int32)
    transform_columns(image, arena, header)
    transform_rows(arena, header)
