"""Classifier: a window of rows → a score for each label, by a TFLite model."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.config import RuntimeName
from streamer.errors import StreamerError, UserError
from streamer.model.file import ModelFile
from streamer.model.runtime import find_runtime, one_line
from streamer.system import quiet_stderr

_TOLERANCE = 0.02  # by which rounding may take a score out of 0…1 (an int8 step is 0.004)


class Classifier:
    """A loaded model that turns a window of rows into scores; every instance belongs to one thread.

    Parameters
    ----------
    model : ModelFile
        A trusted one: a damaged or hostile file can crash the TFLite runtimes. To load any file, call
        :func:`streamer.model.sandbox.load_classifier`, which tries it in a child process first.
    runtime : {"auto", "litert", "tflite-runtime"}
        TFLite runtime; ``auto`` is ai-edge-litert where it is installed.
    n_threads : int
        Threads for one window.

    Raises
    ------
    UserError
        If the runtime is not installed, the model does not load, or its tensors do not fit its description.
    ValueError
        If the model is not trusted.
    """

    def __init__(self, model: ModelFile, runtime: RuntimeName = "auto", n_threads: int = 1) -> None:
        if not model.trusted:
            raise ValueError(f"model={model.path} must be trusted; load it with streamer.model.sandbox.load_classifier")
        self.runtime = find_runtime(runtime)
        self.model = model
        self.labels = model.labels
        self.spec = model.spec
        try:
            self._interpreter = self.runtime.load(model.flatbuffer, n_threads)
            self._input = _fit_input(self._interpreter, model)
            with quiet_stderr():
                self._interpreter.allocate_tensors()
                self._interpreter.invoke()  # fixes dynamic output sizes, and warms up
            self._output = _fit_output(self._interpreter, model)
        except (ValueError, RuntimeError, MemoryError) as error:
            raise UserError(f"model={model.path} must load into {self.runtime}; {one_line(error)}") from None
        scalars = model.spec.normalisation
        self._mean, self._factor = np.float32(scalars.mean), np.float32(1.0 / scalars.std)
        self._features = np.empty(self._input.shape, np.float32)
        self._quantised = np.empty(self._input.shape, self._input.dtype)

    def classify(self, rows: Float32) -> Float32:
        """Score one window.

        Parameters
        ----------
        rows : ndarray of float32, shape (n_frames, width)
            As the front end gives them; for samples, in the range −1…1, shape (n_frames,) is accepted too.

        Returns
        -------
        ndarray of float32, shape (n_labels,)
            Range 0…1, a new array.

        Raises
        ------
        StreamerError
            If the rows hold NaN, or the outputs are not scores: not finite, or outside 0…1.
        """
        if np.isnan(rows.min()):  # integer tensors have no NaN: it would become some number
            raise StreamerError(f"model={self.model.path} must be given numbers, not NaN; check the source")
        np.subtract(rows.reshape(self._features.shape), self._mean, out=self._features)
        np.multiply(self._features, self._factor, out=self._features)
        self._interpreter.set_tensor(self._input.index, self._input.quantise(self._features, self._quantised))
        self._interpreter.invoke()
        output = self._output.dequantise(self._interpreter.get_tensor(self._output.index)).reshape(-1)
        return self._scores(output)

    def _scores(self, output: Float32) -> Float32:
        if self.spec.activation == "softmax":
            output = np.exp(output - output.max())
            output /= output.sum()
        elif self.spec.activation == "sigmoid":
            output = np.float32(0.5) * (np.float32(1.0) + np.tanh(np.float32(0.5) * output))  # no overflow
        low, high = output.min(), output.max()
        if not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):  # also true of NaN
            raise StreamerError(
                f"model={self.model.path} must give scores from 0 to 1, not {low:.3g} to {high:.3g};"
                ' set activation = "softmax" or "sigmoid" in its description'
            )
        return np.clip(output, np.float32(0.0), np.float32(1.0))


@dataclasses.dataclass(frozen=True, slots=True)
class _Tensor:
    """Input or output tensor of the model: its place, shape and coding."""

    index: int
    shape: tuple[int, ...]
    dtype: Any  # numpy scalar type
    scale: np.float32
    zero_point: np.float32

    def quantise(self, values: Float32, out: NDArray[Any]) -> NDArray[Any]:
        """Return q = round(x / scale) + zero_point, ties to even, clipped; ``values`` is overwritten."""
        if self.dtype is np.float32:
            return values
        limits = np.iinfo(self.dtype)
        np.divide(values, self.scale, out=values)
        np.rint(values, out=values)
        values += self.zero_point
        np.clip(values, limits.min, limits.max, out=values)
        np.copyto(out, values, casting="unsafe")
        return out

    def dequantise(self, values: NDArray[Any]) -> Float32:
        """Return x = (q - zero_point) scale."""
        real: Float32 = values.astype(np.float32, copy=False)
        if self.dtype is not np.float32:
            real -= self.zero_point
            real *= self.scale
        return real


def _tensor(detail: dict[str, Any], shape: tuple[int, ...], end: str) -> _Tensor:
    """Return the input or output tensor described by the runtime, named ``end`` in errors."""
    dtype = detail["dtype"]
    if dtype is np.float32:
        return _Tensor(detail["index"], shape, dtype, np.float32(1), np.float32(0))
    if dtype not in (np.int8, np.uint8, np.int16):
        raise ValueError(f"{end} of type {np.dtype(dtype).name}; float32, int8, uint8 and int16 are known")
    scales = detail["quantization_parameters"]["scales"]
    zero_points = detail["quantization_parameters"]["zero_points"]
    if len(scales) != 1 or len(zero_points) != 1 or not 0 < scales[0] < math.inf:
        raise ValueError(f"{end} of type {np.dtype(dtype).name} without one scale and zero point")
    return _Tensor(detail["index"], shape, dtype, np.float32(scales[0]), np.float32(zero_points[0]))


def _fit_input(interpreter: Any, model: ModelFile) -> _Tensor:
    """Return the input tensor, its dynamic dimensions set so that it holds the window of the description."""
    details = interpreter.get_input_details()
    if len(details) != 1:
        raise ValueError(f"it has {len(details)} inputs; one is known")
    detail = details[0]
    window = model.spec.input_shape
    signature = tuple(int(n) for n in detail.get("shape_signature", detail["shape"]))
    if not signature:
        signature = tuple(int(n) for n in detail["shape"])
    shape = _fill(signature, window)
    if shape is None:
        raise UserError(
            f"model={model.path}: input {signature} does not fit the front end's window {window};"
            " n_frames and the front end's width must be the model's"
        )
    if shape != tuple(detail["shape"]):
        interpreter.resize_tensor_input(detail["index"], shape)
    return _tensor(detail, shape, "an input")


def _fill(signature: tuple[int, ...], window: tuple[int, int]) -> tuple[int, ...] | None:
    """Return the signature with its dynamic dimensions (−1) set so that it holds the window; None if it cannot."""
    unknown = [i for i, n in enumerate(signature) if n < 0]
    if len(unknown) > 4:
        return None
    wanted = _squeezed(window)
    for sizes in itertools.product((1, *window), repeat=len(unknown)):
        shape = list(signature)
        for i, size in zip(unknown, sizes, strict=True):
            shape[i] = size
        if _squeezed(tuple(shape)) == wanted:
            return tuple(shape)
    return None


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _fit_output(interpreter: Any, model: ModelFile) -> _Tensor:
    """Return the output tensor that has one value for each label."""
    details = interpreter.get_output_details()
    shapes = [tuple(int(n) for n in detail["shape"]) for detail in details]
    fitting = [i for i, shape in enumerate(shapes) if math.prod(shape) == len(model.labels)]
    if len(fitting) != 1:
        found = ", ".join(map(str, shapes))
        raise UserError(
            f"model={model.path}: {len(fitting)} of the outputs {found} fit its {len(model.labels)} labels;"
            " exactly one must"
        )
    return _tensor(details[fitting[0]], shapes[fitting[0]], "an output")
