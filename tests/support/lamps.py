"""A small model that detects flicker, and a synthetic video for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamer.model.file import write_model_file
from streamer.model.spec import ModelSpec
from tests.support.tiny_models import linear_model

LABELS = ("still", "flicker")
FPS = 30.0
HZ = 3.0
WIDTH, HEIGHT = 128, 96


def write_model(path: Path, **changes: Any) -> Path:
    """Write the model: the level of the upper left cell at 3 Hz, of 32 images at 30 a second, as a sigmoid."""
    spec = {
        "format": 1,
        "name": "lamps",
        "task": "motion",
        "activation": "sigmoid",
        "front_end": {"kind": "motion", "n_rows": 3, "n_columns": 4, "n_images": 32},
        "window": {"n_frames": 32, "stride": 6},
        "events": {"on": 0.6, "off": 0.4, "confirm": 1, "confirm_of": 1, "merge_gap_s": 0.0, "deny": ["still"]},
        **changes,
    }
    shape = ModelSpec.model_validate(spec).input_shape
    weights = np.zeros((2, *shape), np.float32)
    weights[1, 0, 2:4] = 0.5  # bins of 2.8 and 3.75 Hz
    weights[1, 3, 2:4] = -0.5  # against a cell without a lamp: noise cancels
    weights[0] = -weights[1]
    write_model_file(path, linear_model(weights.reshape(2, -1), (1, *shape)), ModelSpec.model_validate(spec), LABELS)
    return path


def write_video(path: Path, seconds: float = 5.0, hz: float = HZ, fps: float = FPS) -> Path:
    """Write a video of a lamp in the upper left quarter whose light varies sinusoidally."""
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for index in range(round(seconds * fps)):
        grey = 100 + 2 * rng.standard_normal((HEIGHT, WIDTH))
        grey[: HEIGHT // 2, : WIDTH // 2] += 20 * np.sin(2 * np.pi * hz * index / fps)
        writer.write(np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2))
    writer.release()
    return path
