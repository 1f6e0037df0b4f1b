"""Kernel for the sums from which the movement in each cell follows: importing it compiles the kernel, or loads it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from streamer.kernels.jit import kernel

QUARTER, HALF = np.float32(0.25), np.float32(0.5)


@kernel(
    types.void(
        types.float32[:, ::1],
        types.float32[:, ::1],
        types.int64,
        types.int64,
        types.float32[:, ::1],
        types.float32[:, ::1],
    )
)
def gradient_sums(before: Any, now: Any, height: Any, width: Any, lines: Any, out: Any) -> None:
    """Sum the products of the gradients in space and time over every cell.

    With g = (∂x, ∂y) of the mean of both images and t = now − before, each smoothed over 3 × 3 points by the weights
    ¼, ½, ¼ each way that are not those of the derivative, the movement v of the image's content in a cell solves
    Σ g gᵀ v = −Σ g t (Lucas and Kanade, 1981). The points at the image's edge have no neighbours and are left out.

    Parameters
    ----------
    before, now : ndarray of float32, shape (n_rows · height, n_columns · width)
    height, width : int
        Points of a cell each way.
    lines : ndarray of float32, shape (8, n_columns · width)
        Workspace.
    out : ndarray of float32, shape (5, n_rows · n_columns)
        Σ ∂x², Σ ∂x ∂y, Σ ∂y², Σ ∂x t and Σ ∂y t; distances count points, downwards in y.
    """
    n_points_y, n_points_x = before.shape
    n_columns = n_points_x // width
    smooth, slope, change = lines[0], lines[1], lines[2]
    for i in range(n_points_y // height):
        sums = lines[3:8]
        sums[:] = np.float32(0.0)
        xx, xy, yy, xt, yt = lines[3], lines[4], lines[5], lines[6], lines[7]
        for y in range(max(1, i * height), min(n_points_y - 1, (i + 1) * height)):
            a0, a1, a2 = before[y - 1], before[y], before[y + 1]
            b0, b1, b2 = now[y - 1], now[y], now[y + 1]
            for x in range(n_points_x):
                upper, middle, lower = a0[x] + b0[x], a1[x] + b1[x], a2[x] + b2[x]
                smooth[x] = HALF * (QUARTER * (upper + lower) + HALF * middle)
                slope[x] = QUARTER * (lower - upper)
                change[x] = QUARTER * ((b0[x] - a0[x]) + (b2[x] - a2[x])) + HALF * (b1[x] - a1[x])
            for x in range(1, n_points_x - 1):
                gx = HALF * (smooth[x + 1] - smooth[x - 1])
                gy = QUARTER * (slope[x - 1] + slope[x + 1]) + HALF * slope[x]
                t = QUARTER * (change[x - 1] + change[x + 1]) + HALF * change[x]
                xx[x] += gx * gx
                xy[x] += gx * gy
                yy[x] += gy * gy
                xt[x] += gx * t
                yt[x] += gy * t
        for k in range(5):
            line = sums[k]
            row = out[k, i * n_columns : (i + 1) * n_columns]
            for j in range(n_columns):
                total = np.float32(0.0)
                for x in range(j * width, (j + 1) * width):
                    total += line[x]
                row[j] = total
