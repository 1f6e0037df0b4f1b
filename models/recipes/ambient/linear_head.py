"""What the whole teacher makes of the labels: a linear head on its embedding, trained on the same windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.fit import Lesson
from models.recipes.ambient.teacher import Layer
from streamer.arrays import Float32


def fit_linear_head(
    lessons: list[Lesson], n_epochs: int = 5, batch: int = 256, seed: int = 0, most: int = 25_000
) -> Layer:
    """Fit label logits on the teacher's embedding of ``most`` windows of each lesson; unknown targets count nothing."""
    import keras
    import tensorflow as tf

    embedding = np.concatenate([lesson.embedding[:most] for lesson in lessons])
    targets = np.concatenate([lesson.targets[:most] for lesson in lessons])
    mean = embedding.mean(0, dtype=np.float64).astype(np.float32)
    factor = (1.0 / (embedding.astype(np.float32).std(0) + 0.05)).astype(np.float32)
    keras.utils.set_random_seed(seed)
    head = keras.layers.Dense(targets.shape[1])
    head.build((None, embedding.shape[1]))
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(1e-3, n_epochs * len(targets) // batch), weight_decay=0.02
    )
    optimizer.build(head.trainable_variables)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(x: Any, y: Any) -> None:
        known = tf.cast(tf.math.is_finite(y), tf.float32)
        wanted = tf.where(known > 0, y, 0.0) * 0.98 + 0.01
        with tf.GradientTape() as tape:
            loss = tf.nn.sigmoid_cross_entropy_with_logits(wanted, head((x - mean) * factor)) * known
            loss = tf.reduce_mean(tf.reduce_sum(loss, -1))
        gradients = tape.gradient(loss, head.trainable_variables)
        optimizer.apply_gradients(zip(gradients, head.trainable_variables, strict=True))

    rng = np.random.default_rng(seed)
    for _ in range(n_epochs):
        order = rng.permutation(len(targets))
        for rows in np.array_split(order, max(1, len(order) // batch)):
            step(embedding[rows].astype(np.float32), targets[rows].astype(np.float32))
    kernel, bias = head.get_weights()
    kernel = kernel * factor[:, None]
    return Layer(kernel, bias - mean @ kernel)


def soften(lesson: Lesson, head: Layer, share: float) -> Lesson:
    """Return the lesson with the head's scores mixed into the known targets and put for the unknown ones.

    Parameters
    ----------
    share : float
        Of the head's score in a known target, 0 … 1.
    """
    softened: list[NDArray[np.float16]] = []
    for rows in np.array_split(np.arange(len(lesson.targets)), max(1, len(lesson.targets) // 4096)):
        logits = lesson.embedding[rows].astype(np.float32) @ head.kernel + head.bias
        scores: Float32 = 0.5 + 0.5 * np.tanh(0.5 * logits)
        targets = lesson.targets[rows].astype(np.float32)
        mixed = np.where(np.isnan(targets), scores, (1.0 - share) * targets + share * scores)
        softened.append(mixed.astype(np.float16))
    return Lesson(lesson.features, lesson.embedding, np.concatenate(softened))
