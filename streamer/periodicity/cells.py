"""Pyramid of cells: series of single cells, of blocks of cells and of the whole image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """Series of all cells, followed by the means over blocks of 2 × 2 and 4 × 4 cells and over the whole image.

    In the mean of a block, the noise is lower relative to what its cells have in common.
    """

    series: Float32  # shape (n_images, n_series)
    counts: tuple[int, ...]  # number of series of each level
    sizes: tuple[int, ...]  # side of a block of each level, in cells
    grid: tuple[int, int]  # rows and columns of cells

    @classmethod
    def of(cls, series: Float32, grid: tuple[int, int]) -> Pyramid:
        """Build the pyramid from the series of cells, shape (n_images, k · rows · columns)."""
        cube = series.reshape(series.shape[0], -1, *grid)
        levels, sizes = [series], [1]
        for size in dict.fromkeys(min(size, max(grid)) for size in (2, 4, max(grid))):
            if size == 1:
                continue
            edges = [np.arange(0, n, size) for n in grid]
            sums = np.add.reduceat(np.add.reduceat(cube, edges[0], axis=2), edges[1], axis=3)
            sides = [np.diff(np.append(edge, n)) for edge, n in zip(edges, grid, strict=True)]
            means = np.divide(sums, np.outer(*sides), dtype=np.float32)
            levels.append(means.reshape(series.shape[0], -1))
            sizes.append(size)
        return cls(np.concatenate(levels, axis=1), tuple(level.shape[1] for level in levels), tuple(sizes), grid)

    @property
    def area(self) -> Float32:
        """Number of cells that each series stands for, shape (n_series,)."""
        return np.repeat(np.divide(self.counts[0], self.counts), self.counts).astype(np.float32)

    def level(self, member: int) -> slice:
        """Return the range of the series on the same level as one of them."""
        ends = np.cumsum(self.counts)
        which = int(np.searchsorted(ends, member, side="right"))
        return slice(int(ends[which]) - self.counts[which], int(ends[which]))

    def map(self, values: Float32, members: Indices) -> Float32:
        """Return the values of some series, shape (n_members,), on the grid of cells.

        A cell gets the greatest value of the series that it belongs to, else 0.
        """
        result = np.zeros(self.grid, np.float32)
        begin = 0
        for count, size in zip(self.counts, self.sizes, strict=True):
            rows, columns = (-(-n // size) for n in self.grid)
            here = (members >= begin) & (members < begin + count)
            level = np.zeros(rows * columns, np.float32)
            np.maximum.at(level, (members[here] - begin) % level.size, values[here])
            spread = level.reshape(rows, columns).repeat(size, axis=0).repeat(size, axis=1)
            np.maximum(result, spread[: self.grid[0], : self.grid[1]], out=result)
            begin += count
        return result

    def rows_and_columns(self, members: Indices) -> tuple[Indices, Indices]:
        """Return rows and columns of those members that are cells rather than blocks."""
        cells = members[members < self.counts[0]] % (self.grid[0] * self.grid[1])
        return cells // self.grid[1], cells % self.grid[1]

    def spread(self, members: Indices) -> float:
        """Return the relative area that cells cover: 1 if they are even over the grid, infinite for fewer than four."""
        rows, columns = self.rows_and_columns(members)
        if rows.size < 4:
            return math.inf
        return 12 * float(np.std(rows) * np.std(columns)) / (self.grid[0] * self.grid[1])
