"""Fixed-capacity ring of images: one writer, one reader, nothing skipped uncounted."""

from __future__ import annotations

import numpy as np

from streamer.messages import Float64, Image, UInt8
from streamer.ring_counters import RingCounters


class ImageRing(RingCounters):
    """Ring of preallocated images between a grabber thread and the processing thread.

    The writer never waits: when the reader falls a whole ring behind, the oldest images are overwritten and the
    reader is told how many. The reader gets a copy, checked after copying against what the writer has begun to
    overwrite, so that no image is torn (0.1 ms for 640×480 in colour).

    Parameters
    ----------
    capacity : int
        Images that can be held, at least 2.
    height, width : int
        Pixels of every image that will be written; three bytes each.
    """

    def __init__(self, capacity: int, height: int, width: int) -> None:
        super().__init__(capacity)
        self._images: UInt8 = np.zeros((capacity, height, width, 3), np.uint8)
        self._times_s: Float64 = np.zeros((capacity, 2))  # capture time in the stream, and on the monotonic clock
        self._missing = np.zeros(capacity, np.int64)  # images known to be missing before any of these, in all
        self._image: UInt8 = np.zeros((height, width, 3), np.uint8)
        self._n_missing = 0  # writer: images that the source reported missing, in all

    def write(self, pixels: UInt8, time_s: float, captured_s: float, skipped_before: int = 0) -> None:
        """Copy an image in; for the writer only, never waits.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 3)
            Blue-green-red.
        time_s : float
            Capture time, seconds since that of the opening's first image; later than that of the image before.
        captured_s : float
            ``time.monotonic()`` then.
        skipped_before : int
            Images known to be missing between the previous one and this one.
        """
        place = self._written % self.capacity
        self._n_missing += skipped_before
        self._begun = self._written + 1
        self._images[place] = pixels
        self._times_s[place] = time_s, captured_s
        self._missing[place] = self._n_missing
        self._written = self._begun
        self._news.set()

    def read(self) -> Image | None:
        """Take the oldest unread image; for the reader only, never waits.

        Returns
        -------
        Image or None
            None when nothing is unread. ``pixels`` is the reader's own copy, valid until the next read.
        """
        written = self._written
        oldest = max(self._read, self._begun - self.capacity)
        while oldest < written:
            place = oldest % self.capacity
            self._image[:] = self._images[place]
            time_s, captured_s = self._times_s[place].tolist()
            index = oldest + int(self._missing[place])
            overwritten = self._begun - self.capacity
            if overwritten <= oldest:
                break
            oldest, written = overwritten, self._written
        else:
            return None
        skipped_before = index - self._delivered
        self._read = oldest + 1
        self._delivered = index + 1
        self._space.set()
        return Image(self._image, index, skipped_before, time_s, captured_s)
