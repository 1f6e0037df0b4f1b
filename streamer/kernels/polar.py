"""Kernel for the means of a 2-D spectrum over a polar grid: importing it compiles the kernel, or loads it."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamer.kernels.jit import kernel

ZERO = np.float32(0.0)


@kernel("void(float32[::1], uint32[::1], int32[::1], int32[:, ::1], float32[::1], float32[:, ::1], float32[::1])")
def polar_means(values: Any, places: Any, lengths: Any, cells: Any, sums: Any, polar: Any, profile: Any) -> None:
    """Compute the mean over each cell and over each ring.

    The indices are stored as jagged diagonals, ring by ring: the first value of each cell, then the second of each
    that has two …, with the cells that have most in front. So neighbouring additions go to different sums and do not
    wait for each other, and the inner loop is long although most cells are small.

    Parameters
    ----------
    values : ndarray of float32, shape (n_values,)
    places : ndarray of uint32
        Indices of the values.
    lengths : ndarray of int32
        For each ring the number of its diagonals, then their lengths.
    cells : ndarray of int32, shape (n_radii, 2 * n_angles)
        The ring's angles, those with most values first; then their numbers of values.
    sums : ndarray of float32, shape (n_angles,)
        Workspace.
    polar : ndarray of float32, shape (n_radii, n_angles)
        Output; a cell without values gets its ring's mean.
    profile : ndarray of float32, shape (n_radii,)
        Output; a ring without values gets the mean of the next smaller ring, and so do its cells.
    """
    n_radii, n_angles = polar.shape
    place = 0
    head = 0
    for ring in range(n_radii):
        sums[:] = ZERO
        n_values = 0
        n_diagonals = lengths[head]
        for diagonal in range(head + 1, head + 1 + n_diagonals):
            length = lengths[diagonal]
            for i in range(length):
                sums[i] += values[places[place + i]]
            place += length
            n_values += length
        head += 1 + n_diagonals
        total = ZERO
        for i in range(n_angles):
            total += sums[i]
        profile[ring] = total / np.float32(n_values) if n_values else profile[ring - 1]
        for i in range(n_angles):
            n = cells[ring, n_angles + i]
            polar[ring, cells[ring, i]] = sums[i] / np.float32(n) if n else profile[ring]
