"""Training of the network on made pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from streamer.messages import Float32
from streamer.training.pattern.dataset import Examples
from streamer.training.pattern.scene import LABELS

Rng = np.random.Generator
BATCH = 256
LABEL_SMOOTHING = 0.05


def train(model: Any, examples: Examples, n_epochs: int, peak_rate: float, seed: int) -> None:
    """Train a network in place, on any backend of Keras; its weights end as a moving average.

    The learning rate warms up over the first twentieth and follows a cosine to nothing.
    """
    import keras

    keras.utils.set_random_seed(seed)
    n_steps = n_epochs * math.ceil(len(examples) / BATCH)
    warm_up = max(1, n_steps // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-5, n_steps - warm_up, alpha=0.0, warmup_target=peak_rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, clipnorm=1.0, use_ema=True, ema_momentum=0.99)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING)
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.fit(_batches(examples, seed), epochs=n_epochs, verbose=2)


def _batches(examples: Examples, seed: int) -> Any:
    """Return a Keras data set that shuffles, turns and mirrors the spectra anew in each epoch."""
    import keras

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.epoch = 0
            self.on_epoch_end()

        def on_epoch_end(self) -> None:
            self.epoch += 1
            self.rng = np.random.default_rng([seed, self.epoch])
            self.order = self.rng.permutation(len(examples))

        def __len__(self) -> int:
            return math.ceil(len(examples) / BATCH)

        def __getitem__(self, i: int) -> tuple[Float32, Float32]:
            rows = np.sort(np.resize(self.order[i * BATCH : (i + 1) * BATCH], BATCH))
            features = augment(examples.features[rows].astype(np.float32), self.rng)
            return features, np.eye(len(LABELS), dtype=np.float32)[examples.labels[rows]]

    return Batches()


def augment(features: Float32, rng: Rng) -> Float32:
    """Turn each spectrum by a random angle, mirror half of them, and change the contrast (a constant of ln |F|).

    What a turn of the picture does to its spectrum, but for the corners of the picture and the pixel grid.
    """
    n, _, n_angles = features.shape
    angles = (np.arange(n_angles) * rng.choice([-1, 1], (n, 1)) + rng.integers(n_angles, size=(n, 1))) % n_angles
    turned = np.take_along_axis(features, angles[:, None, :], axis=2)
    return np.asarray(turned + rng.normal(0.0, 0.3, (n, 1, 1)), np.float32)
