"""Kernel for the mean colour of chosen cells of an image: importing it compiles the kernel, or loads it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from streamer.kernels.cells import BAND, IMAGE, add_columns
from streamer.kernels.jit import kernel


@kernel(
    types.void(
        IMAGE,
        types.int64[::1],
        types.int64[::1],
        types.uint8[:, ::1],
        types.uint16[::1],
        types.float32[:, :, ::1],
    )
)
def colour_means(image: Any, row_edges: Any, column_edges: Any, chosen: Any, sums: Any, out: Any) -> None:
    """Compute the exact mean blue, green and red of every chosen cell; NaN of the others, which cost nothing.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, 3 · width)
        Blue, green and red of a pixel side by side.
    row_edges, column_edges : ndarray of int64, shapes (n_rows + 1,) and (n_columns + 1,)
        Pixels at which cells begin, strictly increasing.
    chosen : ndarray of uint8, shape (n_rows, n_columns)
        0 or 1.
    sums : ndarray of uint16, shape (3 · width,)
        Workspace.
    out : ndarray of float32, shape (3, n_rows, n_columns)
    """
    n_columns = column_edges.size - 1
    out[:] = np.float32(np.nan)
    for i in range(row_edges.size - 1):
        first, last = n_columns, -1
        for j in range(n_columns):
            if chosen[i, j]:
                first, last = min(first, j), j
        if last < 0:
            continue
        left, right = 3 * column_edges[first], 3 * column_edges[last + 1]
        top, bottom = row_edges[i], row_edges[i + 1]
        for j in range(first, last + 1):
            if chosen[i, j]:
                out[:, i, j] = np.float32(0.0)
        for start in range(top, bottom, BAND):
            add_columns(image[:, left:right], start, min(start + BAND, bottom), sums)
            for j in range(first, last + 1):
                if not chosen[i, j]:
                    continue
                blue, green, red = np.int64(0), np.int64(0), np.int64(0)
                for x in range(column_edges[j], column_edges[j + 1]):
                    k = 3 * x - left
                    blue += sums[k]
                    green += sums[k + 1]
                    red += sums[k + 2]
                out[0, i, j] += np.float32(blue)
                out[1, i, j] += np.float32(green)
                out[2, i, j] += np.float32(red)
        for j in range(first, last + 1):
            if chosen[i, j]:
                area = np.float32((bottom - top) * (column_edges[j + 1] - column_edges[j]))
                for c in range(3):
                    out[c, i, j] /= area
