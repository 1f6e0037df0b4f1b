"""Images → mean blue, green and red of the cells that show skin, over the newest images."""

from __future__ import annotations

import math

import cv2
import numpy as np

from streamer.arrays import Bool, UInt8
from streamer.features.cell_grid import cell_edges, check_cells
from streamer.features.history import TimedHistory
from streamer.kernels.load import load

POINTS = 3  # of a cell each way that are looked at
RED_DIFFERENCE, BLUE_DIFFERENCE = (133, 173), (77, 127)  # of skin: Cr and Cb
CLIPPED, DARK = 240, 25  # levels of the brightest channel above and below which an intensity is not told
SKIN_SHARE = 0.75  # of a cell's points
LOOK_S = 1.0  # from one look for skin to the next


class SkinSeries(TimedHistory):
    """Mean colour of every cell of a grid that shows skin; the others are NaN.

    Once a second it is looked which cells these are. While there are none, nothing is kept, and an image costs nothing.

    Parameters
    ----------
    n_rows, n_columns : int
        Grid of cells, whose edges are those of ``CellSeries``.
    capacity : int
        Images held. A row has blue of all cells, row by row, then green, then red.
    """

    def __init__(self, n_rows: int, n_columns: int, capacity: int) -> None:
        super().__init__(3 * n_rows * n_columns, capacity)
        self.n_rows, self.n_columns = n_rows, n_columns
        self._colour_means = load("streamer.kernels.colours", "colour_means")
        self._shape: tuple[int, ...] = ()
        self._chosen: Bool = np.zeros((n_rows, n_columns), np.bool_)
        self._next_s = -math.inf

    def reset(self) -> None:
        """Drop all images."""
        super().reset()
        self._chosen[:] = False
        self._next_s = -math.inf

    def wants(self, time_s: float) -> bool:
        """Return whether an image of this capture time is looked at: while no skin is there, one in a second."""
        return time_s >= self._next_s or bool(self._chosen.any())

    def push(self, image: UInt8, time_s: float) -> None:
        """Add one image, if it is wanted.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            Blue-green-red.
        time_s : float
            Its capture time, later than that of the image before.

        Raises
        ------
        UserError
            The image has fewer pixels than the grid has cells, in a row or a column.
        """
        if image.shape != self._shape:
            self._adapt(image.shape)
        if time_s >= self._next_s:
            self._next_s = time_s + LOOK_S
            self._chosen = skin_cells(image, self.n_rows, self.n_columns)
        if not self._chosen.any():
            self.n_pushed = 0
            return
        row, copy = self._append_at(time_s)
        shape = 3, self.n_rows, self.n_columns
        flat = image.reshape(image.shape[0], -1)
        chosen = self._chosen.view(np.uint8)
        self._colour_means(flat, self._row_edges, self._column_edges, chosen, self._sums, row.reshape(shape))
        copy[:] = row

    def _adapt(self, shape: tuple[int, ...]) -> None:
        height, width = shape[:2]
        check_cells(self.n_rows, self.n_columns, height, width)
        self._shape = shape
        self._row_edges, self._column_edges = cell_edges(height, self.n_rows), cell_edges(width, self.n_columns)
        self._sums = np.zeros(3 * width, np.uint16)


def skin_cells(image: UInt8, n_rows: int, n_columns: int) -> Bool:
    """Return which cells of a grid show skin, dark or light: at three of four points by its chrominance.

    Chai and Ngan, "Face segmentation using skin-color map in videophone applications" (IEEE Transactions on Circuits
    and Systems for Video Technology 9, 1999): 133 ≤ Cr ≤ 173 and 77 ≤ Cb ≤ 127, whatever the luminance, which is what
    differs between complexions. It holds of wood, sand and cardboard as well. Points with a channel near saturation,
    and those that are almost black, are left out.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        Blue-green-red.
    n_rows, n_columns : int
        Grid of cells.
    """
    size = POINTS * n_columns, POINTS * n_rows
    # Pixels are skipped first: averages over areas of large images would take longer than all else.
    step_y, step_x = (max(1, n // (2 * m)) for n, m in zip(image.shape[:2], reversed(size), strict=True))
    few = np.ascontiguousarray(image[::step_y, ::step_x])
    points = cv2.resize(few, size, interpolation=cv2.INTER_AREA)
    _, red, blue = np.moveaxis(cv2.cvtColor(points, cv2.COLOR_BGR2YCrCb), 2, 0)
    brightest = points.max(axis=2)
    is_skin = (
        (red >= RED_DIFFERENCE[0])
        & (red <= RED_DIFFERENCE[1])
        & (blue >= BLUE_DIFFERENCE[0])
        & (blue <= BLUE_DIFFERENCE[1])
        & (brightest <= CLIPPED)
        & (brightest >= DARK)
    )
    shares = is_skin.reshape(n_rows, POINTS, n_columns, POINTS).mean(axis=(1, 3))
    return np.asarray(shares >= SKIN_SHARE)
