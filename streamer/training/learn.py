"""From examples to a model that knows how far it can be trusted: draw, fit, calibrate, convert, measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamer.config import EventSettings
from streamer.dataset.file_stats import Facts
from streamer.evaluation.metrics import Evaluation
from streamer.training import scoring as judging
from streamer.training.calibration import scores_of
from streamer.training.export import Maker, Scored, representative
from streamer.training.folds import Division
from streamer.training.progress import Progress, Report
from streamer.training.task import TrainingTask
from streamer.training.thresholds import Threshold, alarms, choose_for_events, choose_for_pictures, with_thresholds
from streamer.training.trainer import Material, Trainer
from streamer.training.windows import Windows, WindowWriter


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """What the user may choose."""

    seed: int = 0
    n_epochs: int | None = None  # at most, in each stage
    int8: bool = False
    false_alarms: float = 1.0  # of all labels together: per hour; of pictures: share


@dataclass(frozen=True, slots=True)
class Quantisation:
    """What computing in int8 changed."""

    accuracy_before: float
    accuracy_after: float
    moved_mean: float  # distance between a score before and after
    moved_most: float


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the thresholds did on examples that had no part in choosing them."""

    n_false: int  # events of a wrong label
    hours: float  # of these examples
    missed: float  # share of the examples in which no event of their own label began


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A model and all that was measured of it."""

    flatbuffer: bytes
    labels: tuple[str, ...]
    events: EventSettings
    division: Division  # by which it was measured
    evaluation: Evaluation
    thresholds: tuple[Threshold, ...]
    alarms: Alarms | None  # None without a test
    error_before: float  # expected calibration error of windows, before and after calibration, range 0…1
    error_after: float
    quantisation: Quantisation | None
    n_drawn: int  # windows learnt from
    epochs: tuple[tuple[str, int], ...]  # of each stage: what it changed, and how long
    interrupted: bool


def learn(
    course: TrainingTask,
    division: Division,
    measured: Mapping[Path, Facts],
    folder: Path,
    requests: TrainingOptions,
    progress: Progress,
) -> Learned:
    """Run the whole sequence.

    Parameters
    ----------
    course : TrainingTask
    division : Division
        Of the usable examples.
    measured : mapping from Path to Facts
        Of each of them.
    folder : Path
        For windows and weights; the caller removes it.
    requests : TrainingOptions
    progress : Progress

    Raises
    ------
    StreamerError
        If the disk is full, training diverges, or the network cannot be converted.
    KeyboardInterrupt
        If the user ends it before anything has been learnt.
    """
    material, test = _prepare(course, division, folder, requests.seed, progress)
    counts = Counter(example.label for part in division.parts for example in part)
    trainer = Trainer(
        course,
        material,
        folder,
        progress,
        n_examples=min(counts.values()),
        n_epochs=requests.n_epochs,
        seed=requests.seed,
    )
    trained = trainer.train(division.rounds)
    if trained.interrupted:
        progress.say("  stopped: going on with the best so far; Ctrl-C again leaves, and nothing is written")
    with progress.stage("calibrating, converting and measuring") as report:
        maker = Maker(course, trainer.network, representative(material) if requests.int8 else None)
        parts = [one.held_out for one, _ in trained.rounds]
        cuts = [material.cut[part] for part in parts]
        logits = [maker.logits(weights, cut) for (_, weights), cut in zip(trained.rounds, cuts, strict=True)]
        scaling = maker.scaling(logits, cuts)
        model = maker.convert(trained.weights, scaling)
        validation = []
        for k, (_, weights) in enumerate(trained.rounds):
            report(k / len(cuts))
            one = model
            if weights is not trained.weights:  # calibrated, too, by the other parts alone
                others = [i for i in range(len(cuts)) if i != k]
                one = maker.convert(weights, maker.scaling([logits[i] for i in others], [cuts[i] for i in others]))
            validation.append(Scored.by(one, cuts[k], division.parts[parts[k]]))
        tested = [Scored.by(model, test, division.test)] if division.test is not None and test is not None else []
        labels, wanted = course.labels, division.labels
        evaluation = _evaluation(tested or validation, labels, wanted)
        events, thresholds = _thresholds(course, validation, measured, requests.false_alarms)
        targets = np.concatenate([cut.targets for cut in cuts])
    return Learned(
        flatbuffer=model.flatbuffer,
        labels=labels,
        events=events,
        division=division.reduced([one for one, _ in trained.rounds]),
        evaluation=replace(evaluation, window_ms=judging.window_ms(model.predict, cuts[0].features)),
        thresholds=thresholds,
        alarms=_alarms(course, tested, measured, events),
        error_before=judging.calibration_error(scores_of(np.concatenate(logits), course.plan.activation), targets),
        error_after=judging.calibration_error(np.concatenate([scored.scores for scored in validation]), targets),
        quantisation=_quantisation(tested or validation, labels, wanted) if requests.int8 else None,
        n_drawn=sum(map(len, material.drawn)),
        epochs=tuple((stage.after, n) for stage, n in zip(trainer.stages, trained.epochs, strict=False)),
        interrupted=trained.interrupted,
    )


def _prepare(
    course: TrainingTask, division: Division, folder: Path, seed: int, progress: Progress
) -> tuple[Material, Windows | None]:
    """Draw and cut the windows of every part, each part by itself, and cut those of the test."""
    learnt_from = {part for one in division.rounds for part in one.training}
    n_labels, shape = len(course.labels), course.spec.input_shape
    datasets = [*division.parts, *([division.test] if division.test is not None else [])]
    n_parts, n_examples = len(division.parts), sum(map(len, datasets))

    def share_of(report: Report, i: int) -> Report:
        before = sum(map(len, datasets[:i]))
        return lambda share: report((before + share * len(datasets[i])) / n_examples)

    with progress.stage("drawing windows to learn from") as report:
        drawn = [
            course.draw(part, folder / f"drawn{i}", seed + i, share_of(report, i))
            if i in learnt_from
            else WindowWriter(folder / f"drawn{i}", shape, n_labels).finish()
            for i, part in enumerate(division.parts)
        ]
        report(1.0, f"{sum(map(len, drawn)):,} windows")
    with progress.stage("cutting windows as they come live") as report:
        cut = [course.cut(dataset, folder / f"cut{i}", share_of(report, i)) for i, dataset in enumerate(datasets)]
        report(1.0, f"{sum(map(len, cut)):,} windows")
    return Material(tuple(drawn), tuple(cut[:n_parts])), cut[n_parts] if division.test is not None else None


def _evaluation(sets: Sequence[Scored], labels: tuple[str, ...], wanted: tuple[str, ...]) -> Evaluation:
    judged = [one for scored in sets for one in scored.judged]
    return replace(judging.evaluate(judged, labels, wanted), n_windows=sum(len(one.scores) for one in judged))


def _thresholds(
    course: TrainingTask, sets: Sequence[Scored], measured: Mapping[Path, Facts], false_alarms: float
) -> tuple[EventSettings, tuple[Threshold, ...]]:
    """Choose thresholds by examples that the scores' models did not learn from."""
    events, judged = course.spec.events, [one for scored in sets for one in scored.judged]
    if course.task == "pattern":
        scores = np.concatenate([one.scores for one in judged])
        truths = np.repeat(
            [course.labels.index(one.example.label) for one in judged], [len(one.scores) for one in judged]
        )
        chosen = choose_for_pictures(scores, truths, course.labels, events, false_alarms)
    else:
        heard = judging.tracks(judged, course.labels, course.spec, measured)
        chosen = choose_for_events(heard, course.labels, events, false_alarms)
    return with_thresholds(events, chosen), chosen


def _alarms(
    course: TrainingTask, tested: Sequence[Scored], measured: Mapping[Path, Facts], events: EventSettings
) -> Alarms | None:
    """Run the chosen thresholds over the test; pictures are no streams, and have no events."""
    if not tested or course.task == "pattern":
        return None
    heard = judging.tracks([one for scored in tested for one in scored.judged], course.labels, course.spec, measured)
    n_false, begun = alarms(heard, course.labels, events)
    return Alarms(int(n_false.sum()), sum(track.duration_s for track in heard) / 3600.0, float(1.0 - begun.mean()))


def _quantisation(sets: Sequence[Scored], labels: tuple[str, ...], wanted: tuple[str, ...]) -> Quantisation:
    """Compare the same examples' scores by the weights before they became int8."""
    before = [replace(scored, scores=scored.model.before(scored.windows.features)) for scored in sets]
    moved = np.concatenate([np.abs(a.scores - b.scores).ravel() for a, b in zip(before, sets, strict=True)])
    return Quantisation(
        accuracy_before=_evaluation(before, labels, wanted).accuracy,
        accuracy_after=_evaluation(sets, labels, wanted).accuracy,
        moved_mean=float(moved.mean()),
        moved_most=float(moved.max()),
    )
