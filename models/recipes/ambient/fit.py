"""Training of the student: the teacher's embedding everywhere, the labels where they are known."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.teacher import Teacher


@dataclass(frozen=True, slots=True)
class Lesson:
    """Windows to learn from, with one row each in all arrays."""

    features: NDArray[np.float16]  # shape (n, n_frames, n_mels)
    embedding: NDArray[np.float16]  # shape (n, 1024): the teacher's
    targets: NDArray[np.float16]  # shape (n, n_labels), NaN where unknown


def train(
    model: Any,
    teacher: Teacher,
    lessons: list[tuple[Lesson, float]],
    *,
    n_steps: int,
    batch: int = 96,
    peak_rate: float = 5e-4,
    label_weight: float = 1.0,
    average_after: float = 0.5,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> None:
    """Train a model in place; its weights end as the average over the last part of the way.

    Parameters
    ----------
    model : keras.Model
        From ``network.add_outputs``.
    lessons : list of (Lesson, share)
        Each batch takes so large a share from each.
    n_steps : int
        Batches; the learning rate warms up over 3 % of them and then follows a cosine to nearly zero.
    label_weight : float
        Of the labels' loss against the embedding's; 0 for pre-training.
    average_after : float
        The part of the way after which weights are averaged, 0 … 1.
    """
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    sizes = [round(batch * share) for _, share in lessons]
    spread = np.concatenate([lesson.embedding[:4000] for lesson, _ in lessons]).astype(np.float32).std(0)
    weight = tf.constant(1.0 / (np.square(spread) + 0.02 * np.mean(np.square(spread))), tf.float32)
    head, head_bias = tf.constant(teacher.head.kernel), tf.constant(teacher.head.bias)
    optimizer = keras.optimizers.AdamW(peak_rate, weight_decay=1e-4, clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(features: Any, embedding: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, guess = model(features, training=True)
            known = tf.cast(tf.math.is_finite(targets), tf.float32)
            wanted = tf.where(known > 0, targets, 0.0) * 0.98 + 0.01  # label smoothing
            by_label = tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits) * known
            label_loss = tf.reduce_mean(tf.reduce_sum(by_label, -1))
            embedding_loss = tf.reduce_mean(tf.square(guess - embedding) * weight)
            heard = tf.sigmoid(embedding @ head + head_bias)
            by_sound = tf.nn.sigmoid_cross_entropy_with_logits(heard, guess @ head + head_bias)
            sound_loss = tf.reduce_mean(tf.reduce_sum(by_sound, -1))
            loss = label_weight * label_loss + embedding_loss + 0.1 * sound_loss
        gradients = tape.gradient(loss, model.trainable_variables)
        pairs = [(g, v) for g, v in zip(gradients, model.trainable_variables, strict=True) if g is not None]
        optimizer.apply_gradients(pairs)
        return tf.stack([label_loss, embedding_loss, sound_loss])

    average: list[Any] = []
    n_averaged, started, losses = 0, time.monotonic(), []
    for i in range(n_steps):
        warm = min(1.0, (i + 1) / (0.03 * n_steps + 1))
        optimizer.learning_rate.assign(peak_rate * warm * (0.02 + 0.49 * (1 + math.cos(math.pi * i / n_steps))))
        rows = [rng.integers(len(lesson.targets), size=n) for (lesson, _), n in zip(lessons, sizes, strict=True)]
        features, embedding, targets = (
            np.concatenate([getattr(lesson, name)[r] for (lesson, _), r in zip(lessons, rows, strict=True)])
            for name in ("features", "embedding", "targets")
        )
        losses.append(step(*(a.astype(np.float32) for a in (features, embedding, targets))))
        if i >= average_after * n_steps and i % 10 == 0:
            n_averaged += 1
            weights = model.get_weights()
            average = [a + (w - a) / n_averaged for a, w in zip(average or weights, weights, strict=True)]
        if (i + 1) % 500 == 0 or i + 1 == n_steps:
            mean = np.mean(losses[-500:], axis=0)
            report(
                f"step {i + 1}/{n_steps} labels {mean[0]:.3f} embedding {mean[1]:.3f} sounds {mean[2]:.3f}"
                f" {(i + 1) * sum(sizes) / (time.monotonic() - started):.0f} windows/s"
            )
    if average:
        model.set_weights(average)
