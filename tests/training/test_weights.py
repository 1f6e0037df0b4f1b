"""The weights inside a TFLite file, against those of the network that it was converted from."""

import numpy as np
import pytest

from streamer.errors import UserError
from streamer.training.conversion import Precision, to_tflite
from streamer.training.weights import read_weights

pytest.importorskip("tensorflow")

WINDOWS = np.random.default_rng(0).normal(size=(40, 8, 6)).astype(np.float32)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-6), ("float16", 1e-3), ("int8", 1e-2)])
def test_weights_are_in_order_and_in_keras_axes(precision: Precision, tolerance: float) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((8, 6))
    x = layers.Reshape((8, 6, 1))(x)
    x = layers.Conv2D(5, 3, use_bias=False, name="first")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="norm")(x))
    x = layers.DepthwiseConv2D(3, activation="relu", name="second", bias_initializer="uniform")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(4, bias_initializer="uniform", name="logits")(x))
    gamma = np.linspace(0.5, 2.0, 5).astype(np.float32)
    model.get_layer("norm").set_weights([gamma, gamma - 1, gamma * 0.1, gamma * 1.5])

    first, second, logits = read_weights(to_tflite(model, WINDOWS, precision))
    factor = gamma / np.sqrt(gamma * 1.5 + 1e-3)
    expected = [model.get_layer("first").get_weights()[0] * factor, gamma - 1 - gamma * 0.1 * factor]
    assert [w.operation for w in (first, second, logits)] == ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"]
    wanted = [expected, model.get_layer("second").get_weights(), model.get_layer("logits").get_weights()]
    for found, arrays in zip((first, second, logits), wanted, strict=True):
        for mine, theirs in zip(found.arrays, arrays, strict=True):
            assert mine.shape == theirs.shape
            np.testing.assert_allclose(mine, theirs, atol=tolerance)


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(UserError, match="must be a TFLite file"):
        read_weights(b"no model at all")
