"""From examples to a measured model: sample, fit, calibrate, convert, measure, choose thresholds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamer.config import EventSettings
from streamer.dataset.file_stats import FileStats
from streamer.evaluation.metrics import Evaluation, Rejection, count_rejections
from streamer.evaluation.tracks import count_begun
from streamer.tasks import TASKS
from streamer.training import scoring
from streamer.training.calibration import Scaling, scores_of
from streamer.training.comparison import Comparison, compare
from streamer.training.earlier import EarlierModel
from streamer.training.export import Exporter, ScoredDataset, representative_windows
from streamer.training.folds import Split
from streamer.training.leave_out import LeftOut, leave_labels_out
from streamer.training.options import TrainingOptions
from streamer.training.progress import Progress, ReportProgress
from streamer.training.task import Advance, TrainingTask
from streamer.training.thresholds import Threshold, alarms, choose_for_events, choose_for_pictures, with_thresholds
from streamer.training.trainer import Material, Trainer, Weights
from streamer.training.windows import TrainingWindows, WindowWriter
from streamer.training.world import BringsWorld, WorldEvidence, WorldTrack, score_world, world_evidence


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How computing in int8 changed the scores of the examples that were measured."""

    accuracy_before: float
    accuracy_after: float
    moved_mean: float  # distance between a score before and after
    moved_most: float


