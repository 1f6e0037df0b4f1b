"""Evaluate the detection of events in recordings: event-based and segment-based F1, false alarms per hour.

The metrics are those of Annaria Mesaros, Toni Heittola & Tuomas Virtanen, "Metrics for polyphonic sound event
detection" (Applied Sciences, 2016), computed by their library sed_eval.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from streamer.errors import UserError
from streamer.evaluation.annotations import Annotation, Annotations
from streamer.evaluation.operating import Rate
from streamer.installation import install_command
from streamer.messages import Event

COLLAR_S = 0.2  # tolerance of an onset, and of an offset, …
COLLAR_SHARE = 0.5  # … whose tolerance is this share of the event's length where that is more
SEGMENT_S = 1.0


@dataclass(frozen=True, slots=True)
class Matches:
    """Counts of events, or of segments with an event: true ones, found ones, and those that are both."""

    n_true: int
    n_found: int
    n_right: int

    @property
    def precision(self) -> float:
        """Share of the found ones that are true; NaN if none was found."""
        return self.n_right / self.n_found if self.n_found else math.nan

    @property
    def recall(self) -> float:
        """Share of the true ones that were found; NaN if none is true."""
        return self.n_right / self.n_true if self.n_true else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN if none is true and none was found."""
        n = self.n_true + self.n_found
        return 2 * self.n_right / n if n else math.nan


@dataclass(frozen=True, slots=True)
class Detection:
    """Figures of the detection of one label's events, or of all labels' events."""

    events: Matches  # onset and offset within the collar
    segments: Matches  # the label in the same second
    n_overlapped: int  # true events that overlap a found event of their label
    n_false_alarms: int  # found events that overlap no true event of their label
    hours: float  # in which an event could have begun, of all recordings

    @property
    def false_alarms(self) -> Rate:
        """False alarms in the time in which they were possible."""
        return Rate(self.n_false_alarms, self.hours)


@dataclass(frozen=True, slots=True)
class EvaluatedRecording:
    """A recording with its annotated events and those that a model found."""

    annotations: Annotations
    events: tuple[Event, ...]  # found; all have ended
    duration_s: float
    exposed_s: float  # of it, in which an event could have begun: see streamer.events.exposure_s


def evaluate_events(
    recordings: Sequence[EvaluatedRecording], collar_s: float = COLLAR_S, segment_s: float = SEGMENT_S
) -> tuple[Detection, dict[str, Detection]]:
    """Compare the events found in recordings with their annotated events.

    A found event is right if its onset is off by at most ``collar_s`` and its offset by at most the larger of that and
    half the true event's length; each true event is matched with at most one found event. The overall figures count
    the events of all labels together (micro average).

    Parameters
    ----------
    recordings : sequence of EvaluatedRecording
        At least one, longer than 0 s.
    collar_s : float
        Tolerance of onsets and offsets, seconds, > 0.
    segment_s : float
        Length of a segment, seconds, > 0.

    Returns
    -------
    overall : Detection
    by_label : dict of str to Detection
        Of every label that is annotated or found in some recording, sorted.

    Raises
    ------
    UserError
        If sed_eval is not installed.
    """
    sed_eval = _load_sed_eval()
    annotated = {annotation.label for recording in recordings for annotation in recording.annotations}
    labels = sorted(annotated | {event.label for recording in recordings for event in recording.events})
    hours = sum(recording.exposed_s for recording in recordings) / 3600
    if not labels:
        return Detection(Matches(0, 0, 0), Matches(0, 0, 0), 0, 0, hours), {}
    by_events = sed_eval.EventBasedMetrics(labels, t_collar=collar_s, percentage_of_length=COLLAR_SHARE)
    by_segments = sed_eval.SegmentBasedMetrics(labels, time_resolution=segment_s)
    overlapped: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for recording in recordings:
        true = [_entry(annotation, recording.duration_s) for annotation in recording.annotations]
        found = [_entry(event, recording.duration_s) for event in recording.events]
        by_events.evaluate(true, found)
        by_segments.evaluate(true, found, evaluated_length_seconds=recording.duration_s)
        overlapped.update(
            a.label for a in recording.annotations if any(_overlap(a, event) for event in recording.events)
        )
        false.update(e.label for e in recording.events if not any(_overlap(a, e) for a in recording.annotations))
    by_label = {
        label: Detection(
            events=_matches(by_events.class_wise[label]),
            segments=_matches(by_segments.class_wise[label]),
            n_overlapped=overlapped[label],
            n_false_alarms=false[label],
            hours=hours,
        )
        for label in labels
    }
    overall = Detection(
        events=_sum(detection.events for detection in by_label.values()),
        segments=_sum(detection.segments for detection in by_label.values()),
        n_overlapped=overlapped.total(),
        n_false_alarms=false.total(),
        hours=hours,
    )
    return overall, by_label


def _load_sed_eval() -> Any:
    try:
        with warnings.catch_warnings():
            # sed_eval's dependency dcase_util imports pkg_resources, which setuptools is about to drop.
            warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
            from sed_eval import sound_event
    except ImportError as error:
        raise UserError(
            f"annotations must be compared by sed_eval, which cannot be imported ({error});"
            f" install it: {install_command('train')}"
        ) from None
    return sound_event


def _entry(event: Annotation | Event, duration_s: float) -> dict[str, Any]:
    """Return an event as sed_eval takes it, cut at the recording's end: a padded last window ends later."""
    assert event.offset_s is not None
    onset_s, offset_s = (min(instant_s, duration_s) for instant_s in (event.onset_s, event.offset_s))
    return {"event_label": event.label, "event_onset": onset_s, "event_offset": offset_s, "filename": "recording"}


def _overlap(annotation: Annotation, event: Event) -> bool:
    assert event.offset_s is not None
    return (
        annotation.label == event.label and annotation.onset_s < event.offset_s and event.onset_s < annotation.offset_s
    )


def _matches(counts: dict[str, float]) -> Matches:
    return Matches(int(counts["Nref"]), int(counts["Nsys"]), int(counts["Ntp"]))


def _sum(matches: Iterable[Matches]) -> Matches:
    listed = list(matches)
    return Matches(sum(m.n_true for m in listed), sum(m.n_found for m in listed), sum(m.n_right for m in listed))
