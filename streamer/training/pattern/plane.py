"""Coordinates of a patterned surface in a picture of it: turned, tilted, through a lens, folded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32, Rng


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Coordinates on the surface of each pixel of a square picture; both arrays have shape (side, side).

    Warping coordinates instead of pictures keeps every pattern sharp, whatever the view.
    """

    u: Float32  # px at the centre of the picture
    v: Float32

    @property
    def side(self) -> int:
        """Pixels along an edge."""
        return len(self.u)


def view(side: int, rng: Rng, tilt: float = 0.5, fold_px: float = 0.0) -> Plane:
    """Return a random view of a plane.

    Parameters
    ----------
    tilt : float
        Largest change of scale, by perspective, from the centre to an edge of the picture.
    fold_px : float
        Largest amplitude of waves in the surface.
    """
    x, y = pixel_grid(side)
    if rng.random() < 0.4:  # lens distortion, barrel or pincushion; x and y are −0.5 … 0.5 here
        stretch = np.float32(1.0) + np.float32(rng.normal(0.0, 0.12)) * (x * x + y * y)
        x, y = np.asarray(x * stretch, np.float32), np.asarray(y * stretch, np.float32)
    if tilt > 0.0 and rng.random() < 0.7:
        towards, steep = rng.uniform(0.0, 2 * np.pi), 2.0 * tilt * rng.random() ** 1.5
        slope = np.float32(steep * np.cos(towards)) * x + np.float32(steep * np.sin(towards)) * y
        depth = np.maximum(slope + np.float32(1.0), np.float32(0.3))
        x, y = np.asarray(x / depth, np.float32), np.asarray(y / depth, np.float32)
        shorten = 1.0 + 0.6 * steep * rng.random()  # a surface viewed at a slant is compressed along the slant
        along = x * np.float32(np.cos(towards)) + y * np.float32(np.sin(towards))
        x += np.float32((shorten - 1.0) * np.cos(towards)) * along
        y += np.float32((shorten - 1.0) * np.sin(towards)) * along
    turn = rng.uniform(0.0, 2 * np.pi) if rng.random() < 0.7 else rng.normal(0.0, 0.05) + rng.integers(4) * np.pi / 2
    cos, sin = np.float32(np.cos(turn) * side), np.float32(np.sin(turn) * side)
    u, v = cos * x - sin * y, sin * x + cos * y
    if fold_px > 0.0:
        u, v = u + _waves(u, v, fold_px, rng), v + _waves(u, v, fold_px, rng)
    return Plane(u, v)


def pixel_grid(side: int) -> tuple[Float32, Float32]:
    """Return x and y of the pixels from −0.5 to 0.5, shapes (side, side)."""
    axis = ((np.arange(side) + 0.5) / side - 0.5).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _waves(u: Float32, v: Float32, amplitude_px: float, rng: Rng) -> Float32:
    side = len(u)
    total = np.zeros_like(u)
    for _ in range(2):
        way, length = rng.uniform(0.0, 2 * np.pi), side * rng.uniform(0.4, 1.5)
        phase = (u * np.float32(np.cos(way)) + v * np.float32(np.sin(way))) * np.float32(2 * np.pi / length)
        total += np.float32(rng.uniform(0.0, amplitude_px) / 2) * np.sin(phase + np.float32(rng.uniform(0.0, 6.28)))
    return total
