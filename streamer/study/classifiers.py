"""Classifiers of the study, which learn labels from features: logistic regression, or a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from streamer.arrays import Float32, Int64

BuildNetwork = Callable[[tuple[int, ...], int], Any]  # shape of an input, number of labels → keras.Model
BATCH = 32
FEWEST_STEPS, MOST_STEPS, EPOCHS = 120, 400, 30  # a training has as many steps as EPOCHS need, within these limits
PEAK_RATE = 3e-3
MOMENTUM = 0.9  # of the running mean and variance in batch normalisation


class StudyClassifier(Protocol):
    """Classifier that is trained from scratch at each :meth:`fit`."""

    @property
    def n_parameters(self) -> int:
        """Number of parameters learned."""

    def fit(self, features: Float32, labels: Int64, seed: int) -> None:
        """Train on examples: features of shape (n, …), labels of shape (n,)."""

    def guess(self, features: Float32) -> Int64:
        """Return the likeliest label of each example, shape (n,)."""


class LinearClassifier:
    """Logistic regression on standardised features, with a regularisation that suits any number of features.

    Each feature is divided by its standard deviation and by √(number of features), so that ``C`` is the prior
    variance of a logit per unit of evidence whatever the front end.
    """

    C = 30.0

    def __init__(self, shape: tuple[int, ...], n_labels: int) -> None:
        self._width = int(np.prod(shape))
        self.n_parameters = (self._width + 1) * n_labels

    def fit(self, features: Float32, labels: Int64, seed: int) -> None:
        """Train; the seed has no effect, as the optimum is unique."""
        from sklearn.linear_model import LogisticRegression

        rows = features.reshape(len(features), -1).astype(np.float32)
        self._mean = rows.mean(axis=0)
        self._scale = (rows.std(axis=0) + 1e-3 * rows.std() + 1e-9) * np.float32(np.sqrt(self._width))
        self._model = LogisticRegression(C=self.C, max_iter=300, tol=1e-3)
        self._model.fit((rows - self._mean) / self._scale, labels)

    def guess(self, features: Float32) -> Int64:
        """Return the likeliest label of each example."""
        rows = features.reshape(len(features), -1).astype(np.float32)
        return np.asarray(self._model.predict((rows - self._mean) / self._scale), np.int64)


class ConstantClassifier:
    """Classifier for features that are the same for every clip: one label for all."""

    n_parameters = 0

    def fit(self, features: Float32, labels: Int64, seed: int) -> None:
        """Remember the most frequent label."""
        self._label = int(np.bincount(labels).argmax())

    def guess(self, features: Float32) -> Int64:
        """Return that label for each example."""
        return np.full(len(features), self._label, np.int64)


class NetworkClassifier:
    """Keras network whose graph is compiled once, and whose weights are initialised again at each fit."""

    def __init__(self, build: BuildNetwork, shape: tuple[int, ...], n_labels: int, effort: float = 1.0) -> None:
        import keras

        self._build, self._shape, self._n_labels, self._effort = build, shape, n_labels, effort
        self._model = build(shape, n_labels)
        for layer in self._model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = MOMENTUM  # shipped networks train for longer, and average over more batches
        self._optimizer = keras.optimizers.AdamW(PEAK_RATE, weight_decay=1e-3, clipnorm=1.0)
        self._optimizer.build(self._model.trainable_variables)
        self.n_parameters = self._model.count_params()
        self._mean = self._scale = np.float32(0)
        self._train, self._logits = self._compiled()

    def fit(self, features: Float32, labels: Int64, seed: int) -> None:
        """Train by AdamW with a cosine schedule; the number of steps depends on the number of examples only."""
        import keras
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self._model.set_weights(self._build(self._shape, self._n_labels).get_weights())
        for variable in self._optimizer.variables:
            if variable is not self._optimizer._learning_rate:
                variable.assign(keras.ops.zeros_like(variable))
        axes = tuple(range(features.ndim - 1))  # a map with channels is standardised for each channel
        axes = axes if features.ndim == 4 else (*axes, features.ndim - 1)
        values = features.astype(np.float32)
        self._mean, self._scale = values.mean(axis=axes), values.std(axis=axes) + np.float32(1e-6)
        n_steps = int(np.clip(EPOCHS * len(labels) / BATCH, FEWEST_STEPS, MOST_STEPS) * self._effort)
        rng = np.random.default_rng(seed)
        n_rounds = -(-n_steps * BATCH // len(labels))
        order = np.concatenate([rng.permutation(len(labels)) for _ in range(n_rounds)])[: n_steps * BATCH]
        self._train(
            tf.constant((values - self._mean) / self._scale),
            tf.constant(labels),
            tf.constant(order.reshape(n_steps, BATCH)),
        )

    def guess(self, features: Float32) -> Int64:
        """Return the label of the highest logit of each example."""
        guesses = [
            np.argmax(self._logits((features[i : i + 64].astype(np.float32) - self._mean) / self._scale), axis=1)
            for i in range(0, len(features), 64)
        ]
        return np.concatenate(guesses).astype(np.int64)

    def _compiled(self) -> tuple[Any, Any]:
        """Return the whole training, and the forward pass, as compiled graphs."""
        import keras
        import tensorflow as tf

        loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        free = [None, *self._shape]

        @tf.function(  # type: ignore[untyped-decorator]
            input_signature=[
                tf.TensorSpec(free, tf.float32),
                tf.TensorSpec([None], tf.int64),
                tf.TensorSpec([None, BATCH], tf.int64),
            ]
        )
        def train(features: Any, labels: Any, order: Any) -> None:
            n_steps = tf.shape(order)[0]
            for i in tf.range(n_steps):
                share = tf.cast(i, tf.float32) / tf.cast(n_steps, tf.float32)
                warm = tf.minimum(1.0, share * 20.0 + 0.05)
                self._optimizer._learning_rate.assign(PEAK_RATE * warm * (0.01 + 0.495 * (1 + tf.cos(np.pi * share))))
                with tf.GradientTape() as tape:
                    logits = self._model(tf.gather(features, order[i]), training=True)
                    loss = loss_of(tf.gather(labels, order[i]), logits)
                weights = self._model.trainable_variables
                self._optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

        @tf.function(input_signature=[tf.TensorSpec(free, tf.float32)])  # type: ignore[untyped-decorator]
        def logits(features: Any) -> Any:
            return self._model(features, training=False)

        train.get_concrete_function()  # compiled here, so that the time of a fit does not include it
        logits.get_concrete_function()
        return train, logits