@dataclass(frozen=True, slots=True)
class Alarms:
    """Events at the chosen thresholds on examples that had no part in choosing them."""

    n_false: int  # events of a wrong label
    hours: float  # of these examples, in which an event could have begun
    missed: float  # share of the examples of labels that may have events in which none of their own began; NaN without


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A model and all that was measured of it."""

    flatbuffer: bytes
    labels: tuple[str, ...]
    events: EventSettings
    split: Split  # by which it was measured
    evaluation: Evaluation
    thresholds: tuple[Threshold, ...]
    alarms: Alarms | None  # None without a test
    world: WorldEvidence | None  # None for a task that brings none
    left_out: LeftOut | None  # None unless asked for
    comparison: Comparison | None  # with the model that training went on from
    error_before: float  # expected calibration error of windows, before and after calibration, range 0…1
    error_after: float
    quantisation: Quantisation | None  # None unless it computes in int8
    n_sampled: int  # windows trained on
    epochs: tuple[tuple[str, int], ...]  # of each phase: the layer above which it changed the network, and how long
    interrupted: bool


def learn(
    task: TrainingTask,
    split: Split,
    measured: Mapping[Path, FileStats],
    folder: Path,
    options: TrainingOptions,
    progress: Progress,
    earlier: EarlierModel | None = None,
) -> Learned:
    """Train, calibrate, convert and measure a model.

    Parameters
    ----------
    task : TrainingTask
    split : Split
        Of the usable examples.
    measured : mapping from Path to FileStats
        Of each of them.
    folder : Path
        For windows and weights; the caller removes it.
    options : TrainingOptions
    progress : Progress
    earlier : EarlierModel, optional
        The model that the task goes on from.

    Raises
    ------
    StreamerError
        If the disk is full, training diverges, or the network cannot be converted.
    KeyboardInterrupt
        If the user ends it before anything has been learnt.
    """
    material, test = _prepare(task, split, folder, options.seed, progress)
    counts = Counter(example.label for part in split.parts for example in part)
    trainer = Trainer(task, material, folder, progress, options, n_examples=min(counts.values()))
    trained = trainer.train(split.folds)
    if trained.interrupted:
        progress.say("  stopped: going on with the best so far; Ctrl-C again leaves, and nothing is written")
    with progress.stage("calibrating, converting and measuring") as report:
        exporter = Exporter(task, trainer.network, representative_windows(material) if options.int8 else None)
        parts = [fold.held_out for fold, _ in trained.folds]
        cuts = [material.cut[part] for part in parts]
        logits = [exporter.logits(weights, cut) for (_, weights), cut in zip(trained.folds, cuts, strict=True)]
        scaling = exporter.scaling(logits, cuts)
        world = _world(task, exporter, trained.weights, scaling)
        model = exporter.export(trained.weights, scaling)
        validation = []
        for k, (_, weights) in enumerate(trained.folds):
            report(k / len(cuts))
            fold_model = model
            if weights is not trained.weights:  # calibrated by the other parts alone
                others = [i for i in range(len(cuts)) if i != k]
                scaling = exporter.scaling([logits[i] for i in others], [cuts[i] for i in others])
                fold_model = exporter.export(weights, scaling)
            validation.append(ScoredDataset.by(fold_model, cuts[k], split.parts[parts[k]]))
        tested = [ScoredDataset.by(model, test, split.test)] if split.test is not None and test is not None else []
        events, thresholds = _thresholds(task, validation, measured, options.allowed_false_alarms, world)
        evaluation = _evaluation(tested or validation, task.labels, split.labels)
        rejection = _rejection(task, tested or validation, measured, events)
        comparison = compare(task, earlier, tested or validation, split.known, measured, events) if earlier else None
        targets = np.concatenate([cut.targets for cut in cuts])
        scores_before = scores_of(np.concatenate(logits), task.plan.activation)
        scores_after = np.concatenate([scored.scores for scored in validation])
    left_out = None
    if options.leave_labels_out and not trained.interrupted:
        n_epochs = trained.epochs[0]
        try:
            with progress.stage("training without some labels, to see what their sounds are taken for") as report:
                left_out = leave_labels_out(
                    task, trainer, exporter, material, split, measured, options, n_epochs, report
                )
        except KeyboardInterrupt:
            progress.say("  stopped: the model is kept; what labels left out are taken for stays unknown")
    return Learned(
        flatbuffer=model.flatbuffer,
        labels=task.labels,
        events=events,
        split=split.reduced([fold for fold, _ in trained.folds]),
        evaluation=replace(
            evaluation, window_ms=scoring.window_ms(model.predict, cuts[0].features), rejection=rejection
        ),
        thresholds=thresholds,
        alarms=_alarms(task, tested, measured, events),
        world=world_evidence(world, task.labels, events) if world else None,
        left_out=left_out,
        comparison=comparison,
        error_before=scoring.calibration_error(scores_before, targets),
        error_after=scoring.calibration_error(scores_after, targets),
        quantisation=_quantisation(tested or validation, task.labels, split.labels) if options.int8 else None,
        n_sampled=sum(map(len, material.sampled)),
        epochs=tuple((phase.after, n) for phase, n in zip(trainer.phases, trained.epochs, strict=False)),
        interrupted=trained.interrupted,
    )


def _prepare(
    task: TrainingTask, split: Split, folder: Path, seed: int, progress: Progress
) -> tuple[Material, TrainingWindows | None]:
    """Sample and cut the windows of every part, each part by itself, and cut those of the test."""
    trained_on = {part for fold in split.folds for part in fold.training}
    n_labels, shape = len(task.labels), task.spec.input_shape
    datasets = [*split.parts, *([split.test] if split.test is not None else [])]
    n_parts, n_examples = len(split.parts), sum(map(len, datasets))

    def share_of(report: ReportProgress, i: int) -> Advance:
        before = sum(map(len, datasets[:i]))
        return lambda share: report((before + share * len(datasets[i])) / n_examples)

    with progress.stage("sampling windows to learn from") as report:
        sampled = [
            task.sample(part, folder / f"sampled{i}", seed + i, share_of(report, i))
            if i in trained_on
            else WindowWriter(folder / f"sampled{i}", shape, n_labels).finish()
            for i, part in enumerate(split.parts)
        ]
        report(1.0, f"{sum(map(len, sampled)):,} windows")
    with progress.stage("cutting windows as the live pipeline does") as report:
        cut = [task.cut(dataset, folder / f"cut{i}", share_of(report, i)) for i, dataset in enumerate(datasets)]
        report(1.0, f"{sum(map(len, cut)):,} windows")
    return Material(tuple(sampled), tuple(cut[:n_parts])), cut[n_parts] if split.test is not None else None


def _evaluation(sets: Sequence[ScoredDataset], labels: tuple[str, ...], data_labels: tuple[str, ...]) -> Evaluation:
    examples = [one for scored in sets for one in scored.examples]
    n_windows = sum(len(one.scores) for one in examples)
    return replace(scoring.evaluate(examples, labels, data_labels), n_windows=n_windows)


def _world(task: TrainingTask, exporter: Exporter, weights: Weights, scaling: Scaling) -> list[WorldTrack]:
    """Score the world that the task brings by the model that is kept, which has not seen it."""
    if not isinstance(task, BringsWorld):
        return []
    return score_world(task.world(), exporter.scores_above(task.world_layer, weights, scaling))


def _rejection(
    task: TrainingTask, sets: Sequence[ScoredDataset], measured: Mapping[Path, FileStats], events: EventSettings
) -> Rejection:
    """Count what becomes of the examples where a label needs an event, at the chosen thresholds."""
    examples = [one for scored in sets for one in scored.examples]
    tracks = scoring.score_tracks(examples, task.labels, task.spec, measured)
    given = [
        scoring.label_of(track, count_begun(track, task.labels, events), task.labels, events, task.task)
        for track in tracks
    ]
    return count_rejections([one.example.label for one in examples], given, TASKS[task.task].background)


def _thresholds(
    task: TrainingTask,
    sets: Sequence[ScoredDataset],
    measured: Mapping[Path, FileStats],
    false_alarms: float,
    world: Sequence[WorldTrack],
) -> tuple[EventSettings, tuple[Threshold, ...]]:
    """Choose thresholds by examples that the scores' models were not trained on."""
    events, examples = task.spec.events, [one for scored in sets for one in scored.examples]
    if TASKS[task.task].is_timed:
        tracks = scoring.score_tracks(examples, task.labels, task.spec, measured)
        chosen = choose_for_events(tracks, task.labels, events, false_alarms, world)
    else:
        scores = np.concatenate([one.scores for one in examples])
        truths = np.repeat(
            [task.labels.index(one.example.label) for one in examples], [len(one.scores) for one in examples]
        )
        chosen = choose_for_pictures(scores, truths, task.labels, events, false_alarms)
    return with_thresholds(events, chosen), chosen


