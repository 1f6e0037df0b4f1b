"""Captured sound as long as a take may need it."""

from __future__ import annotations

from collections import deque

import numpy as np

from streamer.messages import Float32


class Tape:
    """Chunks of sound by position, the oldest forgotten when told.

    Parameters
    ----------
    n_channels : int
    start : int
        Position of the first sample to come.
    """

    def __init__(self, n_channels: int, start: int = 0) -> None:
        self._n_channels = n_channels
        self._end = start
        self._chunks: deque[tuple[int, Float32]] = deque()  # (position of the first sample, samples)

    def append(self, samples: Float32) -> None:
        """Keep samples that follow those before, shape (n_samples, n_channels); they are not copied."""
        self._chunks.append((self._end, samples))
        self._end += samples.shape[0]

    def cut(self, first: int, end: int) -> tuple[int, Float32]:
        """Return a copy of the samples from ``first`` to before ``end``, as far as they are kept.

        Returns
        -------
        tuple of int and ndarray, shape (n_samples, n_channels)
            With the position of the first one.
        """
        first = max(first, self._chunks[0][0]) if self._chunks else self._end
        parts = [samples[max(0, first - at) : max(0, end - at)] for at, samples in self._chunks]
        return first, np.concatenate([np.zeros((0, self._n_channels), np.float32), *parts])

    def forget(self, before: int) -> None:
        """Drop the chunks that lie wholly before a position."""
        while self._chunks and self._chunks[0][0] + self._chunks[0][1].shape[0] <= before:
            self._chunks.popleft()
