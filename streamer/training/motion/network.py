"""The network: one small CNN looks at the map of every frequency, a second one along the frequencies."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.features.settings import MotionSettings
from streamer.training.weights import read_weights

LEVEL_SCALE = 4.0  # the model file divides rows by it
WIDTH = 48  # of the layers along the frequencies
DILATIONS = (1, 2)
N_BANDS = 8  # of frequency, of equal ratio, that a new head sees apart


def build(settings: MotionSettings, n_labels: int, *, folded: bool = False) -> Any:
    """Return the Keras model: rows (n, n_cells, row_width) → logits (n, n_labels).

    What a movement looks like does not depend on how fast it is, so all frequencies share one network for their map
    of (level, cosine, sine): it reduces the map to the largest value and the mean of every channel, which a small
    mover and a whole picture need. Neighbouring frequencies, and the whole spectrum, are looked at afterwards.

    Parameters
    ----------
    folded : bool
        Biases instead of batch normalisation: the form in which a model file has it, and in which few examples, too
        few for the statistics of a batch, can train it further.
    """
    import keras
    from keras import layers, ops

    def normalised(x: Any, name: str) -> Any:
        return layers.ReLU(name=name)(x if folded else layers.BatchNormalization(momentum=0.97)(x))

    n_bins = settings.n_bins
    x = inputs = keras.Input((settings.n_cells, settings.row_width))
    x = ops.reshape(x, (-1, settings.n_rows, settings.n_columns, 3, n_bins))
    x = ops.transpose(x, (0, 4, 1, 2, 3))
    x = ops.reshape(x, (-1, settings.n_rows, settings.n_columns, 3))
    for i, n_channels in enumerate((16, 32, 48)):
        x = normalised(layers.Conv2D(n_channels, 3, 2, "same", use_bias=folded, name=f"map{i}")(x), f"mapped{i}")
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    x = ops.reshape(x, (-1, n_bins, 2 * n_channels))
    # The bias is one for each frequency: it tells the layers after it where in the spectrum they are.
    x = layers.EinsumDense("nkc,cd->nkd", (n_bins, WIDTH), bias_axes="kd", name="frequency")(x)
    x = normalised(x, "placed")
    for i, dilation in enumerate(DILATIONS):
        y = layers.Conv1D(WIDTH, 5, padding="same", dilation_rate=dilation, use_bias=folded, name=f"along{i}")(x)
        x = normalised(y, f"joined{i}")
    x = layers.Concatenate(name="pooled")([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(WIDTH, activation="relu", name="together")(x)
    return keras.Model(inputs, layers.Dense(n_labels, name="logits")(x))


def rebuilt(flatbuffer: bytes, settings: MotionSettings) -> Any:
    """Return the folded network with the weights of a model file of this recipe.

    Parameters
    ----------
    settings : MotionSettings
        Those of the file, but for ``n_images``: what belongs to a frequency is interpolated at the same cycles per
        image.
    """
    # The converter leaves the normalisation after `frequency` as it is: a product and a sum.
    *maps, frequency, place, scale, shift, along0, along1, together, head = read_weights(flatbuffer)
    model = build(settings, head.arrays[0].shape[1], folded=True)
    (factor,), (offset,) = scale.arrays, shift.arrays
    bias = _resampled(place.arrays[0] * factor + offset, settings.n_bins)
    along = ((kernel[0], bias) for kernel, bias in (along0.arrays, along1.arrays))  # TFLite's have a height of 1
    of_layers = {
        **{f"map{i}": weights.arrays for i, weights in enumerate(maps)},
        "frequency": (frequency.arrays[0] * factor, bias),
        **{f"along{i}": arrays for i, arrays in enumerate(along)},
        "together": together.arrays,
        "logits": head.arrays,
    }
    for name, arrays in of_layers.items():
        model.get_layer(name).set_weights(arrays)
    return model


def with_new_head(model: Any, settings: MotionSettings, n_labels: int) -> Any:
    """Return a network that shares a folded one's trunk and tells other labels, yet untrained.

    What the trunk pools over all frequencies and places says what kind of movement there is, but not how fast, where
    or whither, because none of the labels that it has learnt depends on that; a user's may. So the head sees the
    maxima in bands of frequency and in twelve parts of the picture, and how the phase advances from cell to cell, too.
    The weights between these were chosen on small sets of made videos.
    """
    import keras
    from keras import layers, ops

    spectrum, maps = model.get_layer(f"joined{len(DILATIONS) - 1}").output, model.get_layer("mapped2").output
    edges = np.unique(np.rint(np.geomspace(1, settings.n_bins + 1, N_BANDS + 1)).astype(int)) - 1
    bands = [ops.max(spectrum[:, a:b], axis=1) for a, b in itertools.pairwise(edges.tolist())]
    places = ops.max(ops.reshape(maps, (-1, settings.n_bins, math.prod(maps.shape[1:]))), axis=1)
    x = layers.Concatenate(name="embedding")(
        [model.get_layer("pooled").output, *bands, 0.5 * places, 10.0 * _advance(model.input, settings)]
    )
    x = layers.Dropout(0.2)(x)
    return keras.Model(model.input, layers.Dense(n_labels, name="logits")(x))


def _advance(rows: Any, settings: MotionSettings) -> Any:
    """Return Σ p p' sin(φ' − φ) over all frequencies for neighbours to the right and below, means of twelve parts.

    A wave that travels to the right has its phase advance that way: the sign tells the direction, where the cells
    are smaller than half the wave's length.
    """
    from keras import layers, ops

    grid = ops.reshape(rows, (-1, settings.n_rows, settings.n_columns, 3, settings.n_bins))
    cos, sin = grid[:, :, :, 1], grid[:, :, :, 2]
    right = ops.sum(cos[:, :, :-1] * sin[:, :, 1:] - sin[:, :, :-1] * cos[:, :, 1:], axis=-1)
    below = ops.sum(cos[:, :-1] * sin[:, 1:] - sin[:, :-1] * cos[:, 1:], axis=-1)
    both = ops.stack([ops.pad(right, ((0, 0), (0, 0), (0, 1))), ops.pad(below, ((0, 0), (0, 1), (0, 0)))], axis=-1)
    return layers.Flatten()(layers.AveragePooling2D((settings.n_rows // 3, settings.n_columns // 4))(both))


def _resampled(bias: Float32, n_bins: int) -> Float32:
    """Return rows for other frequencies, k / (2 n_bins) cycles per image for k = 1 … n_bins, linearly interpolated."""
    given, wanted = (np.arange(1, n + 1) / n for n in (len(bias), n_bins))
    return np.stack([np.interp(wanted, given, column) for column in bias.T], axis=1).astype(np.float32)
