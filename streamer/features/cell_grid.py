"""Where the cells of a grid begin in an image."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Int64


def cell_edges(n_pixels: int, n_cells: int) -> Int64:
    """Return the pixels at which cells begin, and the end of the last."""
    return np.array([round(k * n_pixels / n_cells) for k in range(n_cells + 1)], np.int64)
