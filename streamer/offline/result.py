"""The result of one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Event, Medium, Scores, Spatial, Temporal
from streamer.model.file_label import file_scores


@dataclass(frozen=True, slots=True)
class FileResult:
    """Labels, events and measurements of one file, or why it could not be classified."""

    path: Path
    duration_s: float = 0.0
    labels: list[tuple[str, float]] = field(default_factory=list)  # best first
    events: list[Event] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    error: str | None = None
    medium: Medium = "sound"
    temporal: Temporal | None = None
    spatial: Spatial | None = None
    note: str = ""  # what is wrong with a file that could be used all the same


def ranked(scores: Sequence[Scores], labels: tuple[str, ...]) -> list[tuple[str, float]]:
    """Return the labels of a file with their scores by the file rule, best first."""
    ranking: Float32 = np.zeros(0, np.float32)
    if scores:
        ranking = file_scores(np.stack([s.values for s in scores]), labels)
    return [(labels[i], round(float(ranking[i]), 4)) for i in np.argsort(-ranking, kind="stable")]


def ended(messages: Sequence[object]) -> list[Event]:
    """Return the events that have ended: at a file's end all have."""
    return [message for message in messages if isinstance(message, Event) and message.offset_s is not None]
