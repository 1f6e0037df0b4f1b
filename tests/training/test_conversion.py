from typing import Any

import numpy as np
import pytest

from streamer.errors import StreamerError
from streamer.training.calibration import Activation, scores_of
from streamer.training.conversion import Precision, predictor, to_tflite
from streamer.training.tensorflow import load_tensorflow

pytest.importorskip("tensorflow")
load_tensorflow()

WINDOWS = np.random.default_rng(0).normal(size=(40, 6, 4)).astype(np.float16)


@pytest.fixture(scope="module")
def model() -> Any:
    import keras

    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 4))
    x = keras.layers.Conv1D(8, 3, activation="relu")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("float16", 2e-3), ("int8", 0.03)])
def test_the_file_gives_the_networks_scores(
    model: Any, precision: Precision, tolerance: float, activation: Activation
) -> None:
    flatbuffer = to_tflite(model, WINDOWS, precision, activation)
    wanted = scores_of(np.asarray(model(WINDOWS.astype(np.float32), training=False)), activation)
    np.testing.assert_allclose(predictor(flatbuffer, 3)(WINDOWS), wanted, atol=tolerance)


def test_int8_stores_and_computes_in_eight_bits(model: Any) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=to_tflite(model, WINDOWS, "int8"))
    interpreter.allocate_tensors()
    types = {np.dtype(detail["dtype"]).name for detail in interpreter.get_tensor_details()}
    assert "int8" in types
    assert types <= {"int8", "int32", "float32"}
    assert interpreter.get_input_details()[0]["dtype"] is np.float32


def test_int8_needs_windows_to_set_its_ranges(model: Any) -> None:
    with pytest.raises(ValueError, match="calibration windows"):
        to_tflite(model, None, "int8")


def test_a_network_that_has_no_integer_form_is_reported() -> None:
    import keras

    inputs = keras.Input((6, 4))
    x = keras.layers.Flatten()(keras.ops.erf(inputs))
    unusual = keras.Model(inputs, keras.layers.Dense(2)(x))
    with pytest.raises(StreamerError, match=r"precision=int8 must suit the network; TFLite has no such form of Erf$"):
        to_tflite(unusual, WINDOWS, "int8")


def test_no_windows_have_no_scores(model: Any) -> None:
    assert predictor(to_tflite(model), 3)(WINDOWS[:0]).shape == (0, 3)
