"""Compute the figures of a classifier from the scores of clips whose labels are known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Bool, Float32, Float64, Int64

Z_95 = 1.959963984540054  # standard normal quantile at 97.5 %
N_BINS = 15  # bins of the highest score, for the calibration error
N_TOP = 3


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Reliability diagram: how often the label of the highest score is right, by that score."""

    n_clips: Int64  # shape (N_BINS,), clips whose highest score lies in the bin
    score: Float64  # their mean highest score, range 0…1; NaN in an empty bin
    right: Float64  # share of them that is right; NaN in an empty bin

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of score and share right, weighted by clips, range 0…1."""
        filled = self.n_clips > 0
        distances = np.abs(self.score[filled] - self.right[filled])
        return float(np.average(distances, weights=self.n_clips[filled]))


@dataclass(frozen=True, slots=True)
class Rejection:
    """What becomes of clips that may be rejected: a clip's label is one of which an event begins in it, or none."""

    n_clips: int
    n_right: int  # clips that get their own label
    n_rejected: int  # clips that get none, or the background label, and should get another

    @property
    def accuracy(self) -> float:
        """Share of the clips that get their own label."""
        return self.n_right / self.n_clips

    @property
    def n_wrong(self) -> int:
        """Number of clips that get a label that is not theirs."""
        return self.n_clips - self.n_right - self.n_rejected

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return wilson(self.n_right, self.n_clips)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Figures of a model on clips of known labels; the label found is that of the highest score (closed set)."""

    labels: tuple[str, ...]
    counts: Int64  # shape (n_labels, n_labels + 1): true label by label found; last column: none of them
    top3: float  # share of the clips whose label is among the three highest scores
    accuracy_among: float  # accuracy if only these labels could be found
    calibration: Calibration
    others: tuple[tuple[str, int], ...] = ()  # labels found for the last column's clips, with counts, largest first
    n_windows: int = 0
    window_ms: float | None = None  # median time of the classifier for one window; None: not timed
    rejection: Rejection | None = None  # where clips may also get no label; None: not measured

    @property
    def n_clips(self) -> int:
        """Number of clips."""
        return int(self.counts.sum())

    @property
    def n_right(self) -> int:
        """Number of clips whose label was found."""
        return int(np.trace(self.counts))

    @property
    def accuracy(self) -> float:
        """Closed-set accuracy: share of the clips whose best-scoring label is their own."""
        return self.n_right / self.n_clips

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return wilson(self.n_right, self.n_clips)

    @property
    def precision(self) -> Float64:
        """Shape (n_labels,): of the clips in which the label was found, the share that has it; NaN: never found."""
        return _ratio(np.diagonal(self.counts), self.counts[:, :-1].sum(axis=0))

    @property
    def recall(self) -> Float64:
        """Shape (n_labels,): of the clips with the label, the share in which it was found; NaN: no such clip."""
        return _ratio(np.diagonal(self.counts), self.counts.sum(axis=1))

    @property
    def f1(self) -> Float64:
        """Shape (n_labels,): harmonic mean of precision and recall; NaN for a label neither there nor found."""
        found = self.counts[:, :-1].sum(axis=0) + self.counts.sum(axis=1)
        return _ratio(2 * np.diagonal(self.counts), found)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that have a clip."""
        return float(self.f1[self.counts.sum(axis=1) > 0].mean())

    @property
    def calibration_error(self) -> float:
        """Expected calibration error, range 0…1; see :func:`calibrate`."""
        return self.calibration.error


