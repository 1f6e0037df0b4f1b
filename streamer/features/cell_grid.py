"""Where the cells of a grid begin in an image, and whether it has pixels enough for them."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Int64
from streamer.errors import UserError


def cell_edges(n_pixels: int, n_cells: int) -> Int64:
    """Return the pixels at which cells begin, and the end of the last."""
    return np.array([round(k * n_pixels / n_cells) for k in range(n_cells + 1)], np.int64)


def check_cells(n_rows: int, n_columns: int, height: int, width: int) -> None:
    """Refuse an image that has fewer pixels than a grid has cells, in a row or a column.

    Raises
    ------
    UserError
        Names both.
    """
    if height < n_rows or width < n_columns:
        raise UserError(
            f"cells=[{n_columns}, {n_rows}] must be at most the image's {width} × {height} pixels; "
            "choose fewer cells or a larger region"
        )
