"""Find the pairs of labels that one value of each file tells apart, guarded against chance.

Files of one origin have much in common whatever their label: one observation is an origin, not a file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from streamer.arrays import Bool, Float64, Int64

N_PARTS = 10  # parts of the origins; each is looked up in the table of the others
MAX_VALUES = 64  # values with an entry of their own; rarer ones, and those of a single file, share one entry
MAX_LEVELS = 1000  # different values kept for the order
RIGHT = 0.9  # least share of the files of two labels (each label counting half) that a table guesses right
IN_ORDER = 0.96  # least area under the curve: that of two normal distributions which a threshold tells apart in 0.9
CHANCE = 0.02  # greatest probability that a coin guesses as many right
CHANCE_IN_ORDER = 0.01  # greatest probability of such an order by chance, for all pairs together (Bonferroni)


def table_separation(values: Sequence[Any], classes: Int64, origins: Int64) -> Bool:
    """Return the pairs of labels told apart by looking a value up among the files of other origins.

    Parameters
    ----------
    values : sequence
        Value of each file; only whether two are equal counts.
    classes, origins : ndarray of int, shape (n_files,)
        Number of each file's label and of its origin.

    Returns
    -------
    ndarray of bool, shape (n_labels, n_labels)
        Symmetric. True where ``RIGHT`` of the guesses are right, and where as many right guesses, one for each
        origin, have at most the probability ``CHANCE`` for a coin (binomial test).
    """
    common = [value for value, n in Counter(values).most_common(MAX_VALUES) if n > 1]
    code_of = {value: code for code, value in enumerate(common)}
    codes = np.array([code_of.get(value, MAX_VALUES) for value in values])
    accuracy = table_accuracy(codes, classes, origins % N_PARTS)
    n_origins = _count(classes, origins)
    apart = np.zeros(accuracy.shape, np.bool_)
    for a, b in zip(*np.nonzero(accuracy >= RIGHT), strict=True):
        apart[a, b] = _by_coin(float(accuracy[a, b]), int(n_origins[a] + n_origins[b])) <= CHANCE
    return apart


def table_accuracy(codes: Int64, classes: Int64, parts: Int64) -> Float64:
    """Return how well a table of one value tells each pair of labels apart.

    Parameters
    ----------
    codes, classes, parts : ndarray of int, shape (n_files,)
        Number of each file's value, of its label, and of the part of the files that it belongs to. The files of a
        part are looked up in the table of all other parts: the label in which the value is more frequent is guessed.

    Returns
    -------
    ndarray, shape (n_labels, n_labels)
        Mean of the shares of both labels' files guessed right, range 0…1; a tie counts half.
    """
    n_labels = int(classes.max()) + 1
    counts = np.zeros((parts.max() + 1, n_labels, codes.max() + 1))
    np.add.at(counts, (parts, classes, codes), 1.0)
    others = counts.sum(axis=0) - counts
    frequency = others / np.maximum(others.sum(axis=2, keepdims=True), 1.0)
    n_files = counts.sum(axis=(0, 2))
    right = np.empty((n_labels, n_labels))
    for label in range(n_labels):
        own = frequency[:, label : label + 1]
        guess = np.where(own > frequency, 1.0, np.where(own == frequency, 0.5, 0.0))  # against every label
        right[label] = np.einsum("pv,plv->l", counts[:, label], guess) / n_files[label]
    return (right + right.T) / 2.0


def order_separation(values: Sequence[float], classes: Int64, origins: Int64) -> Bool:
    """Return the pairs of labels for which nearly every value of one is above the values of the other.

    Parameters
    ----------
    values : sequence of float
        Value of each file.
    classes, origins : ndarray of int, shape (n_files,)
        Number of each file's label and of its origin; an origin counts with the mean of its files of a label.

    Returns
    -------
    ndarray of bool, shape (n_labels, n_labels)
        Symmetric. True where the area under the curve of hits over false alarms is at least ``IN_ORDER``, and where
        the Mann-Whitney test gives such an order at most the probability ``CHANCE_IN_ORDER`` in all pairs together.
    """
    n_labels = int(classes.max()) + 1
    keys, place = np.unique(np.stack([classes, origins]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    means = np.bincount(place, np.asarray(values, float)) / np.bincount(place)
    area = pair_area(means, keys[0], n_labels)
    n = np.bincount(keys[0], minlength=n_labels).astype(float)
    sigma = np.sqrt((n[:, None] + n + 1.0) / (12.0 * n[:, None] * n))
    n_pairs = max(n_labels * (n_labels - 1) // 2, 1)
    erfc = np.vectorize(math.erfc, otypes=[float])
    chance = erfc(np.abs(area - 0.5) / sigma / math.sqrt(2.0))
    apart: Bool = (np.maximum(area, 1.0 - area) >= IN_ORDER) & (chance <= CHANCE_IN_ORDER / n_pairs)
    return apart


def pair_area(values: Float64, classes: Int64, n_labels: int) -> Float64:
    """Return the probability that a value of one label is above a value of another, equal values counting half.

    Returns
    -------
    ndarray, shape (n_labels, n_labels)
        Range 0…1, 0.5 on the diagonal.
    """
    levels = np.unique(values)
    levels = levels[:: math.ceil(levels.size / MAX_LEVELS)]
    counts = np.zeros((levels.size, n_labels))
    np.add.at(counts, (np.searchsorted(levels, values, side="right") - 1, classes), 1.0)
    below = np.cumsum(counts, axis=0) - counts
    n = counts.sum(axis=0)
    area: Float64 = counts.T @ (below + counts / 2.0) / (n[:, None] * n)
    return area


def _count(classes: Int64, origins: Int64) -> Int64:
    """Return the number of origins of each label."""
    pairs = np.unique(np.stack([classes, origins]), axis=1)
    return np.bincount(pairs[0])


def _by_coin(accuracy: float, n: int) -> float:
    """Return the probability that a coin guesses at least this share of n right; 0 for n so large that it is tiny."""
    n_right = math.floor(accuracy * n)
    return sum(math.comb(n, k) for k in range(n_right, n + 1)) / 2.0**n if n < 1000 else 0.0
