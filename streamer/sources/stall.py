"""Detect that a device has stopped delivering."""

from __future__ import annotations


class StallTimer:
    """Measure for how long the count of delivered samples or images has not changed.

    Time in which this process was itself held up does not count: what was captured then may still wait in the
    device's buffer.

    Parameters
    ----------
    poll_s : float
        Usual seconds from one call of :meth:`update` to the next; of a longer pause only twice this counts.
    now_s : float
        Monotonic time.
    """

    def __init__(self, poll_s: float, now_s: float) -> None:
        self._poll_s = poll_s
        self._polled_s = now_s
        self._count = -1
        self._stalled_s = 0.0

    def update(self, count: int, now_s: float) -> float:
        """Return the seconds since the count last changed.

        Parameters
        ----------
        count : int
            Samples or images delivered so far.
        now_s : float
            Monotonic time.
        """
        if count != self._count:
            self._stalled_s = 0.0
        else:
            self._stalled_s += min(now_s - self._polled_s, 2 * self._poll_s)
        self._count, self._polled_s = count, now_s
        return self._stalled_s
