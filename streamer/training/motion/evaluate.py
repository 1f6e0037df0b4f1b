"""How good the motion model is: made windows that it never saw, and real videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.sight_settings import MotionSettings
from streamer.file_label import file_label
from streamer.messages import Float32

STRIDE = 16  # images from window to window
FEWEST = 32  # images of a window stretched at a short file's end

Predict = Callable[[Float32], Float32]  # rows of one window (n_cells, row_width) → scores (n_labels,)


def tflite_predictor(flatbuffer: bytes, scale: float) -> Predict:
    """Return a function that scores windows as the shipped file does; rows are divided by ``scale``."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    end = interpreter.get_output_details()[0]["index"]

    def predict(rows: Float32) -> Float32:
        interpreter.set_tensor(entry, rows[None] * np.float32(1 / scale))
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(end)[0], np.float32).copy()

    return predict


def score_windows(predict: Predict, rows: NDArray[np.float16]) -> Float32:
    """Return scores, shape (n_windows, n_labels)."""
    return np.stack([predict(window.astype(np.float32)) for window in rows])


def score_video(predict: Predict, path: Path, settings: MotionSettings) -> Float32:
    """Return the scores of a video's windows, shape (n_windows, n_labels); a short one is stretched to one window."""
    series, spectrum = CellSeries(settings.n_rows, settings.n_columns, settings.n_images), MotionSpectrum(settings)
    reader = cv2.VideoCapture(str(path))
    scores: list[Float32] = []
    n_read = 0
    while (read := reader.read())[0]:
        series.push(np.asarray(cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY), np.uint8), float(n_read))
        n_read += 1
        if n_read >= settings.n_images and (n_read - settings.n_images) % STRIDE == 0:
            scores.append(predict(motion_rows(spectrum.transform(*series.last(settings.n_images)), settings)))
    reader.release()
    if not scores and n_read >= FEWEST:
        scores.append(predict(motion_rows(spectrum.transform(*series.last(n_read)), settings)))
    return np.stack(scores)


def confusion(scores: Float32, truths: Float32, labels: Sequence[str]) -> np.ndarray:
    """Count windows that hold one thing by what it is (row) and by the highest score (column)."""
    alone = truths.sum(axis=1) == 1
    counts = np.zeros((len(labels), len(labels)), int)
    np.add.at(counts, (truths[alone].argmax(1), scores[alone].argmax(1)), 1)
    return counts


def confusion_table(counts: np.ndarray, labels: Sequence[str]) -> str:
    """Return the confusion matrix as a Markdown table, rows in per cent of their windows."""
    lines = ["| true \\ seen | " + " | ".join(labels) + " | windows |", "|---" * (len(labels) + 2) + "|"]
    for label, row in zip(labels, counts, strict=True):
        shares = " | ".join(f"{100 * n / row.sum():.1f}" if n else "·" for n in row)
        lines.append(f"| {label} | {shares} | {row.sum()} |")
    return "\n".join(lines)


def measure(scores: Float32, truths: Float32, labels: Sequence[str]) -> dict[str, Any]:
    """Return the figures of the card, from held-out made windows.

    ``right`` is the share of windows with one thing whose highest score is its label; ``right_LABEL`` the same of one
    label; ``both_seen``, where there are such, the share of windows with two things in which both score above ½;
    ``false_alarm`` the share of windows in which a label other than still and drift scores above ½ wrongly.
    """
    counts = confusion(scores, truths, labels)
    rows = counts.sum(axis=1)
    two = truths.sum(axis=1) == 2
    rhythms = [i for i, label in enumerate(labels) if label not in ("still", "drift")]
    both = np.all((scores[two] > 0.5) | (truths[two] == 0), axis=1)
    alarms = np.any((scores[:, rhythms] > 0.5) & (truths[:, rhythms] == 0), axis=1)
    return {
        "right": float(np.trace(counts) / rows.sum()),
        **{f"right_{label}": float(counts[i, i] / max(1, rows[i])) for i, label in enumerate(labels)},
        **({"both_seen": float(both.mean())} if both.size else {}),
        "false_alarm": float(alarms.mean()),
        "windows": len(truths),
    }


def label_videos(predict: Predict, folder: Path, settings: MotionSettings, labels: Sequence[str]) -> dict[str, str]:
    """Return the label of every video of a folder, by file name."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".mp4", ".avi"))
    return {path.name: file_label(score_video(predict, path, settings), labels)[0] for path in paths}
