"""Cut a stream of frames into overlapping windows, each one contiguous view."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from streamer.arrays import Float32


class Windows:
    """Windows of successive frames, cut from a stream of frames.

    Parameters
    ----------
    n_frames : int
        Frames in a window, ≥ 1.
    stride : int
        Frames between the starts of successive windows, ≥ 1.
    width : int
        Values in a frame (mel bands; 1 where the frames are samples).

    Attributes
    ----------
    stride : int
        As above; may be changed, which the window after the next one shows.
    """

    def __init__(self, n_frames: int, stride: int, width: int) -> None:
        self._n_frames = n_frames
        self.stride = stride
        # Four windows long, so that the kept rows move to the front only once in about three windows.
        self._rows = np.zeros((4 * max(n_frames, stride), width), np.float32)
        self.reset()

    def reset(self) -> None:
        """Drop all frames: the next window holds only frames pushed from now on."""
        self._fill = 0  # rows in use
        self._first = 0  # row at which the next window starts; may lie ahead of the fill
        self._end = 0  # frames pushed since the reset, up to the fill

    @property
    def next_end(self) -> int:
        """Number of frames since the reset up to and including the last one of the next window."""
        return self._end - self._fill + self._first + self._n_frames

    def push(self, frames: Float32) -> Iterator[tuple[int, Float32]]:
        """Add frames and yield the windows that they complete.

        Parameters
        ----------
        frames : ndarray, shape (n, width)

        Yields
        ------
        end : int
            Number of frames since the reset up to and including the window's last one.
        window : ndarray, shape (n_frames, width)
            A view, valid until the next step of the iteration.
        """
        while frames.shape[0]:
            if self._fill == self._rows.shape[0]:
                self._move_to_front()
            taken = frames[: self._rows.shape[0] - self._fill]
            frames = frames[taken.shape[0] :]
            self._rows[self._fill : self._fill + taken.shape[0]] = taken
            self._fill += taken.shape[0]
            self._end += taken.shape[0]
            while self._first + self._n_frames <= self._fill:
                last = self._first + self._n_frames
                self._first += self.stride
                yield self._end - (self._fill - last), self._rows[last - self._n_frames : last]

    def _move_to_front(self) -> None:
        kept = max(0, self._fill - self._first)
        self._rows[:kept] = self._rows[self._fill - kept : self._fill].copy()
        self._first -= self._fill - kept
        self._fill = kept
