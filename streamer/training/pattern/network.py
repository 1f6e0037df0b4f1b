"""The network: a small convolutional one on radius × angle, where the angle wraps around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.messages import Float32

WIDTHS = (24, 40, 64)  # channels of the three convolutions that make the map smaller
STRIDES = ((2, 1), (2, 2), (2, 2))  # along radius and angle
N_BLOCKS = 2


def build(n_radii: int, n_angles: int, n_labels: int) -> Any:
    """Return the untrained network: features (n_radii, n_angles) → logits (n_labels,).

    Its first step takes away the mean over the picture, so that contrast and exposure do not matter, and next to
    that the mean over each ring, which leaves what has a direction. Every convolution continues the
    angles at the other end (a spectrum at 180° is that at 0°), and the end takes mean and maximum over the map, so
    that a turned picture gives nearly the same scores.
    """
    import keras
    from keras import layers

    entry = keras.Input((n_radii, n_angles))
    x = layers.Reshape((n_radii, n_angles, 1))(entry)
    ring, picture = (keras.ops.mean(x, axis, keepdims=True) for axis in (2, (1, 2)))
    x = layers.Concatenate()([x - ring, x - picture])
    for i, (width, strides) in enumerate(zip(WIDTHS, STRIDES, strict=True)):
        x = layers.Conv2D(width, 3, strides, use_bias=False, name=f"convolution{i}")(_wrapped(x))
        x = layers.ReLU()(layers.BatchNormalization()(x))
    for i in range(N_BLOCKS):  # on a map of 8 × 9: here the directions of a lattice meet
        y = layers.Conv2D(WIDTHS[-1], 3, use_bias=False, name=f"block{i}")(_wrapped(x))
        x = layers.ReLU()(x + layers.BatchNormalization()(y))
    x = layers.Concatenate()([keras.ops.mean(x, (1, 2)), keras.ops.max(x, (1, 2))])
    x = layers.Dropout(0.2)(x)
    return keras.Model(entry, layers.Dense(n_labels, name="logits")(x))


def add_prior(model: Any, place: int, log_odds: float) -> None:
    """Raise the logit of one label, as where it is e^log_odds times as frequent as in training."""
    layer = model.get_layer("logits")
    kernel, bias = layer.get_weights()
    bias[place] += log_odds
    layer.set_weights([kernel, bias])


def _wrapped(x: Any) -> Any:
    """Continue the map by one: zeros beyond the radii, the other end beyond the angles."""
    import keras

    around = keras.layers.Concatenate(axis=2)([x[:, :, -1:], x, x[:, :, :1]])
    return keras.layers.ZeroPadding2D(((1, 1), (0, 0)))(around)


def to_tflite(model: Any, calibration: Float32 | NDArray[np.float16] | None) -> bytes:
    """Return scores' graph as TFLite: softmax output, float tensors outside.

    Parameters
    ----------
    model : keras.Model
        From :func:`build`; converting needs the TensorFlow backend of Keras.
    calibration : ndarray, shape (n, n_radii, n_angles), or None
        Spectra that set the ranges of int8 tensors inside; None: float weights.
    """
    import tensorflow as tf
    from tensorflow.lite.tools import flatbuffer_utils

    shape = [1, *model.input_shape[1:]]

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])  # type: ignore[untyped-decorator]
    def scores(features: Any) -> Any:
        return tf.nn.softmax(model(features, training=False))

    converter = tf.lite.TFLiteConverter.from_concrete_functions([scores.get_concrete_function()])
    if calibration is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([window[None].astype(np.float32)] for window in calibration)
    model_object = flatbuffer_utils.convert_bytearray_to_object(bytearray(converter.convert()))
    flatbuffer_utils.strip_strings(model_object)  # names of tensors
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model_object))
