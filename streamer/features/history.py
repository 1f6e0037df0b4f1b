"""The newest rows of a stream of values, held so that they are always one contiguous view."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Float64


class _Ring:
    """Rows written twice, a whole capacity apart: the newest are contiguous in one of the halves or across both."""

    def __init__(self, width: int, capacity: int) -> None:
        self.capacity = capacity
        self.n_pushed = 0
        self._rows: Float32 = np.zeros((2 * capacity, width), np.float32)

    def reset(self) -> None:
        """Drop all rows."""
        self.n_pushed = 0

    def _append(self) -> tuple[Float32, Float32]:
        """Make room for a row, to be written to both of the places returned."""
        place = self.n_pushed % self.capacity
        self.n_pushed += 1
        return self._rows[place], self._rows[place + self.capacity]

    def _span(self, n_rows: int) -> slice:
        """Return where the newest rows lie: so many, or fewer where fewer have come."""
        end = self.n_pushed if self.n_pushed <= self.capacity else self.capacity + self.n_pushed % self.capacity
        return slice(end - min(n_rows, self.n_pushed, self.capacity), end)


class History(_Ring):
    """Ring of rows whose newest are one contiguous view, wherever they end.

    Parameters
    ----------
    width, capacity : int
        Values in a row, and rows held.
    """

    def push(self, row: Float32) -> None:
        """Add a row, shape (width,)."""
        place, copy = self._append()
        place[:] = copy[:] = row

    def newest(self) -> Float32:
        """Return a view of all rows held, shape (n_rows, width), newest last; valid until the next push."""
        return self._rows[self._span(self.capacity)]


class TimedHistory(_Ring):
    """Ring of rows with their capture times, which increase; parameters as of :class:`History`."""

    def __init__(self, width: int, capacity: int) -> None:
        super().__init__(width, capacity)
        self._times_s: Float64 = np.zeros(2 * capacity)

    def last(self, n_rows: int) -> tuple[Float32, Float64]:
        """Return views of the newest rows and their times, valid until the next push.

        Returns
        -------
        rows : ndarray of float32, shape (n_rows, width)
            Fewer where fewer have come.
        times_s : ndarray of float64, shape (n_rows,)
        """
        span = self._span(n_rows)
        return self._rows[span], self._times_s[span]

    def _append_at(self, time_s: float) -> tuple[Float32, Float32]:
        """Make room for a row of this capture time, to be written to both of the places returned."""
        place = self.n_pushed % self.capacity
        if self.n_pushed and not time_s > self._times_s[place - 1]:
            raise ValueError(f"time_s={time_s} must be later than that of the image before")
        self._times_s[place] = self._times_s[place + self.capacity] = time_s
        return self._append()
