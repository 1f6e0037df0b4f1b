"""A linear head on the whole teacher's embedding: its opinion on the labels, which softens the student's targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.fit import LABEL_SMOOTHING, DistillationSet
from models.recipes.ambient.teacher import FoldedLayer
from streamer.arrays import Float32
from streamer.training.fit import Schedule, fit
from streamer.training.windows import SYNTHETIC, TrainingWindows

# Weights are not averaged: the time constant of the average is one batch.
SCHEDULE = Schedule(
    5, 1e-3, batch=256, label_smoothing=LABEL_SMOOTHING, weight_decay=0.02, average_epochs=0.0, warm_up=0.0
)
N_WINDOWS = 25_000  # of each set


def fit_linear_head(sets: Sequence[DistillationSet], schedule: Schedule = SCHEDULE, seed: int = 0) -> FoldedLayer:
    """Fit label logits on the teacher's embedding of `N_WINDOWS` of each set; unknown targets count nothing.

    Returns
    -------
    FoldedLayer
        Kernel, shape (1024, n_labels), and bias, for embeddings that are not normalised.
    """
    import keras

    embedding = np.concatenate([one.embedding[:N_WINDOWS] for one in sets])
    targets = np.concatenate([one.targets[:N_WINDOWS] for one in sets])
    mean = embedding.mean(0, dtype=np.float64).astype(np.float32)
    factor = (1.0 / (embedding.astype(np.float32).std(0) + 0.05)).astype(np.float32)
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(embedding.shape[1:])
    x = keras.layers.Normalization(mean=mean, variance=1.0 / np.square(factor))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(targets.shape[1], name="logits")(x))
    windows = TrainingWindows(embedding, targets.astype(np.float32), np.full(len(targets), SYNTHETIC, np.int32))
    fit(model, [windows], [], schedule, seed=seed)
    kernel, bias = model.get_layer("logits").get_weights()
    kernel = kernel * factor[:, None]
    return FoldedLayer(kernel, bias - mean @ kernel)


def soften(distillation_set: DistillationSet, head: FoldedLayer, share: float) -> DistillationSet:
    """Return the set with the head's scores mixed into the known targets and in place of the unknown ones.

    Parameters
    ----------
    distillation_set : DistillationSet
    head : FoldedLayer
        From :func:`fit_linear_head`.
    share : float
        Of the head's score in a known target, 0 … 1.
    """
    softened: list[NDArray[np.float16]] = []
    n = len(distillation_set.targets)
    for rows in np.array_split(np.arange(n), max(1, n // 4096)):
        logits = distillation_set.embedding[rows].astype(np.float32) @ head.kernel + head.bias
        scores: Float32 = 0.5 + 0.5 * np.tanh(0.5 * logits)
        targets = distillation_set.targets[rows].astype(np.float32)
        mixed = np.where(np.isnan(targets), scores, (1.0 - share) * targets + share * scores)
        softened.append(mixed.astype(np.float16))
    return DistillationSet(distillation_set.features, distillation_set.embedding, np.concatenate(softened))
