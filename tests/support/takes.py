"""Takes of sound and images with known content, and a folder that they are written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from streamer.arrays import Float32
from streamer.messages import ImageTake, SoundTake
from streamer.recording.folder import TakeFolder, TakeReport

EPOCH_S = 1795429302.0  # 2026-11-23 10:21:42 UTC


def noise(n_samples: int = 1000, n_channels: int = 1, amplitude: float = 0.5) -> Float32:
    made = np.random.default_rng(0).uniform(-amplitude, amplitude, (n_samples, n_channels))
    return np.asarray(np.rint(made * 2**23) / 2**23, np.float32)


def sound(samples: Float32 | None = None, **changes: object) -> SoundTake:
    take = SoundTake("mic", 1.5, EPOCH_S + 1.5, noise() if samples is None else samples, 8000)
    return replace(take, **changes)  # type: ignore[arg-type]


class RecordedFolder:
    """A folder and what it published."""

    def __init__(self, data: Path, label: str = "dog", n_wanted: int | None = None) -> None:
        self.published: list[TakeReport] = []
        self.sink = TakeFolder(data, label, EPOCH_S, self.published.append, n_wanted)

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.sink.folder.iterdir())


def video(n_images: int = 30, size: tuple[int, int] = (64, 48), fps: float = 25.0, n_lost: int = 0) -> ImageTake:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (size[1], size[0], 3), np.uint8) for _ in range(n_images)]
    jpegs = tuple(cv2.imencode(".jpg", image)[1].tobytes() for image in images)
    times_s = tuple(3.0 + k / fps for k in range(n_images))
    return ImageTake("camera", 3.0, EPOCH_S + 3.0, "motion", jpegs, times_s, (0, n_lost) + (0,) * (n_images - 2))
