"""The network of the sound models, and the weights that training begins with: `models/sound_start.npz`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
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
N_STEM = 6  # separable layers of the lower half, which began as YAMNet's: a twelfth of the weights, half the work
LAST_OF_STEM = f"pointwise{N_STEM - 1}"  # 8 × 4 positions of 512 channels, for 128 frames
START = "sound_start.npz"


@dataclass(frozen=True, slots=True)
class Adaptor:
    """Per-band map from our log-mel power to the log-mel magnitude that the first layer expects."""

    scale: Float32  # shape (n_mels,)
    offset: Float32  # shape (n_mels,)


def build_trunk(n_frames: int, adaptor: Adaptor) -> Any:
    """Return the trunk as a Keras model with random weights: features (n, n_frames, n_mels) → pooled (n, 416).

    Pooling is over time and frequency, so that windows may have any length ≥ 32 frames.
    """
    import keras

    n_mels = adaptor.scale.size
    x = inputs = keras.Input((n_frames, n_mels))
    variance = 1.0 / np.square(adaptor.scale)  # Normalization computes (x − mean) / √variance
    x = keras.layers.Normalization(mean=-adaptor.offset / adaptor.scale, variance=variance)(x)
    x = keras.layers.Reshape((n_frames, n_mels, 1))(x)
    x = keras.layers.Conv2D(32, 3, 2, "same", activation="relu6", name="conv")(x)
    for i, (n_channels, stride) in enumerate(SEPARABLE):
        x = keras.layers.DepthwiseConv2D(3, stride, "same", activation="relu6", name=f"depthwise{i}")(x)
        x = keras.layers.Conv2D(n_channels, 1, activation="relu6", name=f"pointwise{i}")(x)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="embedding")(x))


def convolutions() -> list[str]:
    """Return the names of the layers that have weights, from input to output."""
    return ["conv", *(f"{kind}{i}" for i in range(len(SEPARABLE)) for kind in ("depthwise", "pointwise"))]


def write_start(path: Path, trunk: Any, adaptor: Adaptor, world: NDArray[np.float16]) -> None:
    """Write a trunk's weights as float16: names as in :func:`build_trunk`, ``.kernel`` and ``.bias``.

    Parameters
    ----------
    world : ndarray, shape (n, 416)
        The trunk's embeddings of all kinds of sounds.
    """
    arrays = {"adaptor.scale": adaptor.scale, "adaptor.offset": adaptor.offset, "world": world}
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
    with _opened(path) as start:
        trunk = build_trunk(n_frames, Adaptor(start["adaptor.scale"], start["adaptor.offset"]))
        for name in convolutions():
            trunk.get_layer(name).set_weights(
                [start[f"{name}.{part}"].astype(np.float32) for part in ("kernel", "bias")]
            )
    return trunk


def load_world(path: Path | None = None) -> NDArray[np.float16]:
    """Return the embeddings of all kinds of sounds that come with the trunk, shape (n, 416).

    Raises
    ------
    UserError
        As :func:`load_start`.
    """
    with _opened(path) as start:
        world: NDArray[np.float16] = start["world"]
    return world


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[Any]:
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
