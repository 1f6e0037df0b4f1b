"""Suppressions: what of late was no event, though a label's score was high enough or nearly so, and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamer.monitor.snapshot import SuppressedEvent
from streamer.pipeline.stage import Stage

NEARLY = 0.1  # a score so far below the threshold has just missed it
MOST_KEPT = 200


@dataclass(slots=True)
class _Span:
    """A time in which a label's score was high enough or nearly so, without an event."""

    onset_s: float
    end_s: float
    time: float  # wall clock at the onset
    peak: float = 0.0
    on: float = 0.0
    reason: str = ""  # of the windows at the threshold; empty where there was none


class Suppressions:
    """Watches the event detectors of a stream; updated after each window, at a few µs.

    Parameters
    ----------
    stages : sequence of Stage
        Of the stream.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages
        self._spans: dict[tuple[int, int], _Span] = {}  # by stage and label
        self._past: deque[SuppressedEvent] = deque(maxlen=MOST_KEPT)  # newest last

    def update(self, now_s: float, epoch_s: float) -> None:
        """Take notice of the newest scores.

        Parameters
        ----------
        now_s : float
            Second of the stream.
        epoch_s : float
            Wall clock at the stream's second 0.
        """
        for k, stage in enumerate(self._stages):
            detector = stage.detector
            near = set(np.flatnonzero(detector.smoothed >= np.maximum(detector.on - NEARLY, detector.off)).tolist())
            begun = {detector.labels.index(event.label) for event in detector.running}
            pending = {detector.labels.index(label) for label in detector.pending}
            for index in [at for stage_at, at in self._spans if stage_at == k and at not in near]:
                if index not in begun and index not in pending:
                    self._end(self._spans.pop((k, index)), detector.labels[index])
            reasons = detector.suppressed(now_s) if near else {}
            for index in near | begun:
                if index in begun:  # it was an event after all, or is one still
                    self._spans.pop((k, index), None)
                    continue
                span = self._spans.setdefault((k, index), _Span(now_s, now_s, epoch_s + now_s))
                score, span.on = float(detector.smoothed[index]), float(detector.on[index])
                span.end_s, span.peak = now_s, max(span.peak, score)
                if score >= span.on:
                    reason = reasons.get(detector.labels[index], "")
                    if reason.startswith("cool-down"):
                        reason = "cool-down"  # without the seconds that are left
                    span.reason = reason or span.reason or ("too short" if index in pending else "not confirmed")

    def change_clock(self, offset_s: float) -> None:
        """Correct the times: the wall clock was set forward by so many seconds."""
        self._past = deque((replace(each, time=each.time + offset_s) for each in self._past), MOST_KEPT)
        for span in self._spans.values():
            span.time += offset_s

    def now(self) -> tuple[SuppressedEvent, ...]:
        """Return what was suppressed, the newest last, and what is being so."""
        going_on = [
            self._made(span, self._stages[k].detector.labels[index]) for (k, index), span in self._spans.items()
        ]
        return (*self._past, *sorted(going_on, key=lambda each: each.time))

    def _end(self, span: _Span, label: str) -> None:
        self._past.append(self._made(span, label))

    def _made(self, span: _Span, label: str) -> SuppressedEvent:
        reason = span.reason or f"begins at {span.on:.2f}"
        return SuppressedEvent(label, reason, span.peak, span.time, span.end_s - span.onset_s)
