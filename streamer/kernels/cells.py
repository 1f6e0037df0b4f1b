"""Kernel for the mean grey of an image on a grid of cells: importing it compiles the kernel, or loads it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from streamer.kernels.jit import inlined, kernel

IMAGE = types.Array(types.uint8, 2, "A", readonly=True)  # accepts writable arrays too
BAND = 256  # rows summed before a column's sum could leave 16 bits: 256 · 255 < 2^16
BLUE, GREEN, RED = np.float32(0.114), np.float32(0.587), np.float32(0.299)  # of grey: ITU-R BT.601


@inlined
def add_columns(image: Any, start: Any, stop: Any, sums: Any) -> None:
    """Sum rows start … stop in every column, in 16 bits, of which a vector holds twice as many elements.

    Four rows at a time, because sums that are read and written back for each row take twice as long.
    """
    width = image.shape[1]
    sums[:width] = 0
    row = start
    while row + 4 <= stop:
        a, b, c, d = image[row], image[row + 1], image[row + 2], image[row + 3]
        for x in range(width):
            sums[x] += np.uint16(a[x]) + np.uint16(b[x]) + np.uint16(c[x]) + np.uint16(d[x])
        row += 4
    while row < stop:
        a = image[row]
        for x in range(width):
            sums[x] += np.uint16(a[x])
        row += 1


@kernel(types.void(IMAGE, types.int64, types.int64[::1], types.int64[::1], types.uint16[::1], types.float32[::1]))
def cell_means(image: Any, n_channels: Any, row_edges: Any, column_edges: Any, sums: Any, out: Any) -> None:
    """Compute the exact mean grey of every cell, row by row; sums are of integers, so only the last division rounds.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, n_channels · width)
    n_channels : int
        1 (grey) or 3 (blue, green and red of a pixel side by side).
    row_edges, column_edges : ndarray of int64, shapes (n_rows + 1,) and (n_columns + 1,)
        Pixels at which cells begin, strictly increasing.
    sums : ndarray of uint16, shape (n_channels · width,)
        Workspace.
    out : ndarray of float32, shape (n_rows · n_columns,)
    """
    n_columns = column_edges.size - 1
    for i in range(row_edges.size - 1):
        top, bottom = row_edges[i], row_edges[i + 1]
        means = out[i * n_columns : (i + 1) * n_columns]
        means[:] = np.float32(0.0)
        for start in range(top, bottom, BAND):
            add_columns(image, start, min(start + BAND, bottom), sums)
            for j in range(n_columns):
                left, right = column_edges[j], column_edges[j + 1]
                if n_channels == 1:
                    total = np.int64(0)
                    for x in range(left, right):
                        total += sums[x]
                    means[j] += np.float32(total)
                else:
                    blue, green, red = np.int64(0), np.int64(0), np.int64(0)
                    for x in range(left, right):
                        blue += sums[3 * x]
                        green += sums[3 * x + 1]
                        red += sums[3 * x + 2]
                    means[j] += BLUE * np.float32(blue) + GREEN * np.float32(green) + RED * np.float32(red)
        for j in range(n_columns):
            means[j] /= np.float32((bottom - top) * (column_edges[j + 1] - column_edges[j]))
