"""Train on windows of several sets at fixed shares: to imitate the teacher (distillation), or a head on labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.teacher import FoldedLayer, Teacher
from streamer.arrays import Float32, Rng
from streamer.training.fit import Schedule, fit
from streamer.training.step import Loss, smoothed_cross_entropy

LABEL_SMOOTHING = 0.02
SCORES_WEIGHT = 0.1  # of the loss of the teacher's scores against that of its embedding
N_SPREAD = 4000  # windows of each set by which the spread of the embedding is measured
Report = Callable[[float, str], None]  # see :func:`streamer.training.fit.fit`


@dataclass(frozen=True, slots=True)
class WindowSet:
    """Windows to train on; both arrays have the same first axis."""

    features: NDArray[np.float16]  # what the network in training takes
    targets: NDArray[np.float16]  # the teacher's embedding, shape (n, 1024), or labels, (n, n_labels), NaN: unknown


Shared = Sequence[tuple[WindowSet, float]]  # sets, each with its share of every batch


class MixedBatches:
    """Batches of random windows, with replacement, each with a fixed share of several sets.

    Parameters
    ----------
    sets : sequence of (WindowSet, share)
    batch : int
        Windows of a batch.
    n_batches : int
        Of an epoch.
    """

    def __init__(self, sets: Shared, batch: int, n_batches: int) -> None:
        self._sets = [one for one, _ in sets]
        self._sizes = [round(batch * share) for _, share in sets]
        self.n_batches = n_batches

    def epoch(self, rng: Rng) -> Iterator[tuple[Float32, Float32]]:
        """Yield features and targets of every batch of one epoch."""
        for _ in range(self.n_batches):
            rows = [rng.integers(len(one.targets), size=n) for one, n in zip(self._sets, self._sizes, strict=True)]
            features, targets = (
                np.concatenate([getattr(one, name)[r] for one, r in zip(self._sets, rows, strict=True)])
                for name in ("features", "targets")
            )
            yield features.astype(np.float32), targets.astype(np.float32)


def distil(
    model: Any,
    teacher: Teacher,
    sets: Shared,
    schedule: Schedule,
    *,
    n_batches: int,
    report: Report = lambda share, text: None,
) -> None:
    """Train a model in place to imitate the teacher.

    Parameters
    ----------
    model : keras.Model
        Features → guess of the teacher's embedding.
    teacher : Teacher
    sets : sequence of (WindowSet, share)
        Their targets are the teacher's embedding.
    schedule : Schedule
    n_batches : int
        Of all epochs.
    report : callable
        Takes the share done, and a text.
    """
    batches = MixedBatches(sets, schedule.batch, max(1, n_batches // schedule.n_epochs))
    fit(model, batches, [], schedule, loss=imitation_loss(teacher, [one for one, _ in sets]), report=report)


def fit_head(
    sets: Shared, schedule: Schedule, *, n_batches: int, seed: int = 0, report: Report = lambda share, text: None
) -> FoldedLayer:
    """Return a linear head, features (n, n_channels) → label logits, trained on labels; parameters as of `distil`."""
    import keras

    n_channels, n_labels = sets[0][0].features.shape[1], sets[0][0].targets.shape[1]
    inputs = keras.Input((n_channels,))
    logits = keras.layers.Dense(n_labels, kernel_initializer="zeros")
    model = keras.Model(inputs, logits(inputs))
    batches = MixedBatches(sets, schedule.batch, max(1, n_batches // schedule.n_epochs))
    loss = smoothed_cross_entropy("sigmoid", LABEL_SMOOTHING)
    fit(model, batches, [], schedule, loss=loss, seed=seed, report=report)
    return FoldedLayer(*logits.get_weights())


def imitation_loss(teacher: Teacher, sets: Sequence[WindowSet]) -> Loss:
    """Return the loss of a guess of the teacher's embedding, given that embedding.

    It is the squared distance, each value relative to its variance in these sets, and a tenth of the cross-entropy of
    the teacher's 521 scores, computed from either embedding.
    """
    import tensorflow as tf

    spread = np.concatenate([one.targets[:N_SPREAD] for one in sets]).astype(np.float32).std(0)
    weight = tf.constant(1.0 / (np.square(spread) + 0.02 * np.mean(np.square(spread))), tf.float32)
    head, head_bias = tf.constant(teacher.head.kernel), tf.constant(teacher.head.bias)

    def loss(guess: Any, embedding: Any) -> Any:
        embedding_loss = tf.reduce_mean(tf.square(guess - embedding) * weight)
        scores = tf.sigmoid(embedding @ head + head_bias)
        by_score = tf.nn.sigmoid_cross_entropy_with_logits(scores, guess @ head + head_bias)
        return embedding_loss + SCORES_WEIGHT * tf.reduce_mean(tf.reduce_sum(by_score, -1))

    return loss
