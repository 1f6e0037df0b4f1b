"""Series of values on grids of cells, shared by all that follow the same cells of one stream of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamer.arrays import UInt8
from streamer.features.gradient import GradientSeries
from streamer.features.motion import CellSeries

if TYPE_CHECKING:
    from streamer.features.flow import FlowSeries


class SharedSeries:
    """One series for each grid and quantity that is asked for.

    Parameters
    ----------
    capacity : int
        Images held by each.
    n_window : int, optional
        Images of the longest window of a model: gradients, five values of each cell, are held for it alone.
    """

    def __init__(self, capacity: int, n_window: int | None = None) -> None:
        self._capacity = capacity
        self._n_window = n_window or capacity
        self._series: dict[tuple[str, int, int], CellSeries | GradientSeries | FlowSeries] = {}

    def share(self, quantity: str, n_rows: int, n_columns: int) -> CellSeries | GradientSeries | FlowSeries:
        """Return the series of a quantity ("grey", "gradient", "flow") on a grid; the first call for one creates it."""
        key = quantity, n_rows, n_columns
        if key not in self._series:
            if quantity == "flow":
                from streamer.features.flow import FlowSeries

                self._series[key] = FlowSeries(n_rows, n_columns, self._capacity)
            elif quantity == "gradient":
                self._series[key] = GradientSeries(n_rows, n_columns, self._n_window)
            else:
                self._series[key] = CellSeries(n_rows, n_columns, self._capacity)
        return self._series[key]

    def push(self, image: UInt8, time_s: float) -> None:
        """Add an image, captured at ``time_s``, to all series."""
        for series in self._series.values():
            series.push(image, time_s)

    def reset(self) -> None:
        """Drop all images."""
        for series in self._series.values():
            series.reset()
