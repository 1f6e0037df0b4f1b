"""Read the weights out of a TFLite file, as floats, to rebuild its network from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.errors import UserError

_DENSE, _CONVOLUTIONS = "FULLY_CONNECTED", ("CONV_2D", "DEPTHWISE_CONV_2D")


@dataclass(frozen=True, slots=True, eq=False)
class OperationWeights:
    """The constants of one operation; batch normalisation has been folded into them by the converter."""

    operation: str  # TFLite's name: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, ADD, MUL …
    arrays: tuple[Float32, ...]
    """In Keras's order: kernel (height, width, in, out), depthwise (height, width, channels, 1), dense (in, out), and
    the bias (out,) where there is one; of other operations the constants as they are."""


def read_weights(flatbuffer: bytes) -> tuple[OperationWeights, ...]:
    """Return the constants of every operation that has some, in the order of the graph.

    Integer weights are multiplied by their scale, channel by channel (their zero point is 0); float16 is widened.
    The structure is not read: the caller rebuilds the network in code.

    Raises
    ------
    UserError
        If the file does not load.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    from streamer.system import quiet_stderr

    try:
        with quiet_stderr():
            # Without the XNNPACK delegate, which would hide the layers inside one operation.
            plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            interpreter = Interpreter(model_content=flatbuffer, experimental_op_resolver_type=plain)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise UserError(f"model must be a TFLite file whose weights can be read; {error}") from None
    operations = interpreter._get_ops_details()
    widened = {int(op["outputs"][0]): int(op["inputs"][0]) for op in operations if op["op_name"] == "DEQUANTIZE"}
    computed = {int(i) for op in operations for i in op["outputs"]} - widened.keys()
    computed |= {detail["index"] for detail in interpreter.get_input_details()}
    found = []
    for op in operations:
        if op["op_name"] == "DEQUANTIZE":
            continue
        constants = [int(i) for i in op["inputs"] if i >= 0 and int(i) not in computed]
        arrays = [_as_floats(interpreter, widened.get(i, i)) for i in constants]
        known = tuple(_as_keras(op["op_name"], array) for array in arrays if array is not None)
        if known:
            found.append(OperationWeights(op["op_name"], known))
    return tuple(found)


def _as_floats(interpreter: Any, index: int) -> Float32 | None:
    """Return a constant tensor as floats; None for integers, which are shapes and axes, not weights."""
    detail = interpreter._get_tensor_details(index, 0)
    quantisation = detail["quantization_parameters"]
    scales = quantisation["scales"]
    if detail["dtype"] not in (np.float32, np.float16) and not scales.size:
        return None
    values: Float32 = np.asarray(interpreter.get_tensor(index), np.float32)
    if not scales.size:
        return values
    if scales.size > 1:
        shape = [1] * values.ndim
        shape[quantisation["quantized_dimension"]] = -1
        scales = scales.reshape(shape)
    else:  # one scale for the whole tensor may come with a zero point
        values = values - np.float32(quantisation["zero_points"][0])
    return np.asarray(values * scales, np.float32)


def _as_keras(operation: str, array: Float32) -> Float32:
    """Return a kernel with the axes of Keras; TFLite has (out, h, w, in), depthwise (1, h, w, c), dense (out, in)."""
    if array.ndim == 2 and operation == _DENSE:
        return array.T
    return array.transpose(1, 2, 3, 0) if array.ndim == 4 and operation in _CONVOLUTIONS else array
