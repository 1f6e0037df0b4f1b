"""The network of the motion models: a CNN over the map of every frequency, then a CNN along the frequencies."""

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
N_BANDS = 8  # of frequency, of equal ratio, whose maxima a new head takes


def build(settings: MotionSettings, n_labels: int, *, folded: bool = False) -> Any:
    """Return the Keras model: rows (n, n_cells, row_width) → logits (n, n_labels).

    The map of a movement does not depend on how fast it is, so all frequencies share one network for their map of
    (level, cosine, sine): it reduces the map to the maximum of every channel, for small movements, and to its mean,
    for those of the whole image. Neighbouring frequencies, and the whole spectrum, are combined afterwards.

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
    x = ops.reshape(x, (-1, settings.n_rows, settings.n_columns, settings.n_channels, n_bins))
    x = ops.transpose(x, (0, 4, 1, 2, 3))
    x = ops.reshape(x, (-1, settings.n_rows, settings.n_columns, settings.n_channels))
    for i, n_channels in enumerate((16, 32, 48)):
        x = normalised(layers.Conv2D(n_channels, 3, 2, "same", use_bias=folded, name=f"map{i}")(x), f"mapped{i}")
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    x = ops.reshape(x, (-1, n_bins, 2 * n_channels))
    # One bias for each frequency: it encodes the place in the spectrum for the layers after it.
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
    """Return a network that shares the trunk of a folded one and has a new, untrained head.

    The trunk's values, pooled over all frequencies and places, describe the kind of movement, but not its speed, place
    or direction, because none of the shipped labels depends on these; a user's may. So the head also takes the maxima
    in bands of frequency and in twelve parts of the image, and how the phase advances from cell to cell. The factors
    between these were chosen on small sets of synthetic videos.
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

    The phase of a travelling wave advances in its direction: the sign shows the direction where the cells are
    smaller than half the wavelength.
    """
    from keras import layers, ops

    grid = ops.reshape(rows, (-1, settings.n_rows, settings.n_columns, settings.n_channels, settings.n_bins))
    cos, sin = grid[:, :, :, 1], grid[:, :, :, 2]
    right = ops.sum(cos[:, :, :-1] * sin[:, :, 1:] - sin[:, :, :-1] * cos[:, :, 1:], axis=-1)
    below = ops.sum(cos[:, :-1] * sin[:, 1:] - sin[:, :-1] * cos[:, 1:], axis=-1)
    both = ops.stack([ops.pad(right, ((0, 0), (0, 0), (0, 1))), ops.pad(below, ((0, 0), (0, 1), (0, 0)))], axis=-1)
    return layers.Flatten()(layers.AveragePooling2D((settings.n_rows // 3, settings.n_columns // 4))(both))


def _resampled(bias: Float32, n_bins: int) -> Float32:
    """Return the rows interpolated linearly to other frequencies: k / (2 n_bins) cycles per image, k = 1 … n_bins."""
    given, wanted = (np.arange(1, n + 1) / n for n in (len(bias), n_bins))
    return np.stack([np.interp(wanted, given, column) for column in bias.T], axis=1).astype(np.float32)
