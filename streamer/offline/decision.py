"""Decide what a whole file is labelled: a label of which an event begins in it, or none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32
from streamer.events import EventDetector
from streamer.messages import TaskName
from streamer.model.file_label import file_scores
from streamer.tasks import TASKS


@dataclass(frozen=True, slots=True)
class FileDecision:
    """The label of a whole file, and the scores of all labels that it was chosen from."""

    label: str | None  # None: no event begins, and the model has no background label
    score: float | None  # of that label over the whole file, range 0…1
    ranking: tuple[tuple[str, float], ...]  # every label with its score over the whole file, best first


def decide(scores: Float32, detector: EventDetector, begun: Collection[str], task: TaskName) -> FileDecision:
    """Return the label of a file: the best-scoring one of those of which an event begins, else the background label.

    A file of fewer windows than an event needs can begin none. There a label has evidence enough where the mean of its
    scores reaches its threshold ``on``: for a single window, where the score does.

    Parameters
    ----------
    scores : ndarray, shape (n_windows, n_labels)
        Of the file's windows; no window at all: no label.
    detector : EventDetector
        With the thresholds in force and the stride of these windows.
    begun : collection of str
        Labels of which it began an event in the file.
    task : {"sound", "pattern", "motion"}
        Of the model, which says what its background label is called.
    """
    labels = detector.labels
    if not len(scores):
        return FileDecision(None, None, ())
    ranking = file_scores(scores, labels)
    enough = np.isin(labels, list(begun))
    if len(scores) < detector.n_needed:
        enough = (scores.mean(axis=0, dtype=np.float64) >= detector.on) & np.isin(labels, detector.may_fire)
    names = [label.casefold() for label in labels]
    background = [names.index(name) for name in TASKS[task].background if name in names]
    enough[background] = False
    places = np.flatnonzero(enough) if enough.any() else np.array(background[:1], int)
    ranked = tuple((labels[i], float(ranking[i])) for i in np.argsort(-ranking, kind="stable"))
    if not len(places):
        return FileDecision(None, None, ranked)
    best = int(places[np.argmax(ranking[places])])
    return FileDecision(labels[best], float(ranking[best]), ranked)
