"""Measure the shipped sound model: confusion matrix of the cross-validation, accuracy, events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.card import ambient_spec
from models.recipes.ambient.corpus import CLASSES, LABELS, CorpusFile
from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.evaluation import metrics
from streamer.events import EventDetector
from streamer.messages import Scores
from streamer.model.file_label import file_label
from streamer.training.conversion import Predict
from streamer.training.sound.files import cut_file

SPEC = ambient_spec({})


def score_recordings(predict: Predict, recordings: Sequence[CorpusFile]) -> list[Float32]:
    """Return the scores of each recording's windows, cut as live, shapes (n_windows, n_labels)."""
    return [predict(cut_file(recording.path, SPEC)) for recording in recordings]


def confusion(scores: Sequence[Float32], recordings: Sequence[CorpusFile]) -> NDArray[np.int64]:
    """Count recordings by true label (row) and by the file label (column), shape (n_labels, n_labels)."""
    truths = [LABELS.index(recording.label) for recording in recordings]
    found = [LABELS.index(file_label(values, LABELS)[0]) for values in scores]
    return metrics.confusion(np.array(truths, int), np.array(found, int), len(LABELS))[:, :-1]


def accuracy(counts: NDArray[np.int64]) -> float:
    """Return the share of the ten classes' recordings on the diagonal of a confusion matrix."""
    rows = counts[: len(CLASSES)]
    return float(np.trace(rows) / max(1, rows.sum()))


def count_events(scores: Sequence[Float32], settings: EventSettings) -> list[Counter[str]]:
    """Return, for each recording, how many events of each label begin in it."""
    counted = []
    for values in scores:
        detector = EventDetector("training", LABELS, settings, SPEC.stride_s)
        events: Counter[str] = Counter()
        for i, row in enumerate(values):
            start_s = i * SPEC.stride_s
            end_s = start_s + SPEC.window_s
            messages = detector.update(Scores("training", LABELS, row, start_s, end_s, end_s))
            events.update(event.label for event in messages if event.offset_s is None)
        counted.append(events)
    return counted
