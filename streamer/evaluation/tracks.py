"""Scores over time, kept so that events can be detected in them again under other thresholds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Int64
from streamer.config import EventSettings, LabelThresholds
from streamer.events import EventDetector, exposure_s
from streamer.messages import Scores

NO_LABEL = -1  # in place of a label's number: the sound is none of the labels
SURE = 1e-6  # distance kept from 0 and 1, where logits are infinite
BREAK = 1.5  # strides from one window to the next, from which on something was lost between them


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTrack:
    """The scores of one file's windows in order of time, and its label."""

    scores: Float32  # shape (n_windows, n_labels), range 0…1
    label: int  # number of the file's own label, or `NO_LABEL`
    stride_s: float  # from one window to the next, seconds
    breaks: tuple[int, ...] = ()  # windows before which something was lost

    @classmethod
    def of(cls, scores: Sequence[Scores], label: int, duration_s: float) -> ScoreTrack:
        """Return the track of a file of some duration from its scores, at least one."""
        starts = np.array([one.start_s for one in scores])
        steps = np.diff(starts)
        stride_s = float(np.median(steps)) if len(steps) else duration_s
        breaks = tuple((np.flatnonzero(steps > BREAK * stride_s) + 1).tolist())
        return cls(np.stack([one.values for one in scores]), label, max(stride_s, 1e-3), breaks)

    def exposure_s(self, settings: EventSettings) -> float:
        """Return the seconds in which an event could have begun."""
        edges = [0, *self.breaks, len(self.scores)]
        return sum(exposure_s(b - a, self.stride_s, settings) for a, b in itertools.pairwise(edges))


@dataclass(frozen=True, slots=True, eq=False)
class TrackSet:
    """The tracks of many files by one model, with the settings under which events are detected in them."""

    labels: tuple[str, ...]  # of the scores
    events: EventSettings
    tracks: tuple[ScoreTrack, ...]

    @property
    def hours(self) -> float:
        """Hours in which an event could have begun."""
        return sum(track.exposure_s(self.events) for track in self.tracks) / 3600.0


def count_begun(track: ScoreTrack, labels: tuple[str, ...], settings: EventSettings) -> Int64:
    """Count the events of each label that begin in a track, shape (n_labels,)."""
    counts = np.zeros(len(labels), np.int64)
    detector = EventDetector("", labels, settings, track.stride_s)
    if not (track.scores >= detector.on).any():  # no mean of scores is above the highest
        return counts
    place = {label: i for i, label in enumerate(labels)}
    before = -1
    for k in _windows_that_matter(track, detector.off, settings):
        if any(before < at <= k for at in track.breaks):
            detector.interrupt(0)
        before, at_s = k, k * track.stride_s
        for event in detector.update(Scores("", labels, track.scores[k], at_s, at_s + track.stride_s, 0.0)):
            counts[place[event.label]] += event.offset_s is None
    return counts


def _windows_that_matter(track: ScoreTrack, off: Float32, settings: EventSettings) -> Iterator[int]:
    """Yield all windows but those so far from any score at or above ``off`` that no event is running or may begin.

    Detection takes some 20 µs a window in Python, and most windows of the world are quiet.
    """
    n_smooth = max(1, round(settings.smoothing_s / track.stride_s))
    n_after = n_smooth + int(settings.merge_gap_s / track.stride_s) + 2
    near: NDArray[np.int64] = np.zeros(len(track.scores) + 1, np.int64)
    for k in np.flatnonzero((track.scores >= off).any(axis=1)).tolist():
        near[max(0, k - n_smooth)] += 1
        near[min(len(track.scores), k + n_after + 1)] -= 1
    yield from np.flatnonzero(np.cumsum(near[:-1]) > 0).tolist()


def thresholds_shifted(labels: tuple[str, ...], settings: EventSettings, logits: float) -> EventSettings:
    """Return event settings whose thresholds all lie higher by so many units on the scale of logits.

    A score s is the logit log(s / (1 − s)); on this scale thresholds of any height move alike.
    """
    if not logits:
        return settings
    detector = EventDetector("", labels, settings, 1.0)
    own = {
        label: LabelThresholds(on=_shifted(float(on), logits), off=_shifted(float(off), logits))
        for label, on, off in zip(labels, detector.on, detector.off, strict=True)
    }
    return settings.model_copy(update={"labels": own})


def _shifted(score: float, logits: float) -> float:
    kept = min(max(score, SURE), 1.0 - SURE)
    return 1.0 / (1.0 + (1.0 / kept - 1.0) * float(np.exp(-logits)))
