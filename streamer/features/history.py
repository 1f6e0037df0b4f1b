"""The newest columns of a rolling picture, always one contiguous view."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32


class Columns:
    """Keep the newest columns of a spectrogram.

    Parameters
    ----------
    n_kept : int
        Columns to keep.
    width : int
        Values in a column.
    """

    def __init__(self, n_kept: int, width: int) -> None:
        self.n_pushed = 0
        self._n_kept = n_kept
        self._columns: Float32 = np.zeros((2 * n_kept, width), np.float32)

    def push(self, column: Float32) -> None:
        """Add a column, shape (width,)."""
        # Written twice, so that the newest are one contiguous view wherever they end.
        place = self.n_pushed % self._n_kept
        self._columns[place] = self._columns[place + self._n_kept] = column
        self.n_pushed += 1

    def newest(self) -> Float32:
        """Return a copy of what is kept, shape (n_columns, width), newest last."""
        end = self.n_pushed if self.n_pushed <= self._n_kept else self._n_kept + self.n_pushed % self._n_kept
        return self._columns[max(0, end - self._n_kept) : end].copy()
