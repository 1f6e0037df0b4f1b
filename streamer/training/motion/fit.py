"""Training of the motion network on made windows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.features.sight_settings import MotionSettings
from streamer.messages import Float32


def mirrored(rows: NDArray[np.float16], settings: MotionSettings, rng: np.random.Generator) -> Float32:
    """Return windows as they would be had the scene been mirrored, turned upside down, or played backwards."""
    grid = rows.reshape(-1, settings.n_rows, settings.n_columns, settings.row_width)
    upside_down, sideways, backwards = rng.random(3) < 0.5
    turned = grid[:, :: -1 if upside_down else 1, :: -1 if sideways else 1].astype(np.float32)
    if backwards:  # phases change their sign
        turned[..., 2 * settings.n_bins :] *= -1
    return turned.reshape(rows.shape)


def train(
    model: Any,
    rows: NDArray[np.float16],
    truths: Float32,
    settings: MotionSettings,
    *,
    n_steps: int,
    batch: int = 64,
    peak_rate: float = 2e-3,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> None:
    """Train a model in place with a binary cross-entropy for each label; weights are averaged over the last quarter.

    Parameters
    ----------
    rows : ndarray, shape (n, n_cells, row_width)
        Normalised, as the model takes them.
    truths : ndarray, shape (n, n_labels)
    n_steps : int
        Batches; the learning rate warms up over 3 % of them and follows a cosine to nearly zero.
    """
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    optimizer = keras.optimizers.AdamW(peak_rate, weight_decay=1e-4, clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step(features: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(features, training=True)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(targets * 0.98 + 0.01, logits)  # label smoothing
            loss = tf.reduce_mean(tf.reduce_sum(losses, -1))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    average: list[Any] = []
    order, n_averaged, losses, started = np.zeros(0, int), 0, [], time.monotonic()
    for i in range(n_steps):
        warm = min(1.0, (i + 1) / (0.03 * n_steps + 1))
        optimizer.learning_rate.assign(peak_rate * warm * (0.02 + 0.49 * (1 + math.cos(math.pi * i / n_steps))))
        if order.size < batch:
            order = rng.permutation(len(rows))
        taken, order = order[:batch], order[batch:]
        losses.append(float(step(mirrored(rows[taken], settings, rng), truths[taken])))
        if i >= 0.75 * n_steps and i % 5 == 0:
            n_averaged += 1
            average = [
                a + (w - a) / n_averaged
                for a, w in zip(average or model.get_weights(), model.get_weights(), strict=True)
            ]
        if (i + 1) % 100 == 0 or i + 1 == n_steps:
            pace = (i + 1) * batch / (time.monotonic() - started)
            report(f"step {i + 1}/{n_steps} loss {np.mean(losses[-100:]):.3f} {pace:.0f} windows/s")
    if average:
        model.set_weights(average)
