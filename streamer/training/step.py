"""One step of training: gradient of a batch's loss, AdamW with warm-up and cosine, averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamer.arrays import Float32
from streamer.training.calibration import Activation

Loss = Callable[[Any, Any], Any]  # (outputs of the model, targets) → mean over the batch, a scalar; all tensors
AVERAGE_EVERY = 10  # steps from one set of weights in a plain average to the next: they hardly differ before
FINAL_RATE = 0.02  # share of the peak rate that the cosine ends at


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train."""

    n_epochs: int  # passes over all windows, at most
    peak_rate: float  # of learning: reached by a warm-up, left on a cosine to nearly nothing
    batch: int = 64  # windows
    patience: int = 0  # epochs without a lower validation loss after which training stops; 0: never
    label_smoothing: float = 0.02  # share of a target that is spread evenly
    weight_decay: float = 1e-4
    average_epochs: float = 1.0  # time constant of the moving average that the weights end as
    average_after: float | None = None  # share of all steps after which a plain average is taken instead of it
    warm_up: float = 0.05  # share of all steps


def smoothed_cross_entropy(activation: Activation, label_smoothing: float) -> Loss:
    """Return the loss of a model with logits as its one output, nats per window; unknown targets (NaN) count nothing.

    Parameters
    ----------
    activation : {"sigmoid", "softmax"}
        A binary cross-entropy for each label, added up; or one over all labels, 0 where one of them is unknown.
    label_smoothing : float
        Share of a target that is spread evenly over all labels (softmax), or over yes and no (sigmoid).
    """
    import tensorflow as tf

    def loss(logits: Any, targets: Any) -> Any:
        known = tf.cast(tf.math.is_finite(targets), tf.float32)
        smoothed = tf.where(known > 0, targets, 0.0) * (1.0 - label_smoothing)
        if activation == "softmax":
            smoothed = smoothed + label_smoothing / smoothed.shape[-1]
            losses = tf.nn.softmax_cross_entropy_with_logits(smoothed, logits) * tf.reduce_min(known, -1)
        else:
            smoothed = smoothed + label_smoothing / 2
            losses = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(smoothed, logits) * known, -1)
        return tf.reduce_mean(losses)

    return loss


class TrainingStep:
    """Train a model by one batch at a call, and average its weights.

    The optimiser is AdamW; gradients are clipped to a norm of 1 for each variable.

    Parameters
    ----------
    model : keras.Model
    schedule : Schedule
    n_batches : int
        Of an epoch.
    loss : callable
        Of the model's outputs and the targets.
    """

    def __init__(self, model: Any, schedule: Schedule, n_batches: int, loss: Loss) -> None:
        import keras
        import tensorflow as tf

        self._schedule, self._n_all = schedule, schedule.n_epochs * n_batches
        self._n_taken = self._n_averaged = 0
        self._optimizer = optimizer = keras.optimizers.AdamW(
            schedule.peak_rate, weight_decay=schedule.weight_decay, clipnorm=1.0
        )
        optimizer.build(model.trainable_variables)
        self._averages = averages = [tf.Variable(weight) for weight in model.weights]
        self._time_constant = max(1.0, schedule.average_epochs * n_batches)  # batches

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def step(features: Any, targets: Any, pace: Any) -> Any:
            with tf.GradientTape() as tape:
                value = loss(model(features, training=True), targets)
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            for average, weight in zip(averages, model.weights, strict=True):
                average.assign_add(pace * (weight - average))
            return value

        self._step = step

    def __call__(self, features: Float32, targets: Any) -> float:
        """Train by one batch; return its loss."""
        import tensorflow as tf

        warm = min(1.0, (self._n_taken + 1) / (self._schedule.warm_up * self._n_all + 1))
        done = min(1.0, self._n_taken / max(1, self._n_all))
        cosine = FINAL_RATE + (1.0 - FINAL_RATE) / 2 * (1.0 + math.cos(math.pi * done))
        self._optimizer.learning_rate.assign(self._schedule.peak_rate * warm * cosine)
        pace = self._pace()
        self._n_taken += 1
        return float(self._step(features, targets, tf.constant(pace, tf.float32)))

    def average(self) -> list[Any]:
        """Return the averaged weights, in the model's order."""
        return [average.numpy() for average in self._averages]

    def _pace(self) -> float:
        """Return how far the average moves towards the new weights, 0…1."""
        begin = self._schedule.average_after
        if begin is None:
            return max(1.0 / self._time_constant, 10.0 / (10.0 + self._n_taken))  # early on, a short memory
        is_due = self._n_taken >= begin * self._n_all and self._n_taken % AVERAGE_EVERY == 0
        self._n_averaged += is_due
        if not self._n_averaged:
            return 1.0
        return 1.0 / self._n_averaged if is_due else 0.0
