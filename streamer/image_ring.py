"""Fixed-capacity ring of images: one writer, one reader, nothing skipped uncounted."""

from __future__ import annotations

import threading
import time

import numpy as np

from streamer.messages import Float64, Image, UInt8


class ImageRing:
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
        self.capacity = capacity
        self._images: UInt8 = np.zeros((capacity, height, width, 3), np.uint8)
        self._times_s: Float64 = np.zeros((capacity, 2))  # capture time in the stream, and on the monotonic clock
        self._missing = np.zeros(capacity, np.int64)  # images known to be missing before any of these, in all
        self._image: UInt8 = np.zeros((height, width, 3), np.uint8)
        # Each counter is written by one side alone; Python integers cross threads whole.
        self._begun = 0  # writer: images whose writing has begun
        self._written = 0  # writer: images wholly written
        self._n_missing = 0  # writer: images that the source reported missing, in all
        self._read = 0  # reader: images taken or known to be overwritten
        self._delivered = 0  # reader: index after the last image taken, missing ones included
        self._news = threading.Event()
        self._space = threading.Event()

    @property
    def written(self) -> int:
        """Images written since the ring began."""
        return self._written

    @property
    def unread(self) -> int:
        """Images that the reader has not taken yet, overwritten ones included."""
        return self._written - self._read

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

    def wait_for_space(self, stop: threading.Event) -> bool:
        """Wait until an image fits without overwriting; for writers whose world can wait.

        Returns
        -------
        bool
            False when ``stop`` was set first.
        """
        while self.unread >= self.capacity:
            if stop.is_set():
                return False
            self._space.clear()
            if self.unread >= self.capacity:
                self._space.wait(0.1)
        return not stop.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until an image is unread; for the reader only. False after ``timeout_s`` seconds."""
        deadline_s = time.monotonic() + timeout_s
        while not self.unread:
            self._news.clear()
            remaining_s = deadline_s - time.monotonic()
            if not self.unread and (remaining_s <= 0 or not self._news.wait(remaining_s)):
                break
        return self.unread > 0

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
