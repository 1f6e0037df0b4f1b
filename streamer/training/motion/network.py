"""The network: one small CNN looks at the map of every frequency, a second one along the frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamer.features.sight_settings import MotionSettings

LEVEL_SCALE = 4.0  # the model file divides rows by it


def build(settings: MotionSettings, n_labels: int) -> Any:
    """Return the Keras model: rows (n, n_cells, row_width) → logits (n, n_labels).

    What a movement looks like does not depend on how fast it is, so all frequencies share one network for their map
    of (level, cosine, sine): it reduces the map to the largest value and the mean of every channel, which a small
    mover and a whole picture need. Neighbouring frequencies, and the whole spectrum, are looked at afterwards.
    """
    import keras
    from keras import layers, ops

    n_bins = settings.n_bins
    x = inputs = keras.Input((settings.n_cells, settings.row_width))
    x = ops.reshape(x, (-1, settings.n_rows, settings.n_columns, 3, n_bins))
    x = ops.transpose(x, (0, 4, 1, 2, 3))
    x = ops.reshape(x, (-1, settings.n_rows, settings.n_columns, 3))
    for i, n_channels in enumerate((16, 32, 48)):
        x = _normalised(layers.Conv2D(n_channels, 3, 2, "same", use_bias=False, name=f"map{i}")(x))
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    x = ops.reshape(x, (-1, n_bins, 2 * n_channels))
    x = layers.Dense(48, name="frequency")(x)
    x = layers.Embedding(n_bins, 48, name="place")(ops.arange(n_bins)) + x
    x = _normalised(x)
    for i, dilation in enumerate((1, 2)):
        x = _normalised(
            layers.Conv1D(48, 5, padding="same", dilation_rate=dilation, use_bias=False, name=f"along{i}")(x)
        )
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(48, activation="relu", name="together")(x)
    return keras.Model(inputs, layers.Dense(n_labels, name="logits")(x))


def _normalised(x: Any) -> Any:
    """Normalise over the batch, which the converter folds into the layer before, and cut off below 0."""
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=0.97)(x))


def to_tflite(model: Any, settings: MotionSettings) -> bytes:
    """Return the graph of the scores as TFLite: sigmoid outputs, weights in float16, arithmetic in float32."""
    import tensorflow as tf
    from tensorflow.lite.tools import flatbuffer_utils

    shape: Sequence[int] = (1, settings.n_cells, settings.row_width)

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])  # type: ignore[untyped-decorator]
    def scores(rows: Any) -> Any:
        return tf.sigmoid(model(rows, training=False))

    converter = tf.lite.TFLiteConverter.from_concrete_functions([scores.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    model_object = flatbuffer_utils.convert_bytearray_to_object(bytearray(converter.convert()))
    flatbuffer_utils.strip_strings(model_object)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model_object))
