"""Images → gradients in space and time on a grid of cells, from which the movement in each cell follows."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.features.cell_grid import cell_edges, check_cells
from streamer.features.history import TimedHistory
from streamer.kernels.load import load

POINTS = 4  # of a cell each way: finer ones cost more and lose fast movement, which must be below a point or two
N_SUMS = 5  # of every cell
STIFFNESS = np.float32(4.0)  # grey levels² per cell: below it the gradients are noise, and the movement tends to 0


class GradientSeries(TimedHistory):
    """Sums of gradients in every cell over the newest images, with the interface of ``CellSeries``.

    Each image is reduced to means over ``POINTS`` × ``POINTS`` points of a cell, and compared with the image before
    (:func:`streamer.kernels.gradients.gradient_sums`). A row holds five sums of all cells, one sum after the other.
    That of the first image, which has none before, is zero.

    Parameters
    ----------
    n_rows, n_columns : int
        Grid of cells, whose edges are those of ``CellSeries``.
    capacity : int
        Images held.

    Attributes
    ----------
    point_px : tuple of float
        Width and height of a point in pixels of the newest image.
    """

    def __init__(self, n_rows: int, n_columns: int, capacity: int) -> None:
        super().__init__(N_SUMS * n_rows * n_columns, capacity)
        self.n_rows, self.n_columns = n_rows, n_columns
        self.point_px = (1.0, 1.0)
        self._cell_means = load("streamer.kernels.cells", "cell_means")
        self._gradient_sums = load("streamer.kernels.gradients", "gradient_sums")
        self._shape: tuple[int, ...] = ()
        self._now: Float32 = np.zeros((0, 0), np.float32)
        self._before = self._lines = self._now
        self._has_before = False

    def reset(self) -> None:
        """Drop all images."""
        super().reset()
        self._has_before = False

    def push(self, image: UInt8, time_s: float) -> None:
        """Add one image; parameters and errors as of ``CellSeries.push``."""
        if image.shape != self._shape:
            self._adapt(image.shape)
        row, copy = self._append_at(time_s)
        flat = image if image.ndim == 2 else image.reshape(image.shape[0], -1)
        self._now, self._before = self._before, self._now
        self._cell_means(
            flat, self._n_channels, self._row_edges, self._column_edges, self._column_sums, self._now.ravel()
        )
        if self._has_before:
            height, width = self._points
            self._gradient_sums(
                self._before, self._now, height, width, self._lines, row.reshape(N_SUMS, self.n_rows * self.n_columns)
            )
        else:
            row[:] = 0.0
        copy[:] = row
        self._has_before = True

    def _adapt(self, shape: tuple[int, ...]) -> None:
        height, width = shape[:2]
        check_cells(self.n_rows, self.n_columns, height, width)
        self._shape = shape
        self._has_before = False
        self._n_channels = shape[2] if len(shape) == 3 else 1
        self._points = min(POINTS, height // self.n_rows), min(POINTS, width // self.n_columns)
        n_down, n_across = self.n_rows * self._points[0], self.n_columns * self._points[1]
        self.point_px = (width / n_across, height / n_down)
        self._row_edges, self._column_edges = cell_edges(height, n_down), cell_edges(width, n_across)
        self._column_sums = np.zeros(width * self._n_channels, np.uint16)
        self._now, self._before = np.zeros((2, n_down, n_across), np.float32)
        self._lines = np.zeros((3 + N_SUMS, n_across), np.float32)


def velocities(sums: Float32) -> Float32:
    """Return the movement in every cell since the image before, in points, from the rows of a ``GradientSeries``.

    v = −(Σ g gᵀ + STIFFNESS)⁻¹ Σ g t. Of an edge only the movement across it is known; along it v is 0.

    Parameters
    ----------
    sums : ndarray of float32, shape (n_images, 5 · n_cells)

    Returns
    -------
    ndarray of float32, shape (n_images, 2 · n_cells)
        To the right of all cells, then downwards.
    """
    n_images = sums.shape[0]
    xx, xy, yy, xt, yt = np.moveaxis(sums.reshape(n_images, N_SUMS, -1), 1, 0)
    xx, yy = xx + STIFFNESS, yy + STIFFNESS
    determinant = xx * yy - xy * xy
    moved = np.empty((n_images, 2, xx.shape[1]), np.float32)
    moved[:, 0] = (xy * yt - yy * xt) / determinant
    moved[:, 1] = (xy * xt - xx * yt) / determinant
    return moved.reshape(n_images, -1)
