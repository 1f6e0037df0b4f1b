"""How good the model is: cross-validation table, confusion matrix, false events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from streamer.config import EventSettings
from streamer.events import EventDetector
from streamer.features.logmel import log_mel
from streamer.file_label import file_label
from streamer.messages import Float32, Scores
from streamer.training.ambient.corpus import CLASSES, LABELS, SAMPLE_RATE, Recording
from streamer.training.ambient.windows import FRONT_END, N_FRAMES, WINDOW

STRIDE = 32  # frames from window to window
STRIDE_S = STRIDE * FRONT_END.hop_length / SAMPLE_RATE

Predict = Callable[[Float32], Float32]  # windows (n, n_frames, n_mels) → scores (n, n_labels)


def recording_windows(samples: Float32) -> Float32:
    """Return a recording's windows as the pipeline cuts them, shape (n, N_FRAMES, n_mels); at least one."""
    if samples.size < WINDOW:
        samples = np.concatenate([samples, np.zeros(WINDOW - samples.size, np.float32)])
    frames = log_mel(samples, FRONT_END)
    starts = range(0, len(frames) - N_FRAMES + 1, STRIDE)
    return np.stack([frames[start : start + N_FRAMES] for start in starts])


def score_recordings(predict: Predict, recordings: Sequence[Recording]) -> list[Float32]:
    """Return the window scores of each recording, shapes (n_windows, n_labels)."""
    windows = [recording_windows(recording.samples) for recording in recordings]
    scores = predict(np.concatenate(windows))
    return np.split(scores, np.cumsum([len(w) for w in windows])[:-1])


def confusion(scores: Sequence[Float32], recordings: Sequence[Recording]) -> np.ndarray:
    """Count recordings by true label (row) and by the file label (column), shape (n_labels, n_labels)."""
    counts = np.zeros((len(LABELS), len(LABELS)), int)
    for values, recording in zip(scores, recordings, strict=True):
        counts[LABELS.index(recording.label), LABELS.index(file_label(values, LABELS)[0])] += 1
    return counts


def accuracy(counts: np.ndarray) -> float:
    """Return the share of the ten classes' recordings on the diagonal."""
    rows = counts[: len(CLASSES)]
    return float(np.trace(rows) / max(1, rows.sum()))


def confusion_table(counts: np.ndarray) -> str:
    """Return the confusion matrix as a Markdown table; rows without recordings are left out."""
    lines = ["| true \\ heard | " + " | ".join(LABELS) + " |", "|---" * (len(LABELS) + 1) + "|"]
    for label, row in zip(LABELS, counts, strict=True):
        if row.sum():
            lines.append(f"| {label} | " + " | ".join(str(n) if n else "·" for n in row) + " |")
    return "\n".join(lines)


def count_events(scores: Sequence[Float32], settings: EventSettings) -> list[Counter[str]]:
    """Return, for each recording, how many events of each label begin in it."""
    counted = []
    for values in scores:
        detector = EventDetector("training", LABELS, settings, STRIDE_S)
        events: Counter[str] = Counter()
        for i, row in enumerate(values):
            start_s = i * STRIDE_S
            end_s = start_s + WINDOW / SAMPLE_RATE
            news = detector.update(Scores("training", LABELS, row, start_s, end_s, end_s))
            events.update(event.label for event in news if event.offset_s is None)
        counted.append(events)
    return counted
