"""Convert a Keras network to TFLite, and score windows with the result."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.errors import StreamerError
from streamer.model.runtime import find_runtime, one_line
from streamer.system import quiet_stderr
from streamer.training.calibration import Activation

Precision = Literal["float32", "float16", "int8"]
Predict = Callable[[NDArray[Any]], Float32]  # features (n, rows, width) → scores (n, n_labels)


def to_tflite(
    model: Any,
    calibration: Float32 | NDArray[np.float16] | None = None,
    precision: Precision = "float16",
    activation: Activation | Literal["none"] = "sigmoid",
) -> bytes:
    """Return a network as TFLite: one window → scores, float32 tensors outside.

    Parameters
    ----------
    model : keras.Model
        Features → logits; converting needs the TensorFlow backend of Keras.
    calibration : ndarray, shape (n, rows, width), optional
        Windows whose activations set the ranges of int8 tensors; needed for these.
    precision : {"float32", "float16", "int8"}
        Of the weights; ``int8`` computes in int8 as well.
    activation : {"sigmoid", "softmax", "none"}
        Turns logits into scores; becomes part of the graph. With ``none`` the file gives logits.

    Raises
    ------
    StreamerError
        If an operation of the network has no form of this precision.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert import ConverterError
    from tensorflow.lite.tools import flatbuffer_utils

    input_spec = tf.TensorSpec([1, *model.input_shape[1:]], tf.float32)
    score = {"sigmoid": tf.sigmoid, "softmax": tf.nn.softmax, "none": tf.identity}[activation]

    @tf.function(input_signature=[input_spec], autograph=False)  # type: ignore[untyped-decorator]
    def scores(features: Any) -> Any:
        return score(model(features, training=False))

    converter = tf.lite.TFLiteConverter.from_concrete_functions([scores.get_concrete_function()])
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        if calibration is None or not len(calibration):
            raise ValueError("precision=int8 must be given calibration windows")
        converter.representative_dataset = lambda: ([window[None].astype(np.float32)] for window in calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    try:
        with quiet_stderr(), warnings.catch_warnings():  # the converter's output concerns its developers
            warnings.simplefilter("ignore")
            converted = converter.convert()
    except (ConverterError, RuntimeError, ValueError) as error:
        named = re.search(r"ops: ([\w, ]*\w)", str(error))  # pages of text, which name the operations once
        why = f"TFLite has no such form of {named[1]}" if named else one_line(error)
        raise StreamerError(f"precision={precision} must suit the network; {why}") from None
    model_object = flatbuffer_utils.convert_bytearray_to_object(bytearray(converted))
    flatbuffer_utils.strip_strings(model_object)  # names of tensors: one per cent of the file
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model_object))


def predictor(flatbuffer: bytes, n_labels: int) -> Predict:
    """Return a function that scores windows one by one, as the model file does live.

    Parameters
    ----------
    flatbuffer : bytes
        From :func:`to_tflite`.
    n_labels : int
        Number of its scores.
    """
    interpreter = find_runtime().load(flatbuffer, n_threads=1)
    with quiet_stderr():
        interpreter.allocate_tensors()
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = interpreter.get_output_details()[0]["index"]

    def predict(features: NDArray[Any]) -> Float32:
        scores = np.empty((len(features), n_labels), np.float32)
        for i, window in enumerate(features):
            interpreter.set_tensor(input_index, np.asarray(window[None], np.float32))
            interpreter.invoke()
            scores[i] = interpreter.get_tensor(output_index)[0]
        return scores

    return predict
