"""Build small TFLite models whose outputs numpy can compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.model.spec import ModelSpec

_TYPES: dict[Any, int] = {
    np.float32: schema.TensorType.FLOAT32,
    np.int8: schema.TensorType.INT8,
    np.uint8: schema.TensorType.UINT8,
    np.int16: schema.TensorType.INT16,
    np.int32: schema.TensorType.INT32,
    np.int64: schema.TensorType.INT64,
}


@dataclass(frozen=True)
class Coding:
    """How a tensor's numbers are stored: x = (q - zero_point) scale; floats as they are."""

    dtype: Any = np.float32
    scale: float = 0.0
    zero_point: int = 0

    def quantised(self, x: Float32) -> NDArray[Any]:
        """Return q of x, in float64 arithmetic."""
        if self.dtype is np.float32:
            return x
        limits = np.iinfo(self.dtype)
        q = np.rint(x.astype(np.float64) / self.scale) + self.zero_point
        clipped: NDArray[Any] = np.clip(q, limits.min, limits.max).astype(self.dtype)
        return clipped

    def real(self, q: NDArray[Any]) -> NDArray[np.float64]:
        """Return x of q."""
        return (q.astype(np.float64) - self.zero_point) * self.scale if self.scale else q.astype(np.float64)


FLOAT = Coding()


class Graph:
    """Builder of a TFLite model."""

    def __init__(self) -> None:
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]  # the first is empty by convention
        self._operators: list[Any] = []
        self._codes: list[Any] = []

    def tensor(
        self,
        shape: tuple[int, ...],
        coding: Coding = FLOAT,
        data: NDArray[Any] | None = None,
        signature: tuple[int, ...] | None = None,
    ) -> int:
        """Add a tensor, constant where it has data, and return its index."""
        tensor = schema.TensorT()
        tensor.name = f"tensor{len(self._tensors)}".encode()
        tensor.shape, tensor.type = list(shape), _TYPES[coding.dtype]
        tensor.shapeSignature = None if signature is None else list(signature)
        if coding.scale:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [coding.scale], [coding.zero_point]
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, coding.dtype).tobytes(), np.uint8)
            tensor.buffer = len(self._buffers)
            self._buffers.append(buffer)
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def fully_connected(self, inputs: list[int], output: int) -> None:
        """Add output = inputs[1] · inputs[0] + inputs[2]."""
        self._operator(schema.BuiltinOperator.FULLY_CONNECTED, inputs, output)
        self._operators[-1].builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        self._operators[-1].builtinOptions = schema.FullyConnectedOptionsT()

    def custom(self, name: str, inputs: list[int], output: int) -> None:
        """Add an operator that no runtime knows."""
        self._operator(schema.BuiltinOperator.CUSTOM, inputs, output)
        self._codes[-1].customCode = name.encode()

    def _operator(self, builtin: int, inputs: list[int], output: int) -> None:
        code = schema.OperatorCodeT()
        code.deprecatedBuiltinCode = code.builtinCode = builtin
        code.version = 4 if builtin == schema.BuiltinOperator.FULLY_CONNECTED else 1
        self._codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self._codes) - 1, inputs, [output]
        self._operators.append(operator)

    def flatbuffer(self, inputs: list[int], outputs: list[int]) -> bytes:
        """Return the .tflite file's bytes."""
        subgraph = schema.SubGraphT()
        subgraph.tensors, subgraph.operators = self._tensors, self._operators
        subgraph.inputs, subgraph.outputs = inputs, outputs
        model = schema.ModelT()
        model.version, model.description = 3, b"tiny"
        model.operatorCodes, model.subgraphs, model.buffers = self._codes, [subgraph], self._buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def waveform_spec(n_frames: int, **changes: Any) -> ModelSpec:
    """Return the description of a model that takes ``n_frames`` samples."""
    values: dict[str, Any] = {
        "format": 1,
        "name": "tiny",
        "task": "sound",
        "front_end": {"kind": "waveform", "sample_rate": 16000},
        "window": {"n_frames": n_frames, "stride": max(1, n_frames // 2)},
    }
    return ModelSpec.model_validate(values | changes)


def log_mel_spec(n_frames: int, n_mels: int, n_fft: int = 512, **changes: Any) -> ModelSpec:
    """Return the description of a model that takes ``n_frames`` frames of log-mel."""
    front_end = {
        "kind": "log_mel",
        "sample_rate": 16000,
        "n_fft": n_fft,
        "frame_length": 400,
        "hop_length": 160,
        "n_mels": n_mels,
        "fmin_hz": 125.0,
        "fmax_hz": 7500.0,
    }
    return waveform_spec(n_frames, front_end=front_end, **changes)


def linear_model(
    weights: Float32,
    shape: tuple[int, ...],
    source: Coding = FLOAT,
    sink: Coding = FLOAT,
    signature: tuple[int, ...] | None = None,
) -> bytes:
    """Return a model that gives ``weights @ input``.

    Parameters
    ----------
    weights : ndarray, shape (n_outputs, n_inputs)
        Range −1…1; stored in 8 bits where the input is not float32.
    shape : tuple of int
        Of the input.
    source, sink : Coding
        Of input and output: both float32, or both of the same integer type.
    signature : tuple of int, optional
        Shape with −1 for what is left open.
    """
    graph = Graph()
    stored = {np.float32: FLOAT, np.uint8: Coding(np.uint8, 1 / 128, 128)}.get(source.dtype, Coding(np.int8, 1 / 128))
    given = graph.tensor(shape, source, signature=signature)
    matrix = graph.tensor(weights.shape, stored, stored.quantised(weights))
    biases = {np.float32: FLOAT, np.int16: Coding(np.int64, source.scale / 128)}.get(
        source.dtype, Coding(np.int32, source.scale / 128)
    )
    bias = graph.tensor((len(weights),), biases, np.zeros(len(weights)))
    result = graph.tensor((1, len(weights)), sink)
    graph.fully_connected([given, matrix, bias], result)
    return graph.flatbuffer([given], [result])
