"""Compare a device's sample count with the monotonic clock: drift, backlog, and losses without a flag."""

from __future__ import annotations

from collections import deque

import numpy as np

BUCKET_S = 1.0  # the shortest delay is taken of each interval of this length
DRIFT_BUCKETS = 600  # drift is the slope over the last ten minutes …
DRIFT_MIN_BUCKETS = 60  # … and unknown during the first: 5 ms of jitter then still cause about ±40 ppm
BASE_BUCKETS = 60  # the shortest delay of the last minute counts as none; 1000 ppm of drift would shift it by 60 ms
LOSS_BUCKETS = 4  # a delay that lasts for this long …
LOSS_S = 0.5  # … is at least this large …
LOSS_SPREAD_S = 0.1  # … and varies by less than this is a loss; that of a slow reader grows, then shrinks


class SampleClock:
    """Measure drift, backlog and losses of one capture session from its sample count.

    The delay of a block is the time of its arrival minus the duration of all samples so far. Scheduling can only
    lengthen it, by up to hundreds of milliseconds through a sound server; therefore the shortest delay of every
    second is used.

    Parameters
    ----------
    sample_rate : int
        Nominal samples per second.

    Attributes
    ----------
    drift_ppm : float
        Clock of the device against the monotonic clock, positive where it is fast; 0 until known.
    backlog_s : float
        Seconds of sound that should have arrived by now and have not.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._n_lost = 0
        self._n_samples = -1
        self._bucket_end_s = -np.inf
        self._bucket_min_s = np.inf
        self._delays: deque[tuple[float, float]] = deque(maxlen=DRIFT_BUCKETS)  # (time, shortest delay)
        self.drift_ppm = 0.0
        self.backlog_s = 0.0

    def update(self, n_samples: int, arrived_s: float, now_s: float) -> int:
        """Update the measurements with the newest count; to be called several times per second.

        Parameters
        ----------
        n_samples : int
            Samples since the session began, including losses that the device reported.
        arrived_s : float
            Monotonic time at which the last of them arrived.
        now_s : float
            Monotonic time now.

        Returns
        -------
        int
            Samples that must have been lost without a flag, each reported once. They stay counted here; the caller
            must not add them to ``n_samples``.
        """
        if self._bucket_end_s == -np.inf:
            self._bucket_end_s = now_s + BUCKET_S
        if n_samples != self._n_samples:
            self._n_samples = n_samples
            self._bucket_min_s = min(self._bucket_min_s, self._delay_s(arrived_s))
        if now_s < self._bucket_end_s:
            return 0
        shortest_s = self._bucket_min_s if self._bucket_min_s < np.inf else self._delay_s(now_s)
        self._delays.append((now_s, shortest_s))
        self._bucket_min_s, self._bucket_end_s = np.inf, now_s + BUCKET_S
        recent = [delay_s for _, delay_s in self._delays][-BASE_BUCKETS:]
        self.backlog_s = shortest_s - min(recent)
        self._measure_drift()
        return self._find_loss(recent)

    def _delay_s(self, at_s: float) -> float:
        return at_s - (self._n_samples + self._n_lost) / self._sample_rate

    def _measure_drift(self) -> None:
        """Set the drift to minus the slope of the least-squares line through the shortest delays."""
        if len(self._delays) < DRIFT_MIN_BUCKETS:
            return
        times_s, delays_s = np.array(self._delays).T
        times_s = times_s - times_s.mean()
        slope = float(times_s @ (delays_s - delays_s.mean()) / (times_s @ times_s))
        self.drift_ppm = -1e6 * slope

    def _find_loss(self, recent: list[float]) -> int:
        """Return the samples lost according to the delays of the last minute, and correct the delays for them."""
        if len(recent) <= LOSS_BUCKETS:
            return 0
        before_s, last = min(recent[:-LOSS_BUCKETS]), recent[-LOSS_BUCKETS:]
        missing_s = min(last) - before_s
        if missing_s < LOSS_S or max(last) - min(last) > LOSS_SPREAD_S:
            return 0
        lost = round(missing_s * self._sample_rate)
        self._n_lost += lost
        # Correct the delays since the loss, so that drift and backlog have no step.
        is_late = [delay_s - before_s > LOSS_S / 2 for _, delay_s in self._delays]
        first = len(is_late) - is_late[::-1].index(False) if False in is_late else 0
        for index in range(first, len(is_late)):
            time_s, delay_s = self._delays[index]
            self._delays[index] = (time_s, delay_s - lost / self._sample_rate)
        self.backlog_s = 0.0
        return lost
