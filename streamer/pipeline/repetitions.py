"""Repetitions: how often the rhythm of a stream has repeated since it began, from measurement to measurement."""

from __future__ import annotations

import math

from streamer.messages import Count, Temporal, TemporalComponent

N_SIGMA = 3.0  # a rhythm goes on where its frequency is within so many uncertainties of the one before …
CHANGE = 0.2  # … or within this share of it: people do not keep time


class Repetitions:
    """Count the cycles of a stream's first rhythm, so that the count only grows while the rhythm goes on.

    Windows overlap: what they have in common is counted once. A measurement in which the rhythm is not found changes
    nothing; when it is there again, and held meanwhile, what was left out is added. One that begins anew, or another
    rhythm, begins another count.
    """

    def __init__(self) -> None:
        self._count: Count | None = None
        self._to_s = -math.inf  # second of the stream up to which it is counted
        self._hz = math.nan
        self._sigma_hz = math.nan

    def update(self, found: Temporal, start_s: float) -> Count | None:
        """Return the count after one more measurement, whose images begin at ``start_s``; None where there is none."""
        rhythm = self._continued(found, start_s)
        if rhythm is not None and self._count is not None:
            hz, sigma_hz = _newest(rhythm)
            to_s = max(self._to_s, start_s + found.end_of(rhythm))
            added_s = to_s - self._to_s
            # Frequencies of overlapping windows err alike: their uncertainties add up, not their squares.
            self._count = Count(
                self._count.n + hz * added_s, self._count.sigma + sigma_hz * added_s, self._count.since_s
            )
        elif found.components and not self._is_held(found, start_s):
            rhythm = found.components[0]
            n, sigma = found.cycles(rhythm)
            to_s = start_s + found.end_of(rhythm)
            self._count = Count(n, sigma, start_s + max(rhythm.start_s, 0.0))
            hz, sigma_hz = _newest(rhythm)
        else:
            return self._count if self._is_held(found, start_s) else None
        self._to_s, self._hz, self._sigma_hz = to_s, hz, sigma_hz
        return self._count

    def _is_held(self, found: Temporal, start_s: float) -> bool:
        """Return whether the rhythm counted so far may still go on: a part of the window has been counted already."""
        return self._count is not None and start_s < self._to_s and not found.components

    def _continued(self, found: Temporal, start_s: float) -> TemporalComponent | None:
        """Return the rhythm that goes on from what is counted; None where there is none."""
        if self._count is None:
            return None

        def distance(each: TemporalComponent) -> float:
            return abs(each.hz - self._hz)

        near = [
            each
            for each in found.components
            if start_s + each.start_s <= self._to_s
            and distance(each) <= max(CHANGE * self._hz, N_SIGMA * math.hypot(each.hz_sigma, self._sigma_hz))
        ]
        return min(near, key=distance, default=None)


def _newest(rhythm: TemporalComponent) -> tuple[float, float]:
    """Return the frequency at the end of a window and its uncertainty: of one that drifts, that of the last part."""
    if rhythm.track:
        return rhythm.track[-1].hz, rhythm.track[-1].hz_sigma
    return rhythm.hz, rhythm.hz_sigma
