"""Clock of sources that play files or synthetic scenes in real time."""

from __future__ import annotations

import time

MAX_LATE_S = 0.5  # later than this, the whole process was held up or decoding is too slow: the clock is set anew


class PlaybackClock:
    """Say when each sample or image of a played source would have been captured; second 0 is now."""

    def __init__(self) -> None:
        self._start_s = time.monotonic()

    def due(self, position_s: float) -> tuple[float, float]:
        """Return the capture time of a position in the source.

        A source that is more than ``MAX_LATE_S`` late goes on from now at its usual pace: catching up after a
        suspension would overwrite what the reader had no time to read.

        Parameters
        ----------
        position_s : float
            Seconds since the beginning of the source.

        Returns
        -------
        due_s : float
            Capture time on the monotonic clock.
        early_s : float
            Seconds until then at the call, before the clock was set anew; negative when late.
        """
        due_s = self._start_s + position_s
        early_s = due_s - time.monotonic()
        if early_s < -MAX_LATE_S:
            self._start_s -= early_s
            due_s -= early_s
        return due_s, early_s
