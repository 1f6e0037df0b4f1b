"""Kernel that resizes grey images by weighted sums: importing it compiles the kernel, or loads it.

LANES rows of the result at a time: the source's rows are weighted column by column, and the sums transposed, so that
the lanes are rows of the result and whole vectors are weighted along the rows too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from streamer.kernels.fft_plan import LANES
from streamer.kernels.jit import kernel
from streamer.kernels.simd import INT32, Pointer, Vector, emitted, transpose

BYTE = ir.IntType(8)
INDEX = ir.IntType(64)


def _weighted_sum(weights: Pointer, n_taps: Any, load: Callable[[Any], Vector]) -> Vector:
    """Return Σ weights[i] · load(i)."""
    builder = weights.builder
    total = cgutils.alloca_once_value(builder, (load(INDEX(0)) * weights.splat(LANES)).value)
    with cgutils.for_range(builder, n_taps, start=INDEX(1)) as loop:
        term = load(loop.index) * weights[loop.index].splat(LANES)
        builder.store((Vector(builder, builder.load(total)) + term).value, total)
    return Vector(builder, builder.load(total))


@emitted
def weigh_rows(
    work: Pointer, image: Pointer, starts: Pointer, weights: Pointer, stride: Any, n_taps: Any, row: Any, column: Any
) -> None:
    """Compute LANES rows of the result from LANES columns of the image, transposed: one vector per column."""
    builder = work.builder
    sums = []
    for i in range(LANES):
        first = builder.mul(builder.sext(starts[row][i].scalar(), INDEX), stride)
        place = image[first][column]

        def load(tap: Any, place: Pointer = place) -> Vector:
            return place[builder.mul(tap, stride)].load_bytes(LANES)

        sums.append(_weighted_sum(weights[builder.mul(row, n_taps)][builder.mul(n_taps, INDEX(i))], n_taps, load))
    place = work[builder.mul(column, INDEX(LANES))]
    for i, vector in enumerate(transpose(sums)):
        place[LANES * i].store(vector)


@emitted
def weigh_columns(
    work: Pointer, out: Pointer, starts: Pointer, weights: Pointer, stride: Any, n_taps: Any, row: Any, column: Any
) -> None:
    """Compute LANES columns of the result, rounded half up and limited to a byte, from those of :func:`weigh_rows`."""
    builder = work.builder
    sums = []
    for i in range(LANES):
        place = work[builder.mul(builder.sext(starts[column][i].scalar(), INDEX), INDEX(LANES))]

        def load(tap: Any, place: Pointer = place) -> Vector:
            return place[builder.mul(tap, INDEX(LANES))].load(LANES)

        sums.append(_weighted_sum(weights[builder.mul(column, n_taps)][builder.mul(n_taps, INDEX(i))], n_taps, load))
    place = out[builder.mul(row, stride)][column]
    for vector in transpose(sums):
        level = (vector + vector.like(0.5)).at_least(vector.like(0.0))
        level = -(-level).at_least(vector.like(-255.0))
        integers = builder.fptosi(level.value, ir.VectorType(INT32, LANES))
        octets = builder.trunc(integers, ir.VectorType(BYTE, LANES))
        builder.store(octets, builder.bitcast(place.address, octets.type.as_pointer()), align=1)
        place = place[stride]


@kernel(
    types.void(
        types.Array(types.uint8, 2, "A", readonly=True),
        types.int32[::1],
        types.float32[:, ::1],
        types.int32[::1],
        types.float32[:, ::1],
        types.float32[:, ::1],
        types.uint8[:, ::1],
    )
)
def resize(image: Any, starts_y: Any, weights_y: Any, starts_x: Any, weights_x: Any, work: Any, out: Any) -> None:
    """Compute weighted sums of an image: out[y, x] = Σ w_y[y, j] w_x[x, i] image[starts_y[y] + j, starts_x[x] + i].

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        Its rows are contiguous.
    starts_y, weights_y : ndarrays, shapes (out_height,) and (out_height, n_taps)
    starts_x, weights_x : ndarrays, shapes (out_width,) and (out_width, n_taps)
        Weights of sums up to 1, of either sign. No size is less than LANES.
    work : ndarray of float32, shape (width, LANES)
        Workspace.
    out : ndarray of uint8, shape (out_height, out_width)
        Output.
    """
    width = image.shape[1]
    out_height, out_width = out.shape
    for group in range(0, out_height, LANES):
        row = min(group, out_height - LANES)  # the last group overlaps the one before where it would not be full
        for block in range(0, width, LANES):
            column = min(block, width - LANES)
            weigh_rows(work, image, starts_y, weights_y, image.strides[0], weights_y.shape[1], row, column)
        for block in range(0, out_width, LANES):
            column = min(block, out_width - LANES)
            weigh_columns(work, out, starts_x, weights_x, out_width, weights_x.shape[1], row, column)
