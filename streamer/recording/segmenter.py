"""Segmenter: levels and key presses become the spans of a stream that are recorded as takes."""

from __future__ import annotations

from collections import deque

from streamer.recording.gate import LEARN_S, Gate, Span
from streamer.recording.settings import Request, TakeSettings

PEAK_HOLD_S = 0.15  # the level shown is the highest of so many seconds


class Segmenter:
    """Decide where takes begin and end, by level, by key or by time; the same for sound and images.

    Parameters
    ----------
    settings : TakeSettings
        What begins a take and what ends it.
    lowest_db : float
        Lower limit of the trigger, by level.

    Attributes
    ----------
    requests : deque of Request
        Keys pressed; filled by any thread, emptied by the processing thread.
    is_paused : bool
        Whether takes begin by key alone.
    now_s : float
        End of the newest block, in seconds since the source was opened.
    """

    def __init__(self, settings: TakeSettings, lowest_db: float) -> None:
        self.settings = settings
        self.requests: deque[Request] = deque()
        self.is_paused = False
        roll_s = settings.pre_roll_s + min(settings.pre_roll_s, settings.pause_s)
        loud_s = max(settings.longest_s - roll_s, settings.shortest_s)
        self.gate = Gate(settings.trigger_db, lowest_db, settings.pause_s, settings.shortest_s, loud_s)
        self.restart()

    def restart(self) -> None:
        """Start on a newly opened source."""
        self.now_s = 0.0
        self._levels: deque[tuple[float, float]] = deque()  # (end, level) of the newest blocks
        self._begun_s: float | None = None  # beginning of a take by key or time
        self._free_s = 0.0  # end of the last take: takes share no sample or image
        self.gate.restart()

    @property
    def level_db(self) -> float:
        """Highest level of the last 0.15 s, so that a level shown when a take begins is above the trigger."""
        return max((level_db for _, level_db in self._levels), default=float("-inf"))

    @property
    def onset_s(self) -> float | None:
        """Beginning of the take that runs; None while none runs."""
        if self._begun_s is not None:
            return self._begun_s
        return self._rolled_onset_s(self.gate.onset_s) if self.gate.onset_s is not None else None

    @property
    def needed_s(self) -> float:
        """Earliest second that a take to come may contain."""
        if self.onset_s is not None:
            return self.onset_s
        if self.settings.by != "level":
            return self.now_s
        return max(self._free_s, self.now_s - LEARN_S - self.settings.pre_roll_s)

    def push(self, start_s: float, end_s: float, level_db: float) -> list[Span]:
        """Add the level of the next block of time; return the takes that it ends."""
        self.now_s = end_s
        self._levels.append((end_s, level_db))
        while self._levels[0][0] <= end_s - PEAK_HOLD_S:
            self._levels.popleft()
        s = self.settings
        if s.by == "time" and self._begun_s is None and not self.is_paused:
            self._begun_s = start_s
        if self._begun_s is not None:
            if end_s - self._begun_s < s.longest_s - 1e-9:
                return []
            span = Span(self._begun_s, self._begun_s + s.longest_s)
            self._begun_s = span.last_s if s.by == "time" and not self.is_paused else None
            return self._finished([span])
        if s.by != "level" or self.is_paused:
            return []
        return self._finished([self._rolled(span) for span in self.gate.push(start_s, end_s, level_db)])

    def toggle(self) -> list[Span]:
        """Begin a take now, or end the one that runs."""
        if self.onset_s is not None:
            return self.end()
        self._begun_s = self.now_s + self.settings.settle_s
        return []

    def pause(self) -> list[Span]:
        """End the take that runs and begin no more by level or time; or continue after a pause."""
        self.is_paused = not self.is_paused
        return self.end() if self.is_paused else []

    def end(self, is_cut: bool = False) -> list[Span]:
        """End the take that runs, if it is long enough; by time, only takes of full length count."""
        spans = []
        if self._begun_s is not None:
            if self.settings.by != "time" and self.now_s - self._begun_s >= self.settings.shortest_s:
                spans = [Span(self._begun_s, self.now_s, is_cut)]
            self._begun_s = None
        elif self.settings.by == "level":
            spans = [self._rolled(span) for span in self.gate.end(is_cut)]
        return self._finished(spans)

    def drop(self) -> Span | None:
        """Drop the take that runs and all that is not in a take yet; a sound that stays loud begins no other."""
        onset_s = self.onset_s
        self._begun_s, self._free_s = None, self.now_s
        if self.gate.is_learning:
            self.gate.restart()
        else:
            self.gate.end()
        return None if onset_s is None else Span(onset_s, max(self.now_s, onset_s))

    def _rolled(self, span: Span) -> Span:
        """Return a loud span with the pre-roll before it and as much after it."""
        s = self.settings
        last_s = min(span.last_s + min(s.pre_roll_s, s.pause_s), self.now_s)
        return Span(self._rolled_onset_s(span.first_s), last_s, span.is_cut)

    def _rolled_onset_s(self, onset_s: float) -> float:
        return max(onset_s - self.settings.pre_roll_s, self._free_s, 0.0)

    def _finished(self, spans: list[Span]) -> list[Span]:
        if spans:
            self._free_s = spans[-1].last_s
        return spans
