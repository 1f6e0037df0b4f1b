"""Networks of the study, small enough for two cores; those of the shipped models are in `streamer.training`."""

from __future__ import annotations

from typing import Any

from streamer.study.front_ends import MOTION


def spectrogram_network(shape: tuple[int, ...], n_labels: int) -> Any:
    """Return a network for spectrograms: (n_times, n_frequencies, n_channels) → logits.

    As networks for sound do, it treats time and frequency differently: kernels and strides differ along the two axes,
    and finally all times are pooled, whereas the position along the frequencies is kept.
    """
    import keras
    from keras import layers

    x = entry = keras.Input(shape)
    first = (2 if shape[0] > 48 else 1, 4 if shape[1] > 128 else 2)  # large inputs are reduced at once
    for width, kernel, strides in ((16, (3, 7), first), (32, (5, 5), (2, 2)), (48, (5, 5), (2, 2))):
        x = _convolved(x, width, kernel, strides)
    x = layers.Concatenate()([keras.ops.mean(x, 1), keras.ops.max(x, 1)])
    x = layers.AveragePooling1D(max(1, x.shape[1] // 8), padding="same")(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(entry, layers.Dense(n_labels, name="logits")(x))


def pixel_network(shape: tuple[int, ...], n_labels: int) -> Any:
    """Return an ordinary network for images: (height, width, n_channels) → logits; square kernels, position kept."""
    import keras
    from keras import layers

    x = entry = keras.Input(shape)
    first = 2 if shape[0] > 48 else 1  # large images are halved at once
    for width, stride in ((16, first), (32, 2), (48, 2)):
        x = _convolved(x, width, (3, 3), (stride, stride))
    x = _convolved(x, 48, (3, 3), (1, 1))
    largest = keras.ops.max(x, (1, 2))
    x = layers.AveragePooling2D(max(1, x.shape[1] // 4), padding="same")(x)
    x = layers.Dropout(0.2)(layers.Concatenate()([layers.Flatten()(x), largest]))
    return keras.Model(entry, layers.Dense(n_labels, name="logits")(x))


def pattern_network(shape: tuple[int, ...], n_labels: int) -> Any:
    """Return the network of the shipped pattern model, for polar spectra."""
    from streamer.training.pattern.network import build

    return build(shape[0], shape[1], n_labels)


def motion_network(shape: tuple[int, ...], n_labels: int) -> Any:
    """Return the network of the shipped motion model, for spectra in time of a grid of cells."""
    from streamer.training.motion.network import build

    return build(MOTION, n_labels)


def _convolved(x: Any, width: int, kernel: tuple[int, int], strides: tuple[int, int]) -> Any:
    from keras import layers

    x = layers.Conv2D(width, kernel, strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
