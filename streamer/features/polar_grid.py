"""Polar grid over a 2-D real spectrum: the samples of each cell, laid out for the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32

LOWEST_BIN = 2.0  # least radius in bins: below lie the mean and the taper's main lobe
_ROUNDING = 1e-9  # so that samples on the edge between two cells fall into the same one on every machine


@dataclass(frozen=True, slots=True, eq=False)
class PolarGrid:
    """Indices of a spectrum's samples by cell; see :func:`streamer.kernels.polar.polar_means` for the layout."""

    radius_per_sample: Float32  # shape (n_radii,), the rings' middles in cycles per sample
    places: NDArray[np.uint32]
    lengths: NDArray[np.int32]
    cells: NDArray[np.int32]


@lru_cache(maxsize=8)
def polar_grid(height: int, width: int, n_radii: int, n_angles: int) -> PolarGrid:
    """Return the polar grid over the half plane of ``rfft2`` of an image of this size.

    Rings divide the radii from LOWEST_BIN / min(height, width) to ½ cycle per sample evenly. Angles run
    counter-clockwise from the right; the first cell is centred on 0°, the others follow up to 180°. Where fx = 0 both
    ±fy are in the half plane and both count.
    """
    ring, angle = ring_and_angle(height, width, n_radii, n_angles)
    inside = np.flatnonzero((ring >= 0) & (ring < n_radii))
    cell = (ring * n_angles + angle)[inside]
    by_cell = inside[np.argsort(cell, kind="stable")]
    counts = np.bincount(cell, minlength=n_radii * n_angles).reshape(n_radii, n_angles)
    starts = (np.cumsum(counts) - counts.ravel()).reshape(n_radii, n_angles)
    places, lengths = [np.zeros(0, np.int64)], []
    cells = np.empty((n_radii, 2 * n_angles), np.int32)
    for k in range(n_radii):
        order = np.argsort(-counts[k], kind="stable")
        sizes = counts[k][order]
        cells[k] = np.concatenate([order, sizes])
        lengths.append(int(sizes[0]))
        for i in range(int(sizes[0])):
            diagonal = starts[k][order[sizes > i]] + i
            lengths.append(diagonal.size)
            places.append(by_cell[diagonal])
    lowest = LOWEST_BIN / min(height, width)
    middles = lowest + (0.5 - lowest) * (np.arange(n_radii) + 0.5) / n_radii
    return PolarGrid(
        middles.astype(np.float32),
        np.concatenate(places).astype(np.uint32),
        np.array(lengths, np.int32),
        cells,
    )


def ring_and_angle(height: int, width: int, n_radii: int, n_angles: int) -> tuple[NDArray[np.int64], ...]:
    """Return ring and angle of every sample of the half plane, flat; only rings 0 … n_radii − 1 are in the grid."""
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    lowest = LOWEST_BIN / min(height, width)
    ring = np.floor((np.hypot(fx, fy) - lowest) / (0.5 - lowest) * n_radii + _ROUNDING).astype(np.int64)
    degrees = np.degrees(np.arctan2(-fy, fx))  # an image's rows count downwards
    angle = np.floor(degrees * n_angles / 180.0 + 0.5 + _ROUNDING).astype(np.int64) % n_angles
    return ring.ravel(), angle.ravel()
