"""Noise with the spectrum of natural pictures, random regions and bumps, for scenery, surfaces and light."""

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


def bumps(side: int, rng: Rng) -> Float32:
    """Return bumps, bubbles or scales, each as far from its neighbours as they allow, in no lattice: 0 … 1.

    Their places are those of a lattice, each moved by a third of its spacing and more, so that nothing repeats.
    """
    spacing = float(np.exp(rng.uniform(np.log(6.0), np.log(60.0)))) * side / 256
    n = int(side / spacing) + 3
    y, x = np.mgrid[:n, :n].astype(np.float64)
    x += 0.5 * (y % 2)
    jitter = rng.uniform(0.33, 0.6)
    at = np.stack([x, y * 0.87], -1).reshape(-1, 2) + rng.uniform(-jitter, jitter, (n * n, 2))
    picture = np.full((side, side), rng.random(), np.float32)
    light, reach = rng.uniform(0, 2 * np.pi), spacing * rng.uniform(0.3, 0.6)
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    is_round = rng.random() < 0.6
    for middle in rng.permutation(at) * spacing - spacing:
        size = reach * rng.uniform(0.6, 1.2)
        left, top = (max(0, int(c - size)) for c in middle)
        part = (slice(top, int(middle[1] + size) + 1), slice(left, int(middle[0] + size) + 1))
        dx, dy = (columns[part] - middle[0]) / size, (rows[part] - middle[1]) / size
        inside = dx * dx + dy * dy < 1
        shade = 0.55 + 0.4 * (dx * np.cos(light) + dy * np.sin(light))
        picture[part] = np.where(inside, shade if is_round else rng.random(), picture[part])
    return np.asarray(picture, np.float32)
