"""Measure a converted model on examples that it was not trained on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Int64
from streamer.config import EventSettings
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import FileStats
from streamer.evaluation.metrics import Evaluation, calibrate, evaluate_scores
from streamer.evaluation.tracks import ScoreTrack
from streamer.events import EventDetector
from streamer.messages import TaskName
from streamer.model.file_label import file_scores
from streamer.model.spec import ModelSpec
from streamer.offline.decision import decide
from streamer.tasks import TASKS
from streamer.training.conversion import Predict
from streamer.training.windows import TrainingWindows

N_TIMED = 50  # windows


@dataclass(frozen=True, slots=True, eq=False)
class ExampleScores:
    """An example and the scores of its windows."""

    example: Example
    scores: Float32  # shape (n_windows, n_labels), in order of time


def by_example(scores: Float32, windows: TrainingWindows, dataset: Dataset) -> list[ExampleScores]:
    """Sort the scores of a dataset's windows by example; an example without any window is left out."""
    order = np.argsort(windows.examples, kind="stable")  # a search for each example would cost n²
    bounds = np.searchsorted(windows.examples[order], np.arange(len(dataset) + 1))
    sorted_scores = [ExampleScores(one, scores[order[bounds[i] : bounds[i + 1]]]) for i, one in enumerate(dataset)]
    return [one for one in sorted_scores if len(one.scores)]


def evaluate(examples: Sequence[ExampleScores], labels: tuple[str, ...], data_labels: tuple[str, ...]) -> Evaluation:
    """Compare the label of each whole file, by the rule of `streamer classify`, with its true label.

    Parameters
    ----------
    examples : sequence of ExampleScores
    labels : tuple of str
        Of the scores.
    data_labels : tuple of str
        Labels of the examples; any other that is found is a mistake.
    """
    others = tuple(label for label in labels if label not in data_labels)
    order = [labels.index(label) for label in (*data_labels, *others)]
    scores_of_files = np.stack([file_scores(one.scores, labels)[order] for one in examples])
    truths = np.array([data_labels.index(one.example.label) for one in examples])
    return evaluate_scores(data_labels, truths, scores_of_files, others)


def calibration_error(scores: Float32, targets: Float32) -> float:
    """Return the expected calibration error of the highest score, over the windows that have a known label.

    Parameters
    ----------
    scores, targets : ndarray, shape (n, n_labels)

    Returns
    -------
    float
        Range 0…1; NaN where no window has a target above ½.
    """
    known = np.nanmax(targets, axis=1, initial=0.0) > 0.5
    right = scores[known].argmax(axis=1) == np.nan_to_num(targets[known]).argmax(axis=1)
    return calibrate(scores[known].max(axis=1), right).error if known.any() else float("nan")


def score_tracks(
    examples: Sequence[ExampleScores], labels: tuple[str, ...], spec: ModelSpec, measured: Mapping[Path, FileStats]
) -> list[ScoreTrack]:
    """Return each example's scores with their times, to choose thresholds by."""
    found = []
    for one in examples:
        facts = measured[one.example.path]
        if TASKS[spec.task].medium == "images":  # strides count images
            stride_s = spec.window.stride * facts.duration_s / max(1, facts.n_images)
        else:
            stride_s = spec.stride_s
        found.append(ScoreTrack(one.scores, labels.index(one.example.label), max(stride_s, 1e-3)))
    return found


def label_of(
    track: ScoreTrack, begun: Int64, labels: tuple[str, ...], events: EventSettings, task: TaskName
) -> str | None:
    """Return the label that an example gets, by the rule of `streamer classify`.

    Parameters
    ----------
    track : ScoreTrack
    begun : ndarray, shape (n_labels,)
        Events of each label that begin in it, see :func:`streamer.evaluation.tracks.count_begun`.
    labels : tuple of str
        Of the scores.
    events : EventSettings
        In force.
    task : {"sound", "pattern", "motion"}
    """
    detector = EventDetector("", labels, events, track.stride_s)
    return decide(track.scores, detector, {labels[i] for i in np.flatnonzero(begun)}, task).label


def window_ms(predict: Predict, windows: NDArray[np.float16]) -> float:
    """Return the median time to score one window on one thread, in milliseconds, without its front end."""
    times = []
    for i in range(N_TIMED):
        window = windows[i % len(windows)][None].astype(np.float32)
        started = time.perf_counter()
        predict(window)
        times.append(time.perf_counter() - started)
    return float(np.median(times) * 1e3)
