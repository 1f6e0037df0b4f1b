"""Turn scores into events: smoothing, hysteresis, m-of-n confirmation, merging, cool-down."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.messages import Event, Scores

EPSILON_S = 1e-6  # edges of spans are sums of strides, which are not exact in binary


@dataclass(slots=True)
class _Running:
    """An event that has begun; times are in seconds, as counts of strides since the first score would drift."""

    onset_s: float
    time: float  # wall clock at the onset
    last_s: float  # end of the newest span at or above `off`
    peak: float
    total: float  # of the scores at or above `off`, and their number: for the mean
    n_scores: int
    below_s: float = 0.0  # in spans below `off` since the last one above; what was lost is no pause
    n_lost: int = 0
    announced: bool = False  # long enough to be an event


class EventDetector:
    """Turn the scores of successive windows into events with an onset and an offset.

    A window's score stands for the span of one stride around the window's centre; a smoothed score for the span
    around the middle of the windows that it averages. Onset and offset are the edges of spans. A label's event begins
    when ``confirm`` of the last ``confirm_of`` smoothed scores reach ``on``, and dates back to the first of them; it
    ends when the score stays below ``off`` for longer than ``merge_gap_s``, or after ``max_length_s``, and then only
    falls below ``off`` re-arm the label. Scores up to an event's end, of its cool-down and before the fall never
    count for the label's next event.

    Parameters
    ----------
    stream : str
        Name put on every event.
    labels : tuple of str
        Labels in the order of the scores.
    settings : EventSettings
        Thresholds and times; seconds become numbers of spans here.
    stride_s : float
        Seconds between windows, > 0.

    Raises
    ------
    UserError
        If the settings name a label that the model does not have.
    """

    def __init__(self, stream: str, labels: tuple[str, ...], settings: EventSettings, stride_s: float) -> None:
        self.labels = labels
        self._stream = stream
        self._settings = settings
        self.on, self.off = _thresholds(labels, settings)
        self._own_off = self.off.copy()
        self.smoothed: Float32 = np.zeros(len(labels), np.float32)
        allowed = _indices(labels, settings.allow, "events.allow") or set(range(len(labels)))
        denied = _indices(labels, settings.deny, "events.deny")
        self._may_fire = np.array([i in allowed and i not in denied for i in range(len(labels))])
        self._is_muted = np.zeros(len(labels), bool)
        self.set_stride(stride_s)
        self._raw: list[Float32] = []  # newest scores, for smoothing
        self._recent: list[tuple[Float32, float]] = []  # newest smoothed scores with the start of their span
        self._running: dict[int, _Running] = {}
        self._must_fall = np.zeros(len(labels), bool)
        self.reset()

    def set_stride(self, stride_s: float) -> None:
        """Count time in strides of another length from now on: the image rate may change."""
        self._stride_s = stride_s
        self._n_smooth = max(1, round(self._settings.smoothing_s / stride_s))

    @property
    def lag_s(self) -> float:
        """Longest time from an onset or offset to the middle of the window by whose scores it is known."""
        settings = self._settings
        confirmed_s = (settings.confirm_of + 1) * self._stride_s
        return confirmed_s + settings.min_length_s + settings.merge_gap_s + settings.smoothing_s

    def update(self, scores: Scores) -> list[Event]:
        """Process the scores of the next window.

        Returns
        -------
        list of Event
            Events that begin now (``offset_s`` None) and that end now.
        """
        self._raw = [*self._raw[1 - self._n_smooth :], scores.values] if self._n_smooth > 1 else [scores.values]
        delay_s = (len(self._raw) - 1) / 2 * self._stride_s  # of a mean over so many
        centre_s = (scores.start_s + scores.end_s) / 2 - delay_s
        start_s, end_s = centre_s - self._stride_s / 2, centre_s + self._stride_s / 2
        self.smoothed = np.mean(self._raw, axis=0, dtype=np.float32)
        self._recent = [*self._recent, (self.smoothed, start_s)][-self._settings.confirm_of :]

        messages: list[Event] = []
        for index in list(self._running):
            messages += self._go_on(index, float(self.smoothed[index]), start_s, end_s)
        self._must_fall &= self.smoothed >= self.off
        self._counts_from_s[self._must_fall] = np.maximum(self._counts_from_s, end_s)[self._must_fall]
        n_on = np.sum([(row >= self.on) & (start >= self._counts_from_s) for row, start in self._recent], axis=0)
        confirmed = (n_on >= self._settings.confirm) & (self.smoothed >= self.on)
        for index in np.flatnonzero(confirmed & self._may_fire & ~self._is_muted & ~self._must_fall).tolist():
            if index not in self._running:
                messages += self._begin(index, end_s, scores.time - scores.end_s)
        return messages

    def set_threshold(self, label: str, on: float) -> None:
        """Let events of a label begin at another score from now on; they end below that at the latest.

        Raises
        ------
        UserError
            If the model has no such label.
        """
        (index,) = _indices(self.labels, (label,), "label")
        self.on[index] = on
        self.off[index] = min(self._own_off[index], on)

    def mute(self, label: str, is_muted: bool) -> None:
        """Let no event of a label begin from now on, or let them again.

        Raises
        ------
        UserError
            If the model has no such label.
        """
        (index,) = _indices(self.labels, (label,), "label")
        self._is_muted[index] = is_muted

    @property
    def muted(self) -> tuple[str, ...]:
        """Labels that are muted."""
        return tuple(label for label, is_muted in zip(self.labels, self._is_muted, strict=True) if is_muted)

    def interrupt(self, n_lost: int) -> None:
        """Drop recent scores after a gap in the stream; running events count what was lost and go on."""
        self._raw = []
        self._recent = []
        self.count_lost(n_lost)

    def count_lost(self, n_lost: int) -> None:
        """Add lost samples or images to the running events."""
        for running in self._running.values():
            running.n_lost += n_lost

    def change_clock(self, offset_s: float) -> None:
        """Correct the times of running events: the wall clock was set forward by so many seconds."""
        for running in self._running.values():
            running.time += offset_s

    def finish(self) -> list[Event]:
        """End all running events at the last window that held them; cool-downs go on, as stream time does."""
        ended = [event for index, running in list(self._running.items()) for event in self._end(index, running.last_s)]
        self.interrupt(0)
        self._must_fall[:] = False
        self.smoothed = np.zeros(len(self.labels), np.float32)
        return ended

    def reset(self) -> None:
        """Forget the cool-downs, for another stream."""
        self._quiet_until_s = np.full(len(self.labels), -np.inf)
        self._counts_from_s = np.full(len(self.labels), -np.inf)  # spans that begin earlier confirm nothing

    @property
    def n_needed(self) -> int:
        """Least number of successive windows in which an event can begin and be announced."""
        return windows_needed(self._stride_s, self._settings)

    @property
    def may_fire(self) -> tuple[str, ...]:
        """Labels that are allowed and not denied."""
        return tuple(label for label, may in zip(self.labels, self._may_fire, strict=True) if may)

    @property
    def running(self) -> tuple[Event, ...]:
        """Announced events that have not ended."""
        return tuple(self._event(i, r, None) for i, r in self._running.items() if r.announced)

    @property
    def pending(self) -> tuple[str, ...]:
        """Labels whose event has begun and is not long enough to be announced yet."""
        return tuple(self.labels[index] for index, running in self._running.items() if not running.announced)

    def suppressed(self, now_s: float) -> dict[str, str]:
        """Return the labels whose score would let them fire, with the reason that they cannot."""
        reasons = {}
        for index in np.flatnonzero(self.smoothed >= self.on).tolist():
            if not self._may_fire[index]:
                reasons[self.labels[index]] = "denied" if not self._settings.allow else "not allowed"
            elif self._is_muted[index]:
                reasons[self.labels[index]] = "muted"
            elif self._must_fall[index]:
                reasons[self.labels[index]] = "must fall first"
            elif now_s < self._quiet_until_s[index]:
                reasons[self.labels[index]] = f"cool-down {self._quiet_until_s[index] - now_s:.0f} s"
        return reasons

    def _begin(self, index: int, end_s: float, epoch_s: float) -> list[Event]:
        counts_from_s = self._counts_from_s[index]
        above = [
            (float(row[index]), start_s)
            for row, start_s in self._recent
            if row[index] >= self.on[index] and start_s >= counts_from_s
        ]
        first_s = above[0][1]
        scores = [score for score, _ in above]
        running = _Running(
            onset_s=first_s,
            time=epoch_s + first_s,
            last_s=end_s,
            peak=max(scores),
            total=sum(scores),
            n_scores=len(scores),
        )
        self._running[index] = running
        return self._extend(index, running, end_s)

    def _go_on(self, index: int, score: float, start_s: float, end_s: float) -> list[Event]:
        running = self._running[index]
        longest_s = running.onset_s + self._settings.max_length_s - EPSILON_S
        if score < self.off[index]:
            running.below_s += self._stride_s
            is_over = running.below_s > self._settings.merge_gap_s + EPSILON_S or end_s >= longest_s
            return self._end(index, end_s) if is_over else []
        if start_s >= longest_s:  # so much was lost, or so little above `off` before
            self._must_fall[index] = True
            return self._end(index, end_s)
        running.peak = max(running.peak, score)
        running.total += score
        running.n_scores += 1
        running.below_s = 0.0
        return self._extend(index, running, end_s)

    def _extend(self, index: int, running: _Running, end_s: float) -> list[Event]:
        """Let an event last to the end of a span; announce it when it is long enough, end it when it is too long."""
        length_s = end_s - running.onset_s
        longest_s = self._settings.max_length_s
        running.last_s = running.onset_s + min(length_s, longest_s)
        messages = []
        if not running.announced and running.last_s - running.onset_s >= self._settings.min_length_s - EPSILON_S:
            running.announced = True
            messages = [self._event(index, running, None)]
        if length_s >= longest_s - EPSILON_S:
            self._must_fall[index] = True
            messages += self._end(index, end_s)
        return messages

    def _end(self, index: int, now_s: float) -> list[Event]:
        """End an event where it was last above ``off``; ``now_s`` is the end of the newest span."""
        running = self._running.pop(index)
        self._counts_from_s[index] = now_s - EPSILON_S
        if not running.announced:
            return []
        if self._settings.cool_down_s:
            self._quiet_until_s[index] = running.last_s + self._settings.cool_down_s
            self._counts_from_s[index] = max(now_s, self._quiet_until_s[index]) - EPSILON_S
        return [self._event(index, running, running.last_s)]

    def _event(self, index: int, running: _Running, offset_s: float | None) -> Event:
        return Event(
            stream=self._stream,
            label=self.labels[index],
            score=running.peak,
            mean_score=running.total / running.n_scores,
            onset_s=running.onset_s,
            offset_s=offset_s,
            time=running.time,
            n_lost=running.n_lost,
        )


def exposure_s(n_windows: int, stride_s: float, settings: EventSettings) -> float:
    """Return the seconds in which an event could have begun: the exposure of a rate of false alarms.

    The first windows of a recording cannot confirm an event by themselves, so that clips of too few windows expose a
    model to nothing, however many they are and however long each is.

    Parameters
    ----------
    n_windows : int
        Successive windows that were scored.
    stride_s : float
        Seconds from one to the next.
    settings : EventSettings
        Windows needed to confirm, and the least length of an event.
    """
    return max(0, n_windows - windows_needed(stride_s, settings) + 1) * stride_s


def windows_needed(stride_s: float, settings: EventSettings) -> int:
    """Return the least number of successive windows in which an event can begin and be announced."""
    return max(settings.confirm, math.ceil(settings.min_length_s / stride_s - EPSILON_S), 1)


def _thresholds(labels: tuple[str, ...], settings: EventSettings) -> tuple[Float32, Float32]:
    """Return the on and off threshold of every label, off never above on."""
    on = np.full(len(labels), settings.on, np.float32)
    off = np.full(len(labels), settings.off, np.float32)
    for label, own in settings.labels.items():
        (index,) = _indices(labels, (label,), "events.labels")
        on[index] = settings.on if own.on is None else own.on
        off[index] = settings.off if own.off is None else own.off
    return on, np.minimum(on, off)


def _indices(labels: tuple[str, ...], wanted: Iterable[str], key: str) -> set[int]:
    known = {label.casefold(): index for index, label in enumerate(labels)}
    found = set()
    for label in wanted:
        if label.casefold() not in known:
            near = difflib.get_close_matches(label.casefold(), known, n=3) or sorted(known)[:12]
            raise UserError(f"{key}={label!r} must be a label of the model; for example {', '.join(near)}")
        found.add(known[label.casefold()])
    return found
