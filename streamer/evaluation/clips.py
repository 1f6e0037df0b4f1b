"""Evaluate a model on a folder of labelled files, each of which is one clip of one label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamer.config import Config
from streamer.dataset.examples import Dataset
from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap, check_known
from streamer.evaluation.metrics import Evaluation, count_rejections, evaluate_scores
from streamer.evaluation.scorer import FileScorer
from streamer.evaluation.tracks import ScoreTrack, TrackSet
from streamer.model.file import ModelFile
from streamer.model.file_label import file_scores
from streamer.tasks import TASKS


@dataclass(frozen=True, slots=True)
class Mistake:
    """A clip for which another label than its own was found."""

    path: Path
    label: str
    found: str
    score: float  # of the label found, range 0…1


@dataclass(frozen=True, slots=True)
class ClipEvaluation:
    """Figures of a model on labelled files, with its mistakes."""

    evaluation: Evaluation
    mistakes: tuple[Mistake, ...]  # highest score first
    unreadable: tuple[tuple[Path, str], ...]  # files without scores, and why; not among the clips
    tracks: TrackSet | None = None  # of all clips; None for single pictures, which are no streams


def evaluate_dataset(
    model: ModelFile,
    dataset: Dataset,
    config: Config,
    label_map: LabelMap | None = None,
    n_jobs: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> ClipEvaluation:
    """Run every example through the pipeline of live streams, and compare the label found with its own.

    Parameters
    ----------
    model : ModelFile
        A model for the dataset's task.
    dataset : Dataset
    config : Config
    label_map : LabelMap, optional
        Maps the scores of the model's labels to those of other labels.
    n_jobs : int
        Number of files scored at the same time; 0: one per core.
    advance : callable
        Called after every file.

    Raises
    ------
    UserError
        If the model, the map or the event settings do not fit, the data have a label that the model lacks, or no
        file can be scored.
    """
    scorer = FileScorer(model, [example.path for example in dataset], config, label_map, n_jobs)
    labels = dataset.labels
    check_known(labels, scorer.labels, model.spec.name, f"data={dataset.folder}")
    place = {label.casefold(): i for i, label in enumerate(scorer.labels)}
    own = {label.casefold() for label in labels}
    columns = (*labels, *(label for label in scorer.labels if label.casefold() not in own))
    order = [place[label.casefold()] for label in columns]
    truths, rows, decided, tracks = [], [], [], []
    mistakes, unreadable, n_windows = [], [], 0
    for example, result in zip(dataset, scorer.results(), strict=True):
        advance()
        if result.error:
            unreadable.append((example.path, result.error))
            continue
        scores = file_scores(np.stack([window.values for window in result.scores]), scorer.labels)[order]
        truths.append(labels.index(example.label))
        rows.append(scores)
        decided.append(result.label)
        tracks.append(ScoreTrack.of(result.scores, place[example.label.casefold()], result.duration_s))
        n_windows += len(result.scores)
        found = columns[int(scores.argmax())]
        if found != example.label:
            mistakes.append(Mistake(example.path, example.label, found, float(scores.max())))
    if not rows:
        raise UserError(f"data={dataset.folder} must hold a file that can be classified; {unreadable[0][1]}")
    task = TASKS[model.spec.task]
    rejection = count_rejections([labels[truth] for truth in truths], decided, task.background)
    evaluation = evaluate_scores(labels, np.array(truths), np.stack(rows), columns[len(labels) :])
    return ClipEvaluation(
        replace(evaluation, n_windows=n_windows, window_ms=scorer.window_ms(), rejection=rejection),
        tuple(sorted(mistakes, key=lambda mistake: -mistake.score)),
        tuple(unreadable),
        TrackSet(scorer.labels, scorer.events, tuple(tracks)) if task.is_timed else None,
    )
