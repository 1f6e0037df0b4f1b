"""Events from what is measured: a value outside of a band, a rhythm or pattern that appeared, or that is gone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from streamer.config import ImageSettings, MeasuredSettings
from streamer.messages import Event, Periodicity, Spatial, TaskName, Temporal

N_SIGMA = 2.0  # a value nearer to a bound than so many standard uncertainties is on neither side of it
EPSILON_S = 1e-6


class MeasuredEvents:
    """All measured events of one stream.

    Parameters
    ----------
    stream : str
        Name put on the events.
    images : ImageSettings
        Which there are, see ``[[images.measured]]``.
    at_once : bool
        Whether a measurement is of the whole stream, as of files: its span is that of the event.
    """

    def __init__(self, stream: str, images: ImageSettings, *, at_once: bool) -> None:
        self._conditions = [_Condition(stream, each, images.scale, at_once=at_once) for each in images.measured]
        self.labels = tuple(each.label for each in images.measured)
        self.tasks: tuple[TaskName, ...] = tuple(condition.task for condition in self._conditions)
        self.lag_s = max((each.begin_s + each.end_s + images.stride_s for each in images.measured), default=0.0)

    @property
    def running(self) -> tuple[Event, ...]:
        """Events that have begun and not ended."""
        return tuple(event for condition in self._conditions if (event := condition.running) is not None)

    def update(self, measurements: Iterable[Periodicity]) -> list[Event]:
        """Return the events that begin or end with these measurements."""
        return [event for found in measurements for condition in self._conditions for event in condition.update(found)]

    def count_lost(self, n_lost: int) -> None:
        """Add lost images to the running events."""
        for condition in self._conditions:
            condition.n_lost += n_lost

    def change_clock(self, offset_s: float) -> None:
        """Correct the times of running events: the wall clock was set forward by so many seconds."""
        for condition in self._conditions:
            condition.change_clock(offset_s)

    def interrupt(self) -> None:
        """Forget what was about to begin or to end: the images to come do not continue those before."""
        for condition in self._conditions:
            condition.interrupt()

    def finish(self, region: str | None = None) -> list[Event]:
        """End all running events where they were last seen, or those of one region alone."""
        return [
            event
            for condition in self._conditions
            if region in (None, condition.region)
            for event in condition.finish()
        ]


@dataclass(slots=True)
class _Span:
    """For how long a condition has held, or has been over, and how sure it was."""

    first: Periodicity
    last: Periodicity
    total: float = 0.0  # of the probabilities, and their number
    n: int = 0
    peak: float = 0.0
    clearest: Periodicity | None = None  # the measurement that was the surest

    def add(self, found: Periodicity, score: float) -> None:
        self.last = found
        self.total, self.n = self.total + score, self.n + 1
        if score >= self.peak:
            self.peak, self.clearest = score, found


class _Condition:
    """One measured event: whether its condition holds, since when, and whether the event has begun."""

    def __init__(self, stream: str, settings: MeasuredSettings, scale: float, *, at_once: bool) -> None:
        self._stream, self._settings, self._scale, self._at_once = stream, settings, scale, at_once
        self._kind = "temporal" if settings.of == "rhythm" else "spatial"
        self.task: TaskName = "motion" if settings.of == "rhythm" else "pattern"
        self.region = settings.region
        self.n_lost = 0
        self._held: _Span | None = None  # of the condition
        self._over: Periodicity | None = None  # the first measurement that contradicts a running event
        self._has_begun = False
        self._was_there = False  # the rhythm or pattern was seen once: only then can it be gone
        self._clock_s = 0.0  # by how much the wall clock was set forward since the event began

    @property
    def running(self) -> Event | None:
        return self._event(None) if self._has_begun else None

    def update(self, found: Periodicity) -> list[Event]:
        if found.kind != self._kind or (found.region.name if found.region else "") != self.region:
            return []
        score = self._probability(found)
        if score is None:
            return []  # it cannot be told: nothing begins, nothing ends
        if score:
            return self._hold(found, score)
        return self._contradict(found)

    def change_clock(self, offset_s: float) -> None:
        self._clock_s += offset_s

    def interrupt(self) -> None:
        self._over = None
        if not self._has_begun:
            self._held = None

    def finish(self) -> list[Event]:
        held, self._was_there, self._over = self._held, False, None
        ended = [self._event(held.last.end_s)] if held and self._has_begun else []
        self._held, self._has_begun = None, False
        return ended

    def _hold(self, found: Periodicity, score: float) -> list[Event]:
        self._over = None
        if self._held is None:
            self._held, self.n_lost, self._clock_s = _Span(found, found), 0, 0.0
        self._held.add(found, score)
        if self._has_begun or self._end_s - self._onset_s < self._settings.begin_s - EPSILON_S:
            return []
        self._has_begun = True
        return [self._event(None)]

    def _contradict(self, found: Periodicity) -> list[Event]:
        if not self._has_begun:
            self._held = None
            return []
        self._over = self._over or found
        if found.end_s - self._over.end_s < self._settings.end_s - EPSILON_S:
            return []
        ended = self._event(self._end_s)
        self._held, self._over, self._has_begun = None, None, False
        return [ended]

    @property
    def _onset_s(self) -> float:
        assert self._held is not None
        return self._held.first.start_s if self._at_once else self._held.first.end_s

    @property
    def _end_s(self) -> float:
        assert self._held is not None
        return self._held.last.end_s

    def _event(self, offset_s: float | None) -> Event:
        held = self._held
        assert held is not None
        assert held.clearest is not None
        return Event(
            stream=self._stream,
            label=self._settings.label,
            score=held.peak,
            mean_score=held.total / held.n,
            onset_s=self._onset_s,
            offset_s=offset_s,
            time=held.first.time - held.first.end_s + self._onset_s + self._clock_s,
            n_lost=self.n_lost,
            task=self.task,
            measured=held.clearest.found if held.clearest.found and held.clearest.found.components else None,
            region=held.first.region,
        )

    def _probability(self, found: Periodicity) -> float | None:
        """Return how probable the condition is where that is beyond doubt, 0 where it is not met, None in doubt."""
        if found.found is None or found.found.status not in ("found", "none"):
            return None
        is_there = bool(found.found.components)
        when = self._settings.when
        if when == "appeared":
            return float(is_there)
        if when == "gone":
            self._was_there |= is_there
            return float(self._was_there and not is_there)
        return self._outside(found.found) if is_there else 0.0

    def _outside(self, found: Temporal | Spatial) -> float | None:
        """Return the probability that the true value is outside of the band, for a normal error, or 0 or None."""
        value, sigma = self._value(found)
        low, high = self._settings.outside or (math.nan, math.nan)
        if not math.isfinite(value) or not math.isfinite(sigma):
            return None
        margin = N_SIGMA * sigma
        if value + margin < low or value - margin > high:
            return 1.0 - (_below(high, value, sigma) - _below(low, value, sigma))
        return 0.0 if low <= value - margin and value + margin <= high else None

    def _value(self, found: Temporal | Spatial) -> tuple[float, float]:
        """Return the value of the first rhythm or pattern and its standard uncertainty, in the unit of the settings."""
        if isinstance(found, Temporal):
            return found.unit.converted(found.hz, found.hz_sigma)
        vector = found.components[0].vectors[0]
        per_px = 1.0 / self._scale if self._scale else 1.0
        return vector.period_px * per_px, vector.period_px_sigma * per_px


def _below(bound: float, value: float, sigma: float) -> float:
    """Return the probability that a normal variable lies below a bound."""
    if sigma <= 0.0:
        return float(value < bound)
    return 0.5 * math.erfc((value - bound) / (sigma * math.sqrt(2.0)))
