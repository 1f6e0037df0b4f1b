"""Phases of neighbouring cells → whether what repeats travels over the image, or round a middle."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Complex64
from streamer.features.motion_rows import motion_rows
from streamer.features.settings import MotionSettings


def circling_of_phases(grey: Complex64, grid: tuple[int, int]) -> tuple[float, float, float]:
    """Return how the phases of grey advance over the image: to the right, downwards, and clockwise; each −1 … 1.

    Of two neighbours with phasors p and q, whose moduli are their prominence, −Im(p* q) says by how much the second
    comes later: what travels reaches it later. It is 0 where they are in phase or opposite, as of lamps and of what
    moves to and fro. Sums over all frequencies and cells, divided by those of |p q|; for the circle about the middle of
    all prominence, times the distance from it.

    Parameters
    ----------
    grey : ndarray of complex64, shape (n_cells, n_bins)
        Spectra in time.
    grid : tuple of int
        Rows and columns.
    """
    n_rows, n_columns = grid
    n_cells, n_bins = grey.shape
    rows = motion_rows(grey, MotionSettings(n_rows=n_rows, n_columns=n_columns, n_images=2 * n_bins))
    phasors = (rows[:, n_bins : 2 * n_bins] + 1j * rows[:, 2 * n_bins :])[:, 1:].reshape(n_rows, n_columns, -1)
    weight = (phasors.real**2 + phasors.imag**2).sum(axis=2)
    if n_cells < 2 or not weight.any():
        return 0.0, 0.0, 0.0
    y, x = np.indices(grid)
    middle_y, middle_x = (float((weight * each).sum() / weight.sum()) for each in (y, x))
    right = np.einsum("ijk,ijk->ij", phasors[:, :-1].conj(), phasors[:, 1:]).imag
    down = np.einsum("ijk,ijk->ij", phasors[:-1].conj(), phasors[1:]).imag
    sizes = np.abs(phasors)
    of_right = np.einsum("ijk,ijk->ij", sizes[:, :-1], sizes[:, 1:])
    of_down = np.einsum("ijk,ijk->ij", sizes[:-1], sizes[1:])
    aside_y, aside_x = y[:, :-1] - middle_y, x[:-1] - middle_x
    both = 0.5 * float(of_right.sum() + of_down.sum()) + 1e-9
    around = float((np.abs(aside_y) * of_right).sum() + (np.abs(aside_x) * of_down).sum()) + 1e-9
    clockwise = float((aside_y * right).sum() - (aside_x * down).sum()) / around
    return -float(right.sum()) / both, -float(down.sum()) / both, clockwise
