"""Pace: classify fewer windows while a live stream is too much for the machine, so that nothing else is lost."""

from __future__ import annotations

BEHIND = 0.5  # part of the ring that is unread: more, and the stream is behind …
BEHIND_S = 1.0  # … for so long, and the stride is doubled; a single slow measurement is over by then
SETTLE_S = 2.0  # for a wider stride to have its effect, before it is doubled again
LEAST_LOAD = 0.4  # below it, half the stride is at most twice the load, and leaves a fifth to spare …
CALM_S = 30.0  # … for so long, and the stride is halved
MAX_FACTOR = 64


class Pace:
    """Decides by which factor the strides of a live stream's models are widened.

    While more than half of the ring has been unread for a second, the factor is doubled, every two seconds until that
    is over; when the load has been below 0.4 for half a minute it is halved, until it is 1 again. Windows of a wider
    stride are every second, fourth … of those of the models' own.

    Attributes
    ----------
    factor : int
        1 while the machine keeps up.
    """

    def __init__(self) -> None:
        self.factor = 1
        self._behind_since_s: float | None = None
        self._calm_since_s: float | None = None
        self._settled_s = float("-inf")

    def update(self, unread: float, load: float, now_s: float) -> bool:
        """Take in how the stream fares at an instant; return whether the factor has changed.

        Parameters
        ----------
        unread : float
            Part of the ring that has not been read, range 0 … 1.
        load : float
            Seconds of processing per second of the stream, of late.
        now_s : float
            Monotonic clock.
        """
        before = self.factor
        self._behind_since_s = _since(self._behind_since_s, now_s, holds=unread > BEHIND)
        self._calm_since_s = _since(self._calm_since_s, now_s, holds=unread < BEHIND / 2 and load < LEAST_LOAD)
        if _lasts(self._behind_since_s, now_s, BEHIND_S) and now_s >= self._settled_s:
            self.factor = min(2 * self.factor, MAX_FACTOR)
            self._settled_s = now_s + SETTLE_S
        elif self.factor > 1 and _lasts(self._calm_since_s, now_s, CALM_S):
            self.factor //= 2
            self._calm_since_s = now_s
        return self.factor != before


def _since(since_s: float | None, now_s: float, *, holds: bool) -> float | None:
    """Return since when something has held; None where it does not."""
    return (now_s if since_s is None else since_s) if holds else None


def _lasts(since_s: float | None, now_s: float, duration_s: float) -> bool:
    return since_s is not None and now_s - since_s >= duration_s
