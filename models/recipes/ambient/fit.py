"""Distillation: train the student on the teacher's embedding everywhere, and on the labels where they are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.teacher import Teacher
from streamer.arrays import Float32, Rng
from streamer.training.fit import Schedule, fit
from streamer.training.step import Loss, smoothed_cross_entropy

BATCH = 96  # windows
EPOCH = 500  # batches between two reports
LABEL_SMOOTHING = 0.02
SCORES_WEIGHT = 0.1  # of the loss of the teacher's scores against that of its embedding
N_SPREAD = 4000  # windows of each set by which the spread of the embedding is measured


@dataclass(frozen=True, slots=True)
class DistillationSet:
    """Windows to train the student on; all arrays have the same first axis."""

    features: NDArray[np.float16]  # shape (n, n_frames, n_mels), or activations of the stem
    embedding: NDArray[np.float16]  # shape (n, 1024): the teacher's
    targets: NDArray[np.float16]  # shape (n, n_labels), NaN where unknown


class MixedBatches:
    """Batches of random windows, with replacement, each with a fixed share of several sets.

    Parameters
    ----------
    sets : sequence of (DistillationSet, share)
    n_batches : int
        Of an epoch.
    """

    def __init__(self, sets: Sequence[tuple[DistillationSet, float]], n_batches: int) -> None:
        self._sets = [one for one, _ in sets]
        self._sizes = [round(BATCH * share) for _, share in sets]
        self.n_batches = n_batches

    def epoch(self, rng: Rng) -> Iterator[tuple[Float32, tuple[Float32, Float32]]]:
        """Yield features, and embedding and targets, of every batch of one epoch."""
        for _ in range(self.n_batches):
            rows = [rng.integers(len(one.targets), size=n) for one, n in zip(self._sets, self._sizes, strict=True)]
            features, embedding, targets = (
                np.concatenate([getattr(one, name)[r] for one, r in zip(self._sets, rows, strict=True)])
                for name in ("features", "embedding", "targets")
            )
            yield features.astype(np.float32), (embedding.astype(np.float32), targets.astype(np.float32))


def distil(
    model: Any,
    teacher: Teacher,
    sets: Sequence[tuple[DistillationSet, float]],
    *,
    n_batches: int,
    peak_rate: float = 5e-4,
    label_weight: float = 1.0,
    average_after: float = 0.5,
    seed: int = 0,
    report: Callable[[float, str], None] = lambda share, text: None,
) -> None:
    """Train a model in place; its weights end as the average over the last part of the batches.

    Parameters
    ----------
    model : keras.Model
        From ``network.add_outputs``: features → label logits, embedding.
    teacher : Teacher
    sets : sequence of (DistillationSet, share)
        Each batch takes this share from each set.
    n_batches : int
        The learning rate warms up over 3 % of them and then falls on a cosine to nearly zero.
    label_weight : float
        Of the labels' loss against the embedding's; 0 for pre-training.
    average_after : float
        Share of the batches after which weights are averaged, 0 … 1.
    seed : int
        Of the batches.
    report : callable
        See :func:`streamer.training.fit.fit`.
    """
    n_epochs = max(1, round(n_batches / EPOCH))
    schedule = Schedule(n_epochs, peak_rate, warm_up=0.03, average_after=average_after)
    loss = distillation_loss(teacher, [one for one, _ in sets], label_weight)
    fit(model, MixedBatches(sets, n_batches // n_epochs), [], schedule, loss=loss, seed=seed, report=report)


def distillation_loss(teacher: Teacher, sets: Sequence[DistillationSet], label_weight: float) -> Loss:
    """Return the loss of label logits and embedding, given the teacher's embedding and targets that may be NaN.

    It is the cross-entropy of the labels, the squared distance of the embeddings, each value relative to its variance
    in these sets, and a tenth of the cross-entropy of the teacher's 521 scores, computed from either embedding.
    """
    import tensorflow as tf

    spread = np.concatenate([one.embedding[:N_SPREAD] for one in sets]).astype(np.float32).std(0)
    weight = tf.constant(1.0 / (np.square(spread) + 0.02 * np.mean(np.square(spread))), tf.float32)
    head, head_bias = tf.constant(teacher.head.kernel), tf.constant(teacher.head.bias)
    label_loss = smoothed_cross_entropy("sigmoid", LABEL_SMOOTHING)

    def loss(outputs: Any, wanted: Any) -> Any:
        logits, guess = outputs
        embedding, targets = wanted
        embedding_loss = tf.reduce_mean(tf.square(guess - embedding) * weight)
        scores = tf.sigmoid(embedding @ head + head_bias)
        by_score = tf.nn.sigmoid_cross_entropy_with_logits(scores, guess @ head + head_bias)
        scores_loss = tf.reduce_mean(tf.reduce_sum(by_score, -1))
        return label_weight * label_loss(logits, targets) + embedding_loss + SCORES_WEIGHT * scores_loss

    return loss