def _alarms(
    task: TrainingTask, tested: Sequence[ScoredDataset], measured: Mapping[Path, FileStats], events: EventSettings
) -> Alarms | None:
    """Count the events in the test at the chosen thresholds; pictures are no streams and have no events."""
    if not tested or not TASKS[task.task].is_timed:
        return None
    examples = [one for scored in tested for one in scored.examples]
    tracks = scoring.score_tracks(examples, task.labels, task.spec, measured)
    n_false, begun = alarms(tracks, task.labels, events)
    hours = sum(track.exposure_s(events) for track in tracks) / 3600.0
    may_begin = np.isin([task.labels[track.label] for track in tracks], events.deny, invert=True)
    return Alarms(int(n_false.sum()), hours, float(1.0 - begun[may_begin].mean()) if may_begin.any() else math.nan)


def _quantisation(sets: Sequence[ScoredDataset], labels: tuple[str, ...], data_labels: tuple[str, ...]) -> Quantisation:
    """Compare the scores in int8 with those of float16 weights, on the same windows."""
    before = [replace(scored, scores=scored.model.predict_float16(scored.windows.features)) for scored in sets]
    moved = np.concatenate([np.abs(a.scores - b.scores).ravel() for a, b in zip(before, sets, strict=True)])
    return Quantisation(
        accuracy_before=_evaluation(before, labels, data_labels).accuracy,
        accuracy_after=_evaluation(sets, labels, data_labels).accuracy,
        moved_mean=float(moved.mean()),
        moved_most=float(moved.max()),
    )
