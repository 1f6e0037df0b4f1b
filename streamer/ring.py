"""Fixed-capacity ring of samples: one writer, one reader, nothing lost uncounted."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

from streamer.messages import Chunk, Float32
from streamer.ring_counters import RingCounters


class SampleRing(RingCounters):
    """Ring buffer between a capture thread (or a device callback) and the processing thread.

    The writer never waits: when the reader falls more than a capacity behind, the oldest samples are
    overwritten and the reader is told how many. The reader gets a contiguous copy, checked after copying against
    what the writer has begun to overwrite, so that no chunk is torn: about 1 µs for 50 ms of sound, where a view
    into the ring could change under the kernels.

    Parameters
    ----------
    capacity : int
        Samples per channel that can be held, at least 1.
    n_channels : int
        Channels of every block that will be written.
    sample_rate : int
        Samples per second and channel, by which a chunk's capture time is told.
    """

    def __init__(self, capacity: int, n_channels: int, sample_rate: int) -> None:
        super().__init__(capacity)
        self._sample_rate = sample_rate
        self._buffer = np.zeros((capacity, n_channels), np.float32)
        self._chunk = np.zeros((capacity, n_channels), np.float32)
        self._time_s = time.monotonic()  # writer: capture time of the newest sample
        self._skipped = 0  # reader: samples that the source itself reported missing, so far
        self._holes: deque[tuple[int, int]] = deque()  # (position, samples missing before it)

    def write(self, block: Float32, time_s: float, lost_before: int = 0) -> None:
        """Copy a block in; for the writer only, never waits.

        Parameters
        ----------
        block : ndarray, shape (n_samples, n_channels)
            Range −1…1; of a block longer than the ring the newest ``capacity`` samples survive.
        time_s : float
            ``time.monotonic()`` at the capture of the last sample.
        lost_before : int
            Samples known to be missing between the previous block and this one.
        """
        if lost_before:
            self._holes.append((self._written, lost_before))
        end = self._written + block.shape[0]
        kept = block[-self.capacity :]
        self._begun = end
        place = (end - kept.shape[0]) % self.capacity
        n_first = min(kept.shape[0], self.capacity - place)
        self._buffer[place : place + n_first] = kept[:n_first]
        self._buffer[: kept.shape[0] - n_first] = kept[n_first:]
        self._time_s = time_s
        self._written = end
        self._news.set()

    def read(self, n_max: int) -> Chunk | None:
        """Take the oldest unread samples; for the reader only, never waits.

        Parameters
        ----------
        n_max : int
            Most samples to take; a chunk also ends before a hole.

        Returns
        -------
        Chunk or None
            None when nothing is unread. ``samples`` is the reader's own copy, valid until the next read.
        """
        written, time_s = self._written, self._time_s
        oldest = max(self._read, self._begun - self.capacity)
        while oldest < written:
            while self._holes and self._holes[0][0] <= oldest:
                self._skipped += self._holes.popleft()[1]
            end = min(oldest + n_max, written, self._holes[0][0] if self._holes else written)
            n_samples = end - oldest
            place = oldest % self.capacity
            n_first = min(n_samples, self.capacity - place)
            self._chunk[:n_first] = self._buffer[place : place + n_first]
            self._chunk[n_first:n_samples] = self._buffer[: n_samples - n_first]
            overwritten = self._begun - self.capacity
            if overwritten <= oldest:
                break
            oldest = overwritten
            written, time_s = self._written, self._time_s
        else:
            return None
        start = oldest + self._skipped
        lost_before = start - self._delivered
        self._read = end
        self._delivered = start + n_samples
        self._space.set()
        # time_s belongs to the newest sample written; this chunk's last one is older by what stays unread.
        age_s = (written - end) / self._sample_rate
        return Chunk(self._chunk[:n_samples], start, lost_before, time_s - age_s)
