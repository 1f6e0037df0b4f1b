"""Leave labels out: train without some labels, and count what their sounds are taken for by a model that lacks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.config import EventSettings
from streamer.dataset.examples import Dataset
from streamer.dataset.file_stats import FileStats
from streamer.errors import UserError
from streamer.evaluation.operating import Rate, Share
from streamer.evaluation.tracks import ScoreTrack, count_begun
from streamer.evaluation.unknown import UnknownFolder
from streamer.tasks import TASKS
from streamer.training import scoring
from streamer.training.calibration import Scaling, scores_of
from streamer.training.export import Exporter
from streamer.training.folds import Split
from streamer.training.options import TrainingOptions
from streamer.training.progress import ReportProgress
from streamer.training.task import TrainingTask
from streamer.training.thresholds import choose_for_events, with_thresholds
from streamer.training.trainer import Material, Trainer, Weights
from streamer.training.windows import TrainingWindows
from streamer.training.world import BringsWorld, score_world

N_GROUPS = 5  # of labels, each left out once
FEWEST_LABELS = 6  # with fewer, a model without some of them says nothing of the one with all


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was found in the examples of labels that the model was not taught."""

    n_groups: int  # models trained, each without one group of labels
    false: Rate  # events: all are false
    labelled: Share  # files that get one of the labels left
    labels: tuple[UnknownFolder, ...]  # each label with what its examples were taken for, most false events first


def check_leave_out(options: TrainingOptions, labels: Sequence[str]) -> None:
    """Refuse to leave labels out where that says nothing.

    Raises
    ------
    UserError
        If there are too few labels, or the task is one of single pictures.
    """
    if not options.leave_labels_out:
        return
    if not TASKS[options.task].is_timed:
        raise UserError("--leave-labels-out must be left out for pictures, in which no time passes")
    n_labels = sum(not TASKS[options.task].is_background(label) for label in labels)
    if n_labels < FEWEST_LABELS:
        raise UserError(
            f"--leave-labels-out must have at least {FEWEST_LABELS} labels to train on; there are {n_labels}"
        )


def leave_labels_out(
    task: TrainingTask,
    trainer: Trainer,
    exporter: Exporter,
    material: Material,
    split: Split,
    measured: Mapping[Path, FileStats],
    options: TrainingOptions,
    n_epochs: int,
    report: ReportProgress,
) -> LeftOut:
    """Train the first phase without each group of labels in turn, and detect events in these labels' examples.

    Each such model is calibrated, and its thresholds are chosen, as those of the model that is kept, but without the
    labels left out: by the part that its training left out, and by the world where there is one.

    Parameters
    ----------
    task, trainer, exporter, material, split, measured, options
        As for the model that is kept.
    n_epochs : int
        Of the first phase.
    report : callable
        Takes the share done.
    """
    may_fire = [label for label in task.labels if not TASKS[task.task].is_background(label)]
    groups = [may_fire[i::N_GROUPS] for i in range(min(N_GROUPS, len(may_fire)))]
    found: dict[str, list[tuple[int, float, bool]]] = {}
    for i, group in enumerate(groups):
        report(i / len(groups), f"{i + 1} of {len(groups)}")
        fold = split.folds[i % len(split.folds)]
        places = [task.labels.index(label) for label in group]
        weights = trainer.train_without(places, fold, n_epochs)
        cut, part = material.cut[fold.held_out], split.parts[fold.held_out]
        rest = _of_labels(cut, part, [label for label in part.labels if label not in group])
        scaling = exporter.scaling([exporter.logits(weights, rest)], [rest])
        events = _events(task, exporter, weights, scaling, rest, part, measured, options, group)
        for windows, dataset in zip(material.cut, split.parts, strict=True):
            of_group = _of_labels(windows, dataset, group)
            for track in _tracks(task, exporter, weights, scaling, of_group, dataset, measured, places):
                found.setdefault(task.labels[track.label], []).append(_outcome(track, task, events))
    labels = tuple(UnknownFolder(label, *_sums(rows)) for label, rows in sorted(found.items()))
    false, labelled = _sums([row for rows in found.values() for row in rows])
    return LeftOut(len(groups), false, labelled, tuple(sorted(labels, key=lambda one: -one.false.n)))


def _events(
    task: TrainingTask,
    exporter: Exporter,
    weights: Weights,
    scaling: Scaling,
    rest: TrainingWindows,
    part: Dataset,
    measured: Mapping[Path, FileStats],
    options: TrainingOptions,
    group: Sequence[str],
) -> EventSettings:
    """Choose thresholds without the labels left out, which may have no events."""
    silent = (*task.spec.events.deny, *group)
    events = task.spec.events.model_copy(update={"deny": silent})
    world = []
    if isinstance(task, BringsWorld):
        world = score_world(task.world(), exporter.scores_above(task.world_layer, weights, scaling))
    places = [task.labels.index(label) for label in group]
    tracks = _tracks(task, exporter, weights, scaling, rest, part, measured, places)
    return with_thresholds(events, choose_for_events(tracks, task.labels, events, options.allowed_false_alarms, world))


def _tracks(
    task: TrainingTask,
    exporter: Exporter,
    weights: Weights,
    scaling: Scaling,
    windows: TrainingWindows,
    dataset: Dataset,
    measured: Mapping[Path, FileStats],
    left_out: Sequence[int],
) -> list[ScoreTrack]:
    """Score windows by a model that lacks some labels: their scores are 0."""
    if not len(windows):
        return []
    scores = scores_of(scaling.apply(exporter.logits(weights, windows)), task.plan.activation)
    scores[:, list(left_out)] = 0.0
    return scoring.score_tracks(scoring.by_example(scores, windows, dataset), task.labels, task.spec, measured)


def _outcome(track: ScoreTrack, task: TrainingTask, events: EventSettings) -> tuple[int, float, bool]:
    """Return a file's number of events, the hours in which they could begin, and whether it gets a label."""
    begun = count_begun(track, task.labels, events)
    label = scoring.label_of(track, begun, task.labels, events, task.task)
    is_labelled = label is not None and not TASKS[task.task].is_background(label)
    return int(begun.sum()), track.exposure_s(events) / 3600.0, is_labelled


def _of_labels(windows: TrainingWindows, dataset: Dataset, labels: Sequence[str]) -> TrainingWindows:
    """Return the windows of the examples that have one of these labels."""
    wanted = np.array([example.label in labels for example in dataset], bool)
    rows = np.flatnonzero((windows.examples >= 0) & wanted[np.maximum(windows.examples, 0)])
    return TrainingWindows(windows.features[rows], windows.targets[rows], windows.examples[rows])


def _sums(rows: Sequence[tuple[int, float, bool]]) -> tuple[Rate, Share]:
    n_events, hours, n_labelled = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0.0, 0)
    return Rate(int(n_events), float(hours)), Share(int(n_labelled), len(rows))
