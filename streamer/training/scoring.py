"""What a converted model makes of examples that it did not learn from."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import Facts
from streamer.evaluation.metrics import Evaluation, calibrate, evaluate_scores
from streamer.model.file_label import file_scores
from streamer.model.spec import ModelSpec
from streamer.training.conversion import Predict
from streamer.training.thresholds import Track
from streamer.training.windows import Windows

N_TIMED = 50  # windows


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """An example and the scores of its windows."""

    example: Example
    scores: Float32  # shape (n_windows, n_labels), in order of time


def judge(scores: Float32, windows: Windows, dataset: Dataset) -> list[Judged]:
    """Sort the scores of a dataset's windows by example; one without any window is left out."""
    order = np.argsort(windows.clips, kind="stable")  # a search through all windows for every example grows as n²
    bounds = np.searchsorted(windows.clips[order], np.arange(len(dataset) + 1))
    judged = [Judged(example, scores[order[bounds[i] : bounds[i + 1]]]) for i, example in enumerate(dataset)]
    return [one for one in judged if len(one.scores)]


def evaluate(judged: Sequence[Judged], labels: tuple[str, ...], wanted: tuple[str, ...]) -> Evaluation:
    """Compare the label of each whole file, by the rule of `streamer classify`, with what it is.

    Parameters
    ----------
    labels : tuple of str
        Of the scores.
    wanted : tuple of str
        Those that examples have; any other that is found is a mistake.
    """
    others = tuple(label for label in labels if label not in wanted)
    order = [labels.index(label) for label in (*wanted, *others)]
    of_files = np.stack([file_scores(one.scores, labels)[order] for one in judged])
    truths = np.array([wanted.index(one.example.label) for one in judged])
    return evaluate_scores(wanted, truths, of_files, others)


def calibration_error(scores: Float32, targets: Float32) -> float:
    """Return the expected calibration error of the highest score of windows of which it is known what they show."""
    known = np.nanmax(targets, axis=1, initial=0.0) > 0.5
    right = scores[known].argmax(axis=1) == np.nan_to_num(targets[known]).argmax(axis=1)
    return calibrate(scores[known].max(axis=1), right).error if known.any() else float("nan")


def tracks(
    judged: Sequence[Judged], labels: tuple[str, ...], spec: ModelSpec, measured: Mapping[Path, Facts]
) -> list[Track]:
    """Return what thresholds are chosen by: each example's scores with their times."""
    found = []
    for one in judged:
        facts = measured[one.example.path]
        if spec.task == "motion":  # strides count images
            stride_s = spec.window.stride * facts.duration_s / max(1, facts.n_images)
        else:
            stride_s = spec.stride_s if spec.task == "sound" else 1.0
        duration_s = max(facts.duration_s, stride_s)
        found.append(Track(one.scores, labels.index(one.example.label), max(stride_s, 1e-3), duration_s))
    return found


def window_ms(predict: Predict, windows: NDArray[np.float16]) -> float:
    """Return the median time of one window on one thread, milliseconds, the features being there."""
    times = []
    for i in range(N_TIMED):
        window = windows[i % len(windows)][None].astype(np.float32)
        started = time.perf_counter()
        predict(window)
        times.append(time.perf_counter() - started)
    return float(np.median(times) * 1e3)
