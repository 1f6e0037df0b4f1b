"""One label for a whole file, from the scores of its windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from streamer.arrays import Float32
from streamer.tasks.sound import BACKGROUND

_LOWEST_SHARE = 1 / 12  # of the windows: where `background` scores lowest there, something else was there


def file_scores(scores: Float32, labels: Sequence[str]) -> Float32:
    """Return a score of each label for a whole file.

    A label gets the root mean square of its window scores, so that one bark in four seconds of silence outweighs a
    low score throughout. ``background`` stands for the absence of all others: it gets the cube of its mean over the
    twelfth of the windows in which it scores lowest (one window of a 5 s clip), so that it wins only where it scores
    high throughout.

    Parameters
    ----------
    scores : ndarray, shape (n_windows, n_labels)
        Range 0…1, at least one window.
    labels : sequence of str
        Names of the scores, in their order.

    Returns
    -------
    ndarray of float32, shape (n_labels,)
        Range 0…1; the sum need not be 1.
    """
    ranking = np.sqrt(np.mean(np.square(scores, dtype=np.float64), axis=0))
    if BACKGROUND in labels:
        index = list(labels).index(BACKGROUND)
        n_lowest = math.ceil(_LOWEST_SHARE * len(scores))
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
