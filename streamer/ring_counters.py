"""What every ring has: counters that one writer and one reader share without a lock, and waiting for each other."""

from __future__ import annotations

import threading
import time


class RingCounters:
    """Positions of one writer and one reader in a ring, counted since it began; modulo the capacity they are places.

    Each counter is written by one side alone and read by both; Python integers cross threads whole.

    Parameters
    ----------
    capacity : int
        Samples per channel, or images, that can be held.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._begun = 0  # writer: whose writing has begun
        self._written = 0  # writer: wholly written
        self._read = 0  # reader: taken or known to be lost
        self._delivered = 0  # reader: position after the last one delivered, those missing at the source included
        self._news = threading.Event()
        self._space = threading.Event()

    @property
    def written(self) -> int:
        """Samples per channel, or images, written since the ring began."""
        return self._written

    @property
    def unread(self) -> int:
        """Those that the reader has not taken yet, overwritten ones included."""
        return self._written - self._read

    def wait_for_space(self, stop: threading.Event, n: int = 1) -> bool:
        """Wait until ``n`` samples or images fit without overwriting; for writers whose world can wait.

        Returns
        -------
        bool
            False when ``stop`` was set first.
        """
        while self.unread + min(n, self.capacity) > self.capacity:
            if stop.is_set():
                return False
            self._space.clear()
            if self.unread + min(n, self.capacity) > self.capacity:
                self._space.wait(0.1)
        return not stop.is_set()

    def wait(self, timeout_s: float, n: int = 1) -> bool:
        """Wait until at least ``n`` samples or images are unread; for the reader only.

        Returns
        -------
        bool
            Whether that many are there; False after ``timeout_s`` seconds.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.unread < n:
            self._news.clear()
            remaining_s = deadline_s - time.monotonic()
            if self.unread < n and (remaining_s <= 0 or not self._news.wait(remaining_s)):
                break
        return self.unread >= n
