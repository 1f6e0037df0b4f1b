"""The teacher: YAMNet rebuilt from its TFLite file, for its embedding and logits in floats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.recipes.ambient.corpus import LABEL_MAP, LABELS, MADE
from streamer.arrays import Float32
from streamer.evaluation.label_map import read_label_map
from streamer.model.file import read_model_file
from streamer.training.weights import read_weights

# (output channels, stride) of the thirteen depthwise-separable layers: MobileNet v1
SEPARABLE = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))

ABSENT, PRESENT = (
    0.1,
    0.6,
)  # YAMNet's scores: below the first a label is absent; above the second speech or music is present


@dataclass(frozen=True, slots=True)
class FoldedLayer:
    """One convolution with its batch normalisation folded in."""

    kernel: Float32  # (height, width, in, out); depthwise: (height, width, channels, 1)
    bias: Float32  # (out,)


@dataclass(frozen=True, slots=True)
class Teacher:
    """YAMNet's weights as floats."""

    layers: tuple[FoldedLayer, ...]  # first convolution, then depthwise and pointwise in turn
    head: FoldedLayer  # kernel (1024, 521)
    labels: tuple[str, ...]
    speaks_for: dict[str, tuple[str, ...]]  # our label → YAMNet's labels that stand for it

    def network(self) -> Any:
        """Return a Keras model: features (n, n_frames, 64) → embedding (n, 1024), logits (n, 521)."""
        import keras

        x = inputs = keras.Input((None, 64))
        x = keras.layers.Reshape((-1, 64, 1))(x)
        x = keras.layers.Conv2D(32, 3, 2, "same", activation="relu6", name="conv")(x)
        for i, (n_channels, stride) in enumerate(SEPARABLE):
            x = keras.layers.DepthwiseConv2D(3, stride, "same", activation="relu6", name=f"depthwise{i}")(x)
            x = keras.layers.Conv2D(n_channels, 1, activation="relu6", name=f"pointwise{i}")(x)
        embedding = keras.layers.GlobalAveragePooling2D()(x)
        logits = keras.layers.Dense(len(self.labels), name="head")(embedding)
        network = keras.Model(inputs, [embedding, logits])
        names = ["conv", *(f"{kind}{i}" for i in range(len(SEPARABLE)) for kind in ("depthwise", "pointwise"))]
        for name, layer in zip([*names, "head"], [*self.layers, self.head], strict=True):
            network.get_layer(name).set_weights([layer.kernel, layer.bias])
        network.trainable = False
        return network

    def scores(self, embedding: Float32) -> Float32:
        """Return YAMNet's 521 scores for embeddings, shape (n, 1024)."""
        logits = embedding @ self.head.kernel + self.head.bias
        scores: Float32 = 0.5 + 0.5 * np.tanh(0.5 * logits)
        return scores

    def highest(self, scores: Float32, label: str) -> Float32:
        """Return the highest of the scores that stand for one of our labels, shape (n,); 0 where none does."""
        names = self.speaks_for.get(label, ())
        return scores[:, [self.labels.index(name) for name in names]].max(1) if names else scores[:, 0] * 0


def load_teacher(path: Path) -> Teacher:
    """Read the weights out of ``yamnet.tflite`` (int8, one scale per channel).

    Raises
    ------
    UserError
        If it is another file.
    """
    model = read_model_file(path)
    weights = read_weights(model.flatbuffer)
    first = [one.operation for one in weights].index("CONV_2D")  # the operations before it are the front end
    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    layers = [FoldedLayer(*one.arrays) for one in weights[first:] if one.operation in kinds]
    return Teacher(tuple(layers[:-1]), layers[-1], model.labels, read_label_map(LABEL_MAP).labels)


def fill_in(targets: Float32, scores: Float32, teacher: Teacher) -> Float32:
    """Return targets whose unknown values (NaN) are filled in where the teacher is sure.

    A label is absent where all of YAMNet's scores that stand for it are below 0.1, speech and music are present where
    one exceeds 0.6, and background where every label is absent. Everything between remains unknown.

    Parameters
    ----------
    targets : ndarray, shape (n, n_labels)
    scores : ndarray, shape (n, 521)
        YAMNet's, range 0…1.
    teacher : Teacher
    """
    highest = np.stack([teacher.highest(scores, label) for label in LABELS[:-1]], 1)
    known = np.where(highest < ABSENT, 0.0, np.nan)
    for place in (LABELS.index("speech"), LABELS.index("music")):
        known[:, place] = np.where(highest[:, place] > PRESENT, 1.0, known[:, place])
    made = [LABELS.index(label) for label in MADE]
    background = np.where((highest < ABSENT).all(1), 1.0, np.where((highest > 0.5).any(1), 0.0, np.nan))
    background = np.where((targets[:, made] == 1.0).any(1), 0.0, background)
    known = np.concatenate([known, background[:, None]], 1)
    return np.where(np.isnan(targets), known, targets).astype(np.float32)
