"""Fake models of images with known scores, and images for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from streamer.arrays import Float32, Rng, UInt8
from streamer.messages import Image
from streamer.model.spec import ModelSpec

PATTERN = {
    "format": 1,
    "name": "stripes",
    "task": "pattern",
    "front_end": {"kind": "pattern", "size": 64, "n_radii": 16, "n_angles": 12},
    "window": {"n_frames": 1, "stride": 5},
}
MOTION = {
    "format": 1,
    "name": "moving",
    "task": "motion",
    "front_end": {"kind": "motion", "n_rows": 6, "n_columns": 8, "n_images": 32},
    "window": {"n_frames": 32, "stride": 8},
}


@dataclass
class Contrast:
    """Model that scores a window of either front end by its maximum above its median."""

    spec: ModelSpec
    labels: tuple[str, ...]
    threshold: float
    windows: list[bytes] = field(default_factory=list)

    def classify(self, rows: Float32) -> Float32:
        assert rows.shape == self.spec.input_shape
        self.windows.append(rows.tobytes())
        level = rows[:, : rows.shape[1] // 3] if self.spec.task == "motion" else rows
        score = 1 / (1 + np.exp(self.threshold - float(level.max() - np.median(level))))
        return np.array([1 - score, score], np.float32)


def stripes_model() -> Contrast:
    return Contrast(ModelSpec.model_validate(PATTERN), ("none", "stripes"), 4.0)


def moving_model() -> Contrast:
    return Contrast(ModelSpec.model_validate(MOTION), ("still", "moving"), 4.0)


def striped(period_px: float, contrast: float = 0.6, size: tuple[int, int] = (96, 128), phase: float = 0.0) -> Float32:
    """Return a grey image of vertical stripes, range 0…255."""
    height, width = size
    wave = np.sin(2 * np.pi * np.arange(width) / period_px + phase)
    return np.broadcast_to(128 + 127 * contrast * wave, (height, width)).astype(np.float32)


def colour(grey: Float32, rng: Rng, noise: float = 2.0) -> UInt8:
    """Return an image in blue-green-red, with a camera's noise."""
    noisy = grey + noise * rng.standard_normal(grey.shape)
    return np.repeat(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def flickering(
    n_images: int, hz: float, fps: float = 30.0, amplitude: float = 20.0, seed: int = 0, start_s: float = 0.0
) -> Iterator[Image]:
    """Yield images of a lamp in the upper left quarter whose light varies sinusoidally."""
    rng = np.random.default_rng(seed)
    for index in range(n_images):
        time_s = start_s + index / fps
        grey = np.full((96, 128), 100, np.float32)
        grey[:48, :64] += amplitude * np.float32(np.sin(2 * np.pi * hz * time_s))
        yield Image(colour(grey, rng), index, 0, time_s, 0.0)
