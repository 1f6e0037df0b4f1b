"""The network of the sound models, and the weights that training begins with: `models/sound_start.npz`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.features.logmel_settings import STANDARD
from streamer.model.file import shipped_models_directory

FRONT_END = STANDARD
# Output channels and stride of each depthwise-separable layer: the first six as in MobileNet v1, the rest thinner.
SEPARABLE = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(256, 1)] * 3, (416, 2), (416, 1))
N_STEM = 6  # separable layers of the lower half, which began as YAMNet's: a twelfth of the weights, most of the work
LAST_OF_STEM = f"pointwise{N_STEM - 1}"  # 7 × 4 positions of 512 channels, for 155 frames
LAST_OF_TRUNK = "mean_of_trunk"  # what imitates YAMNet's embedding
N_TIMED = 3  # layers after the stem that span three positions in time, where a window has so many; the rest span one
STEM_FRAMES, STEM_HOP = 59, 16  # input frames that one position after the stem depends on, and from one to the next
START = "sound_start.npz"


@dataclass(frozen=True, slots=True)
class Adaptor:
    """Per-band map from our log-mel power to the log-mel magnitude that the first layer expects."""

    scale: Float32  # shape (n_mels,)
    offset: Float32  # shape (n_mels,)


def n_positions(n_frames: int) -> int:
    """Return the number of positions in time after the stem; 0 where a window is too short."""
    return max(0, (n_frames - STEM_FRAMES) // STEM_HOP + 1)


def build_trunk(n_frames: int, adaptor: Adaptor) -> Any:
    """Return the trunk as a Keras model with random weights: features (n, n_frames, n_mels) → pooled (n, 1440).

    Nothing is padded in time: what a layer gives for a frame does not depend on where the window began, so that a
    stream may compute every layer once for each new frame. Pooling is over time and frequency, so that windows may
    have any length ≥ `STEM_FRAMES`. Beside the mean of the last layer stand mean and maximum of the stem's channels:
    they tell sounds apart that the thin layers above no longer do.
    """
    import keras

    n_mels = adaptor.scale.size
    x = inputs = keras.Input((n_frames, n_mels))
    variance = 1.0 / np.square(adaptor.scale)  # Normalization computes (x − mean) / √variance
    x = keras.layers.Normalization(mean=-adaptor.offset / adaptor.scale, variance=variance)(x)
    x = keras.layers.Reshape((n_frames, n_mels, 1))(x)
    x = keras.layers.Conv2D(32, 3, 2, activation="relu6", name="conv")(_padded(x, 2))
    for i, (n_channels, stride) in enumerate(SEPARABLE):
        kernel = (3 if _spans_time(i, n_frames) else 1, 3)
        x = keras.layers.DepthwiseConv2D(kernel, stride, activation="relu6", name=f"depthwise{i}")(_padded(x, stride))
        x = keras.layers.Conv2D(n_channels, 1, activation="relu6", name=f"pointwise{i}")(x)
        if i == N_STEM - 1:
            stem = x
    pooled = [
        keras.layers.GlobalAveragePooling2D(name=LAST_OF_TRUNK)(x),
        keras.layers.GlobalAveragePooling2D(name="mean_of_stem")(stem),
        keras.layers.GlobalMaxPooling2D(name="maximum_of_stem")(stem),
    ]
    return keras.Model(inputs, keras.layers.Concatenate(name="embedding")(pooled))


def _padded(x: Any, stride: int) -> Any:
    """Pad in frequency alone, as TensorFlow's "same" does for an even number of bands."""
    import keras

    return keras.layers.ZeroPadding2D(((0, 0), (2 - stride, 1)))(x)


def _spans_time(layer: int, n_frames: int) -> bool:
    """Return whether a separable layer spans three positions in time, for windows of this length."""
    return layer < N_STEM + min(N_TIMED, (n_positions(n_frames) - 1) // 2)


def adaptor_of(model: Any) -> Adaptor:
    """Return the adaptor that a model was built with, see :func:`build_trunk`."""
    layer = next(one for one in model.layers if one.name.startswith("normalization"))
    mean, variance = (np.asarray(part, np.float64).ravel() for part in (layer.mean, layer.variance))
    scale = 1.0 / np.sqrt(variance)
    return Adaptor(scale.astype(np.float32), (-mean * scale).astype(np.float32))


def convolutions() -> list[str]:
    """Return the names of the layers that have weights, from input to output."""
    return ["conv", *(f"{kind}{i}" for i in range(len(SEPARABLE)) for kind in ("depthwise", "pointwise"))]


def write_start(path: Path, trunk: Any, adaptor: Adaptor, beside: Mapping[str, NDArray[Any]]) -> None:
    """Write a trunk's weights as float16: names as in :func:`build_trunk`, ``.kernel`` and ``.bias``.

    Parameters
    ----------
    beside : mapping of str to ndarray
        Further arrays of the file: the world, see :mod:`streamer.training.sound.world`.
    """
    arrays = {"adaptor.scale": adaptor.scale, "adaptor.offset": adaptor.offset, **beside}
    for name in convolutions():
        kernel, bias = trunk.get_layer(name).get_weights()
        arrays |= {f"{name}.kernel": kernel.astype(np.float16), f"{name}.bias": bias.astype(np.float16)}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load_start(n_frames: int, path: Path | None = None) -> Any:
    """Return the trunk with the weights of a file; None: the shipped one.

    Raises
    ------
    UserError
        If there is no such file, or it has other layers.
    """
    with opened_start(path) as start:
        trunk = build_trunk(n_frames, Adaptor(start["adaptor.scale"], start["adaptor.offset"]))
        for name in convolutions():
            kernel, bias = (start[f"{name}.{part}"].astype(np.float32) for part in ("kernel", "bias"))
            set_layer(trunk.get_layer(name), kernel, bias)
    return trunk


def set_layer(layer: Any, kernel: Float32, bias: Float32) -> None:
    """Set a layer's weights; where it spans one position in time and the kernel three, to their sum."""
    if layer.kernel.shape[0] < kernel.shape[0]:
        kernel = kernel.sum(axis=0, keepdims=True)
    layer.set_weights([kernel, bias])


@contextlib.contextmanager
def opened_start(path: Path | None) -> Iterator[Any]:
    """Open the file of a start, for its arrays; None: the shipped one.

    Raises
    ------
    UserError
        As :func:`load_start`.
    """
    path = path or shipped_models_directory() / START
    try:
        with np.load(path, allow_pickle=False) as start:
            yield start
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"start={path} must be weights written by streamer; install streamer again ({error})") from None


def add_logits(trunk: Any, n_labels: int) -> Any:
    """Return the trunk with a linear layer on its embedding: features → logits (n, n_labels), at first all 0."""
    import keras

    return keras.Model(
        trunk.input, keras.layers.Dense(n_labels, name="logits", kernel_initializer="zeros")(trunk.output)
    )
