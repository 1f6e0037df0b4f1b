"""Noise with the spectrum of natural pictures, and random regions, for scenery, surfaces and light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng


def natural_noise(side: int, rng: Rng, steepness: float | None = None, stretch: float | None = None) -> Float32:
    """Return noise of amplitude 1 / f^steepness, 0 … 1, shape (side, side).

    ``stretch`` lengthens it along a random direction.
    """
    steepness = rng.uniform(0.6, 2.2) if steepness is None else steepness
    stretch = rng.choice([1.0, rng.uniform(1.0, 3.0)]) if stretch is None else stretch
    fy, fx = np.fft.fftfreq(side)[:, None].astype(np.float32), np.fft.rfftfreq(side)[None].astype(np.float32)
    turn = rng.uniform(0.0, np.pi)
    along = fx * np.float32(np.cos(turn)) + fy * np.float32(np.sin(turn))
    across = fy * np.float32(np.cos(turn)) - fx * np.float32(np.sin(turn))
    radius = np.sqrt((along * np.float32(stretch)) ** 2 + across**2)
    radius[0, 0] = 1.0
    parts = rng.standard_normal((2, *radius.shape), np.float32)
    spectrum = (parts[0] + 1j * parts[1]) * np.maximum(radius, 1.0 / side) ** np.float32(-steepness)
    noise = np.fft.irfft2(spectrum, (side, side)).astype(np.float32)
    return np.asarray(np.clip((noise - noise.mean()) / (noise.std() + 1e-9) * 0.2 + 0.5, 0.0, 1.0), np.float32)


def blob_mask(side: int, share: float, rng: Rng) -> NDArray[np.bool_]:
    """Return a smooth random region that covers a share of the picture, bool, shape (side, side)."""
    small = cv2.GaussianBlur(rng.standard_normal((24, 24)).astype(np.float32), (0, 0), rng.uniform(2.0, 5.0))
    field = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field > np.quantile(field, 1.0 - share))
