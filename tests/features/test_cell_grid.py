"""Edges of cells."""

import numpy as np

from streamer.features.cell_grid import cell_edges


def test_finer_grids_begin_where_the_coarser_do() -> None:
    for n_pixels in (72, 128, 420, 640, 1081):
        np.testing.assert_array_equal(cell_edges(n_pixels, 4 * 18)[::4], cell_edges(n_pixels, 18))
