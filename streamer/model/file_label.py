"""The one label of a whole recording, from the scores of its windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from streamer.arrays import Float32
from streamer.tasks.sound import BACKGROUND

_QUIETEST = 1 / 12  # share of the windows that can deny that nothing but background was there


def file_scores(scores: Float32, labels: Sequence[str]) -> Float32:
    """Return a score of each label for the whole recording.

    A sound counts by the root mean square of its window scores, so that a bark in four seconds of silence
    outweighs a faint suspicion all along. ``background`` is no sound but the absence of the others: it counts
    by the cubed mean over the twelfth of the windows in which it scores lowest (one window of a 5 s clip), so
    that it wins only where it holds throughout and without doubt.

    Parameters
    ----------
    scores : ndarray, shape (n_windows, n_labels)
        Range 0…1, at least one window.
    labels : sequence of str
        Names of the scores, in their order.

    Returns
    -------
    ndarray of float32, shape (n_labels,)
        Range 0…1; they need not add up to 1.
    """
    ranking = np.sqrt(np.mean(np.square(scores, dtype=np.float64), axis=0))
    if BACKGROUND in labels:
        index = list(labels).index(BACKGROUND)
        n_lowest = math.ceil(_QUIETEST * len(scores))
        ranking[index] = np.sort(scores[:, index])[:n_lowest].mean(dtype=np.float64) ** 3
    return np.asarray(np.clip(ranking, 0.0, 1.0), np.float32)


def file_label(scores: Float32, labels: Sequence[str]) -> tuple[str, float]:
    """Return the label with the highest file score, and that score (see :func:`file_scores`).

    Parameters
    ----------
    scores : ndarray, shape (n_windows, n_labels)
        Range 0…1, at least one window.
    labels : sequence of str
        Names of the scores, in their order; of equal scores the first label wins.
    """
    ranking = file_scores(scores, labels)
    best = int(np.argmax(ranking))
    return labels[best], float(ranking[best])
