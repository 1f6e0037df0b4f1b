"""Rules between the streams and some sinks: which events these get."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from streamer.config import PlaceSettings, RuleSettings
from streamer.errors import UserError
from streamer.installation import needed
from streamer.messages import ClipWritten, Event, Message, Temporal, Withheld
from streamer.sinks import AbortableSink, AwareSink, LinkedSink, RecoveringSink, RunLink, Sink, TimedSink
from streamer.sinks.hours import is_within

_Key: TypeAlias = tuple[str, str, float]  # stream, label and onset of an event
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_DEG = -0.833  # height of the sun's centre at sunrise and sunset: its radius, and refraction
N_SIGMA = 2.0  # by so many standard uncertainties a frequency lies outside
MOST_KEPT = 2000  # events that may still pass
LONGEST_EVENT_S = 86400.0


class Rule:
    """One rule, with what it counts.

    Parameters
    ----------
    settings : RuleSettings
    place : PlaceSettings
        Where the sun is looked at.

    Raises
    ------
    UserError
        If the rule needs a place that is not given, or the extra for the sun is not installed.
    """

    def __init__(self, settings: RuleSettings, place: PlaceSettings) -> None:
        self.settings = settings
        self._place = place
        if settings.sun:
            if place.latitude is None or place.longitude is None:
                raise UserError("rules.sun= must have a place; set latitude and longitude of [place]")
            with needed("rules"):
                import astral.sun  # noqa: F401
        self._labels = {label.casefold() for label in settings.labels}
        self._times: dict[_Key, float] = {}  # wall clock of the events that fit, for the count

    def passes(self, event: Event, others: Collection[Event]) -> bool:
        """Return whether an event fits, as far as it is known now.

        Parameters
        ----------
        event : Event
        others : collection of Event
            Those that run or have ended of late, by which it may be accompanied.
        """
        if not (self._fits(event) and self._is_accompanied(event, others)):
            return False
        if self.settings.count == 1:
            return True
        now_s = _clock_s(event)
        self._times[_key(event)] = now_s
        self._times = {key: time_s for key, time_s in self._times.items() if now_s - time_s <= self.settings.within_s}
        return len(self._times) >= self.settings.count

    def _fits(self, event: Event) -> bool:
        rule, found = self.settings, event.measured
        moment = datetime.fromtimestamp(event.time) if math.isfinite(event.time) else None
        return (
            (not self._labels or event.label.casefold() in self._labels)
            and (not rule.streams or event.stream in rule.streams)
            and event.score >= rule.min_score
            and (not rule.hours or (moment is not None and is_within(rule.hours, moment)))
            and (not rule.days or (moment is not None and DAYS[moment.weekday()] in rule.days))
            and (not rule.sun or (moment is not None and self._is_sun_up(event.time) == (rule.sun == "up")))
            and (rule.min_level_dbfs is None or _level(event) >= rule.min_level_dbfs)
            and (not rule.outside_hz or (isinstance(found, Temporal) and _is_outside(found, rule.outside_hz)))
        )

    def _is_accompanied(self, event: Event, others: Collection[Event]) -> bool:
        wanted, most_s = self.settings.with_label.casefold(), self.settings.with_s
        return not wanted or any(
            other.label.casefold() == wanted and _distance_s(event, other) <= most_s for other in others
        )

    def _is_sun_up(self, time: float) -> bool:
        from astral import Observer
        from astral.sun import elevation

        observer = Observer(self._place.latitude or 0.0, self._place.longitude or 0.0)
        return bool(elevation(observer, datetime.fromtimestamp(time, UTC), with_refraction=False) > HORIZON_DEG)


class RuledSink:
    """A sink that gets only those events, and their clips, that a rule lets pass; all other messages reach it.

    An event that fits only later, as when its frequency is known or another event joins it, passes then, its beginning
    first.

    Parameters
    ----------
    sink : Sink
    rules : sequence of Rule
        Of this sink; one is enough.
    name : str
        Of the sink, as rules name it.
    """

    def __init__(self, sink: Sink, rules: Sequence[Rule], name: str = "") -> None:
        self._sink = sink
        self._name = name or type(sink).__name__
        self._link: RunLink | None = None
        self._rules = rules
        self._seen: dict[_Key, Event] = {}  # as last known, the oldest first
        self._begun: dict[_Key, Event] = {}  # the same at their beginning
        self._passed: dict[_Key, None] = {}
        self._message: Message | None = None
        self._left: deque[Message] = deque()  # that the sink is to get of it
        self.accepts: tuple[type, ...] = (*sink.accepts, Event)

    def write(self, message: Message) -> bool | None:
        """Hand on what passes; raises what the sink raises, and goes on there when it is called again."""
        if message is not self._message:
            self._message, self._left = message, deque(self._passing(message))
        has_written = False
        while self._left:
            has_written |= self._sink.write(self._left[0]) is not False
            self._left.popleft()
        self._message = None
        return has_written

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()

    def connect(self, link: RunLink) -> None:
        """Hand on what it may use of the run."""
        self._link = link
        if isinstance(self._sink, LinkedSink):
            self._sink.connect(link)

    def works_again(self) -> bool:
        """Return whether the sink says so."""
        return isinstance(self._sink, RecoveringSink) and self._sink.works_again()

    @property
    def due_s(self) -> float:
        """When the sink has something to do."""
        return self._sink.due_s if isinstance(self._sink, TimedSink) else math.inf

    def tick(self) -> bool | None:
        """Let the sink do it."""
        return self._sink.tick() if isinstance(self._sink, TimedSink) else False

    def miss(self, message: Message) -> None:
        """Hand on what was lost, if the sink would have got it."""
        passes = not isinstance(message, Event) or _key(message) in self._passed
        if passes and isinstance(self._sink, AwareSink):
            self._sink.miss(message)

    def abort(self) -> None:
        """Break off what the sink is doing."""
        if isinstance(self._sink, AbortableSink):
            self._sink.abort()

    def _passing(self, message: Message) -> list[Message]:
        if isinstance(message, ClipWritten):
            return [message] if _key(message.event) in self._passed else []
        if not isinstance(message, Event):
            return [message]
        key = _key(message)
        if message.offset_s is None:
            self._begun[key] = message
        self._seen[key] = message
        self._forget(_clock_s(message))
        found: list[Message] = []
        for each, event in self._seen.items():
            if each in self._passed:
                if each == key:
                    found.append(message)
            elif self._lets_pass(event, is_new=each == key):
                self._passed[each] = None
                found += [known for known in (self._begun.get(each), event) if known]
        if message.offset_s is not None and key not in self._passed and self._link:
            self._link.post(Withheld(message, self._name, "no rule"))
        return [each for k, each in enumerate(found) if k == 0 or each is not found[k - 1]]

    def _lets_pass(self, event: Event, *, is_new: bool) -> bool:
        """Return whether a rule does; each rule counts for itself, and only the event that a message is of."""
        rules = [rule for rule in self._rules if is_new or rule.settings.count == 1]
        results = [rule.passes(event, self._seen.values()) for rule in rules]
        return any(results)

    def _forget(self, now: float) -> None:
        """Forget what can join no other event any more."""
        longest_s = max(rule.settings.with_s for rule in self._rules)
        for key, event in list(self._seen.items()):
            end = _clock_s(event) + (LONGEST_EVENT_S if event.offset_s is None else event.offset_s - event.onset_s)
            if now - end > longest_s or len(self._seen) > MOST_KEPT:
                del self._seen[key]
                self._begun.pop(key, None)
        while len(self._passed) > MOST_KEPT:
            del self._passed[next(iter(self._passed))]


def _key(event: Event) -> _Key:
    return event.stream, event.label, event.onset_s


def _clock_s(event: Event) -> float:
    """Return the time of an event on the wall clock; of a file that does not say when it was made, in the stream."""
    return event.time if math.isfinite(event.time) else event.onset_s


def _level(event: Event) -> float:
    return -math.inf if event.level_dbfs is None else event.level_dbfs


def _is_outside(found: Temporal, band_hz: tuple[float, float]) -> bool:
    margin_hz = N_SIGMA * found.hz_sigma if math.isfinite(found.hz_sigma) else math.inf
    return found.hz + margin_hz < band_hz[0] or found.hz - margin_hz > band_hz[1]


def _distance_s(one: Event, other: Event) -> float:
    """Return the seconds between two events; 0 where they overlap. One that has not ended lasts on."""
    if one.stream != other.stream and not (math.isfinite(one.time) and math.isfinite(other.time)):
        return math.inf  # of two files that do not say when they were made

    def span(event: Event) -> tuple[float, float]:
        begin = event.onset_s if one.stream == other.stream else event.time
        return begin, math.inf if event.offset_s is None else begin + event.offset_s - event.onset_s

    (begin, end), (other_begin, other_end) = span(one), span(other)
    return max(0.0, other_begin - end, begin - other_end)
