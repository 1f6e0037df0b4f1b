"""How good the model is: confusion on made pictures, and on photographs that training never saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.errors import UserError
from streamer.features.pattern import Pattern
from streamer.messages import Float32
from streamer.training.pattern.dataset import FRONT_END, Examples
from streamer.training.pattern.scene import LABELS

Predict = Callable[[Float32], Float32]  # spectra (n, n_radii, n_angles) → scores (n, n_labels)


def tflite_predictor(flatbuffer: bytes) -> Predict:
    """Return a function that scores spectra as the shipped file does, one by one."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    end = interpreter.get_output_details()[0]["index"]

    def predict(features: Float32) -> Float32:
        scores = np.empty((len(features), len(LABELS)), np.float32)
        for i, spectrum in enumerate(features):
            interpreter.set_tensor(entry, np.asarray(spectrum[None], np.float32))
            interpreter.invoke()
            scores[i] = interpreter.get_tensor(end)[0]
        return scores

    return predict


def read_photographs(folder: Path) -> Examples:
    """Return the spectra of the pictures in ``folder/LABEL/``, as a file given to the product is seen.

    Raises
    ------
    UserError
        If a file there is no picture, or there is none at all.
    """
    front_end, features, labels = Pattern(FRONT_END), [], []
    for place, label in enumerate(LABELS):
        for path in sorted((folder / label).glob("*")):
            grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if grey is None:
                raise UserError(f"photograph={path} must be a picture; move it away")
            features.append(front_end.push(np.asarray(grey, np.uint8)).polar.astype(np.float16))
            labels.append(place)
    if not labels:
        raise UserError(f"photographs={folder} must hold pictures in folders named {', '.join(LABELS)}")
    return Examples(np.stack(features), np.array(labels, np.int8))


def confusion(predict: Predict, examples: Examples) -> NDArray[np.int64]:
    """Count examples by true label (row) and by the highest score (column), shape (n_labels, n_labels)."""
    counts = np.zeros((len(LABELS), len(LABELS)), np.int64)
    guesses = predict(examples.features.astype(np.float32)).argmax(axis=1)
    np.add.at(counts, (examples.labels, guesses), 1)
    return counts


def measure(counts: NDArray[np.int64], name: str) -> dict[str, float]:
    """Return the share right in all and per label, and the share of `none` called periodic, under names."""
    n = counts.sum(axis=1)
    measured = {f"{name}_pictures": float(n.sum()), f"{name}_right": float(np.trace(counts) / n.sum())}
    for i, label in enumerate(LABELS):
        if n[i]:
            measured[f"{name}_{label}_right"] = float(counts[i, i] / n[i])
    if n[0]:
        measured[f"{name}_false_periodic"] = float(counts[0, 1:].sum() / n[0])
    return measured


def table(counts: NDArray[np.int64]) -> str:
    """Return the confusion matrix as a Markdown table; rows without pictures are left out."""
    lines = ["| true \\ seen | " + " | ".join(LABELS) + " |", "|---" * (len(LABELS) + 1) + "|"]
    for label, row in zip(LABELS, counts, strict=True):
        if row.sum():
            lines.append(f"| {label} | " + " | ".join(str(n) if n else "·" for n in row) + " |")
    return "\n".join(lines)