def evaluate_scores(
    labels: tuple[str, ...],
    truths: NDArray[np.integer],
    scores: Float32,
    others: tuple[str, ...] = (),
) -> Evaluation:
    """Compare the scores of clips with their labels.

    Parameters
    ----------
    labels : tuple of str
        Labels of the clips.
    truths : ndarray of int, shape (n_clips,)
        Place of each clip's label in ``labels``; at least one clip.
    scores : ndarray, shape (n_clips, n_labels + n_others)
        Range 0…1; the scores of ``labels`` come first. Of equal scores the first counts as higher.
    others : tuple of str
        Labels of the further scores; a clip with the highest score among these is wrong.

    Raises
    ------
    ValueError
        If the shapes do not fit or there is no clip.
    """
    if not len(truths) or scores.shape != (len(truths), len(labels) + len(others)):
        raise ValueError(f"scores of shape {scores.shape} do not fit {len(truths)} clips, {len(labels)} labels")
    order = np.argsort(-scores, axis=1, kind="stable")
    guesses = order[:, 0]
    wrong = Counter(others[guess - len(labels)] for guess in guesses[guesses >= len(labels)])
    return Evaluation(
        labels=labels,
        counts=confusion(truths, np.minimum(guesses, len(labels)), len(labels)),
        top3=float((order[:, :N_TOP] == truths[:, None]).any(axis=1).mean()),
        accuracy_among=float((scores[:, : len(labels)].argmax(axis=1) == truths).mean()),
        calibration=calibrate(scores.max(axis=1), guesses == truths),
        others=tuple(sorted(wrong.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def count_rejections(truths: Sequence[str], decided: Sequence[str | None], background: Collection[str]) -> Rejection:
    """Count clips by the label that they get where none is possible.

    Parameters
    ----------
    truths : sequence of str
        Label of each clip, at least one.
    decided : sequence of str or None
        Label that each clip gets, see :func:`streamer.offline.decision.decide`.
    background : collection of str
        Names, in lower case, of the label that stands for none.
    """
    pairs = [(truth.casefold(), (label or "").casefold()) for truth, label in zip(truths, decided, strict=True)]
    n_right = sum(truth == label for truth, label in pairs)
    n_rejected = sum(truth != label and (not label or label in background) for truth, label in pairs)
    return Rejection(len(pairs), n_right, n_rejected)


def confusion(truths: NDArray[np.integer], guesses: NDArray[np.integer], n_labels: int) -> Int64:
    """Count clips by true label (row) and label found (column), shape (n_labels, n_labels + 1).

    A guess of ``n_labels`` stands for none of the labels.
    """
    counts = np.zeros((n_labels, n_labels + 1), np.int64)
    np.add.at(counts, (truths, guesses), 1)
    return counts


def calibrate(scores: Float32, right: Bool) -> Calibration:
    """Sort clips by their highest score into fifteen bins of equal width.

    The expected calibration error over them is that of Naeini, Cooper & Hauskrecht (AAAI 2015), as used by Guo,
    Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks" (ICML 2017).

    Parameters
    ----------
    scores : ndarray, shape (n_clips,)
        Highest score of each clip, range 0…1.
    right : ndarray of bool, shape (n_clips,)
        Whether that score's label is the clip's.
    """
    bins = np.clip(np.ceil(scores.astype(np.float64) * N_BINS).astype(int) - 1, 0, N_BINS - 1)  # (0, 1/15] is the first
    n_clips = np.bincount(bins, minlength=N_BINS)
    return Calibration(
        n_clips=n_clips,
        score=_ratio(np.bincount(bins, scores, N_BINS), n_clips),
        right=_ratio(np.bincount(bins, right, N_BINS), n_clips),
    )


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of which ``n_right`` of ``n`` were observed.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (JASA 1927): its coverage
    holds for small ``n`` and for shares near 0 and 1, too. Without an observation it is 0…1.
    """
    if not n:
        return 0.0, 1.0
    share, shrink = n_right / n, Z_95**2 / n
    centre = share + shrink / 2
    half = math.sqrt(shrink * (share * (1 - share) + shrink / 4))
    return max(0.0, (centre - half) / (1 + shrink)), min(1.0, (centre + half) / (1 + shrink))


def _ratio(parts: NDArray[np.number], wholes: NDArray[np.number]) -> Float64:
    """Return parts / wholes, NaN where the whole is 0."""
    shares = np.full(len(wholes), np.nan)
    np.divide(parts, wholes, out=shares, where=wholes > 0)
    return shares
