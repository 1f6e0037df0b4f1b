"""The network of the pattern models: a small CNN on radius × angle, whose angle wraps around."""

from __future__ import annotations

from typing import Any

from streamer.training.weights import read_weights

WIDTHS = (24, 40, 64)  # channels of the three convolutions that make the map smaller
STRIDES = ((2, 1), (2, 2), (2, 2))  # along radius and angle
N_BLOCKS = 2


def build(n_radii: int, n_angles: int, n_labels: int, *, folded: bool = False) -> Any:
    """Return the untrained network: features (n_radii, n_angles) → logits (n_labels,).

    It has two input channels: the spectrum less its mean, which makes it independent of contrast and exposure, and the
    spectrum less the mean of each ring, which leaves what depends on direction. Every convolution continues the angles
    at the other end (a spectrum at 180° is that at 0°), and mean and maximum over the map are taken in the end, so
    that a turned picture has nearly the same scores.

    Parameters
    ----------
    folded : bool
        Biases instead of batch normalisation: the form in which a model file has it, and in which few examples, too
        few for the statistics of a batch, can train it further.
    """
    import keras
    from keras import layers

    def normalised(x: Any) -> Any:
        return x if folded else layers.BatchNormalization()(x)

    inputs = keras.Input((n_radii, n_angles))
    x = layers.Reshape((n_radii, n_angles, 1))(inputs)
    of_ring, of_picture = (keras.ops.mean(x, axis, keepdims=True) for axis in (2, (1, 2)))
    x = layers.Concatenate()([x - of_ring, x - of_picture])
    for i, (width, strides) in enumerate(zip(WIDTHS, STRIDES, strict=True)):
        x = layers.Conv2D(width, 3, strides, use_bias=folded, name=f"convolution{i}")(_wrapped(x))
        x = layers.ReLU()(normalised(x))
    for i in range(N_BLOCKS):  # on a map of 8 × 9, where the field of view spans the directions of a lattice
        y = layers.Conv2D(WIDTHS[-1], 3, use_bias=folded, name=f"block{i}")(_wrapped(x))
        x = layers.ReLU(name=f"map{i}")(x + normalised(y))
    x = layers.Concatenate(name="pooled")([keras.ops.mean(x, (1, 2)), keras.ops.max(x, (1, 2))])
    x = layers.Dropout(0.2)(x)
    return keras.Model(inputs, layers.Dense(n_labels, name="logits")(x))


def rebuilt(flatbuffer: bytes, n_radii: int, n_angles: int) -> Any:
    """Return the folded network with the weights of a model file of this recipe."""
    weights = read_weights(flatbuffer)
    model = build(n_radii, n_angles, weights[-1].arrays[0].shape[1], folded=True)
    names = [*(f"convolution{i}" for i in range(len(WIDTHS))), *(f"block{i}" for i in range(N_BLOCKS)), "logits"]
    for name, of_layer in zip(names, weights, strict=True):
        model.get_layer(name).set_weights(of_layer.arrays)
    return model


def with_new_head(model: Any, n_labels: int) -> Any:
    """Return a network that shares the trunk of a folded one and has a new, untrained head.

    The trunk's mean and maximum over its map contain neither period nor direction, because none of the shipped labels
    depends on them; a user's may. So the head also takes the maximum at every radius and at every angle. The latter
    are halved: labels of unknown direction need them least.
    """
    import keras
    from keras import layers

    x = model.get_layer(f"map{N_BLOCKS - 1}").output
    periods, directions = (layers.Flatten()(keras.ops.max(x, axis)) for axis in (2, 1))
    x = layers.Concatenate(name="embedding")([model.get_layer("pooled").output, periods, 0.5 * directions])
    x = layers.Dropout(0.2)(x)
    return keras.Model(model.input, layers.Dense(n_labels, name="logits")(x))


def add_prior(model: Any, place: int, log_odds: float) -> None:
    """Raise the logit of one label, as is right where it is e^log_odds times as frequent as in training."""
    layer = model.get_layer("logits")
    kernel, bias = layer.get_weights()
    bias[place] += log_odds
    layer.set_weights([kernel, bias])


def _wrapped(x: Any) -> Any:
    """Continue the map by one: zeros beyond the radii, the other end beyond the angles."""
    import keras

    around = keras.layers.Concatenate(axis=2)([x[:, :, -1:], x, x[:, :, :1]])
    return keras.layers.ZeroPadding2D(((1, 1), (0, 0)))(around)
