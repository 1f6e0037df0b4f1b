"""One model with its event detector: windows of features become scores and events. Both pipelines run such stages."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import numpy as np

from streamer.arrays import Bool, Float32
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.events import EventDetector
from streamer.messages import Direction, Event, Medium, Periodicity, Scores, TaskName, Temporal
from streamer.model.spec import ModelSpec
from streamer.pipeline.agreement import is_ruled_out
from streamer.pipeline.directions import EventDirections
from streamer.tasks import TASKS, tasks_of


class WindowClassifier(Protocol):
    """What a stage needs of a classifier; :class:`streamer.model.classifier.Classifier` is one."""

    @property
    def spec(self) -> ModelSpec:
        """Description of the model."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels, in the order of the scores."""

    def classify(self, rows: Float32) -> Float32:
        """Return the scores of one window, shape (n_labels,)."""


class Stage:
    """A classifier and the event detector behind it.

    Parameters
    ----------
    stream : str
        Name put on scores and events.
    classifier : WindowClassifier
        For this stream alone.
    events : EventSettings
        As resolved from model file and config.
    stride_s : float
        Seconds between windows; 0 for the model's own number of rows.

    Attributes
    ----------
    task : {"sound", "pattern", "motion"}
        What the model is for.
    n_windows : int
        Windows classified so far.
    due_s : float
        A window comes at the latest so many seconds after the source began, or after the one before.
    """

    def __init__(self, stream: str, classifier: WindowClassifier, events: EventSettings, stride_s: float = 0.0) -> None:
        self.stream = stream
        self.classifier = classifier
        self.spec = classifier.spec
        self.task: TaskName = self.spec.task
        self._own_stride = self.spec.window.stride
        self._widening = 1
        self._rows_per_s = 1.0
        self.n_windows = 0
        self.due_s = 0.0
        self._window_s = 0.0
        self._wanted_stride_s = stride_s
        self.detector = EventDetector(stream, classifier.labels, events, stride_s or 1.0)
        self._measurements: list[Periodicity] = []
        self._directions = EventDirections()
        self._ruled_out: Bool = np.zeros(len(classifier.labels), bool)  # labels that the newest measurement rules out

    @property
    def stride(self) -> int:
        """Rows from one window to the next."""
        return self._own_stride * self._widening

    def widen(self, factor: int) -> None:
        """Make the stride so many times the stage's own, from the next window on."""
        self._widening = factor
        self.set_row_rate(self._rows_per_s)

    def set_row_rate(self, rows_per_s: float) -> None:
        """Count time in rows that come so many a second: frames of sound, or images."""
        self._rows_per_s = rows_per_s
        if self._wanted_stride_s:
            self._own_stride = max(1, round(self._wanted_stride_s * rows_per_s))
        self.detector.set_stride(self.stride / rows_per_s)
        self.due_s = (self.spec.window.n_frames + self.stride) / rows_per_s
        self._window_s = self.spec.window.n_frames / rows_per_s

    @property
    def lag_s(self) -> float:
        """Longest time from an event's onset or offset until it is known, as long as nothing is lost."""
        return self._window_s + self.detector.lag_s

    def classify(
        self,
        rows: Float32,
        start_s: float,
        end_s: float,
        epoch_s: float,
        directions: tuple[Direction, ...] | None = None,
    ) -> list[Scores | Event]:
        """Score one window.

        Parameters
        ----------
        rows : ndarray
            The window's features, as the front end gives them.
        start_s, end_s : float
            First and last instant of the window, seconds in the stream.
        epoch_s : float
            Wall clock at the stream's second 0, seconds since the epoch.
        directions : tuple of Direction, optional
            Of what moves in the window, where they were measured.

        Returns
        -------
        list of Scores and Event
            The scores, then the events that they begin or end.
        """
        self.n_windows += 1
        values = self.classifier.classify(rows)
        scores = Scores(self.stream, self.classifier.labels, values, start_s, end_s, epoch_s + end_s, directions)
        self._directions.add(scores)
        if self._ruled_out.any():
            scores_of_events = replace(scores, values=np.where(self._ruled_out, np.float32(0), values))
            return [scores, *self._complete(self.detector.update(scores_of_events), end_s)]
        return [scores, *self._complete(self.detector.update(scores), end_s)]

    def add_measurement(self, measurement: Periodicity) -> None:
        """Keep a measurement for the events that it overlaps; those of another task are ignored.

        Of those before any onset or offset that is not known yet, each running event needs only the one that fits best.
        """
        if measurement.kind != TASKS[self.task].measurement:
            return
        if measurement.found is not None and not measurement.found.components:
            measurement = replace(measurement, found=None)
        if isinstance(measurement.found, Temporal | None):
            self._ruled_out[:] = [is_ruled_out(label, measurement.found) for label in self.classifier.labels]
        settled_s = measurement.end_s - 2 * self.lag_s if self._window_s else -math.inf
        settled = [m for m in self._measurements if m.end_s <= settled_s]
        best = [_fittest(event, measurement.end_s, settled) for event in self.detector.running] if settled else []
        needed = [m for m in settled if any(m is each for each in best)]
        self._measurements = [*needed, *self._measurements[len(settled) :], measurement]

    def clear_measurements(self) -> None:
        """Drop the measurements of a source that was closed."""
        self._measurements = []
        self._ruled_out[:] = False
        self._directions.clear()

    def running(self, now_s: float) -> list[Event]:
        """Return the events that have not ended, with their measurements up to ``now_s``."""
        return self._complete(list(self.detector.running), now_s)

    def finish(self, now_s: float) -> list[Event]:
        """End all running events at the last window that held them."""
        return self._complete(self.detector.finish(), now_s)

    def _complete(self, events: list[Event], now_s: float) -> list[Event]:
        """Add the task, the measurement that fits best, and the direction."""
        best = [_fittest(event, now_s, self._measurements) for event in events]
        return [
            replace(event, task=self.task, measured=m.found if m else None, direction=self._direction(event, now_s))
            for event, m in zip(events, best, strict=True)
        ]

    def _direction(self, event: Event, now_s: float) -> Direction | None:
        end_s = now_s if event.offset_s is None else event.offset_s
        off = float(self.detector.off[self.detector.labels.index(event.label)])
        return self._directions.between(event.label, off, event.onset_s, end_s)


def _fittest(event: Event, now_s: float, measurements: list[Periodicity]) -> Periodicity | None:
    """Return the strongest of the measurements that overlap the event most."""
    end_s = now_s if event.offset_s is None else event.offset_s

    def fit(m: Periodicity) -> tuple[float, float]:
        length_s = max(m.end_s - m.start_s, 1e-6)
        shared_s = min(m.end_s, end_s + length_s / 4) - max(m.start_s, event.onset_s - length_s / 4)
        assert m.found is not None
        return round(min(shared_s / length_s, 1.0), 1), m.found.snr_db

    candidates = [m for m in measurements if m.found and m.end_s >= event.onset_s and m.start_s <= end_s]
    return max(candidates, key=fit, default=None)


def check_medium(spec: ModelSpec, medium: Medium) -> None:
    """Check that a model is for a medium.

    Raises
    ------
    UserError
        If it is for another.
    """
    if TASKS[spec.task].medium != medium:
        fitting = " or ".join(task.name for task in tasks_of(medium))
        raise UserError(f"model={spec.name} must be a {fitting} model to classify {medium}; it is for {spec.task}")
