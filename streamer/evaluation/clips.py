"""How good a model is on a folder of labelled files, each one clip of one label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from streamer.config import Config
from streamer.dataset.examples import Dataset
from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap, check_known
from streamer.evaluation.metrics import Evaluation, evaluate_scores
from streamer.evaluation.scorer import FileScorer
from streamer.model.file import ModelFile
from streamer.model.file_label import file_scores


@dataclass(frozen=True, slots=True)
class Mistake:
    """A clip whose label was not found."""

    path: Path
    label: str
    found: str
    score: float  # of what was found, range 0…1


@dataclass(frozen=True, slots=True)
class ClipEvaluation:
    """A model's figures on labelled files, and the files behind them."""

    evaluation: Evaluation
    mistakes: tuple[Mistake, ...]  # surest first
    unreadable: tuple[tuple[Path, str], ...]  # files that could not be scored, and why; not among the clips


def evaluate_dataset(
    model: ModelFile,
    dataset: Dataset,
    config: Config,
    label_map: LabelMap | None = None,
    n_jobs: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> ClipEvaluation:
    """Run every example through the pipeline that live streams use, and compare its file label with its label.

    Parameters
    ----------
    model : ModelFile
        For the dataset's task.
    dataset : Dataset
    config : Config
    label_map : LabelMap, optional
        Scores are those of its labels instead of the model's.
    n_jobs : int
        Files at a time; 0: one per core.
    advance : callable
        Called after every file.

    Raises
    ------
    UserError
        If the model, the map or the event settings do not fit, the data have a label that the model has not, or no
        file can be scored.
    """
    scorer = FileScorer(model, [example.path for example in dataset], config, label_map, n_jobs)
    labels = dataset.labels
    check_known(labels, scorer.labels, model.spec.name, f"data={dataset.folder}")
    columns = (*labels, *(label for label in scorer.labels if label not in labels))
    order = [scorer.labels.index(label) for label in columns]
    truths, rows, mistakes, unreadable, n_windows = [], [], [], [], 0
    for example, result in zip(dataset, scorer.results(), strict=True):
        advance()
        if result.error:
            unreadable.append((example.path, result.error))
            continue
        scores = file_scores(np.stack([window.values for window in result.scores]), scorer.labels)[order]
        truths.append(labels.index(example.label))
        rows.append(scores)
        n_windows += len(result.scores)
        found = columns[int(scores.argmax())]
        if found != example.label:
            mistakes.append(Mistake(example.path, example.label, found, float(scores.max())))
    if not rows:
        raise UserError(f"data={dataset.folder} must hold a file that can be classified; {unreadable[0][1]}")
    evaluation = evaluate_scores(labels, np.array(truths), np.stack(rows), columns[len(labels) :])
    return ClipEvaluation(
        replace(evaluation, n_windows=n_windows, window_ms=scorer.window_ms()),
        tuple(sorted(mistakes, key=lambda mistake: -mistake.score)),
        tuple(unreadable),
    )
