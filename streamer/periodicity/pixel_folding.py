"""Leave out peaks that are no waves of the scene: harmonics beyond half a cycle per pixel, folded by the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from streamer.arrays import Float64
from streamer.periodicity.peaks import Peak

REACH = 1.2  # bins from where a harmonic folds to within which a weaker peak may be it
WEAKER = 0.6  # height relative to the wave that it is a harmonic of
HIGHEST = 25  # harmonics of one wave, and …
HIGHEST_SUM = 9  # … multiples of each of two waves that are followed
N_WAVES = 3  # strongest waves of a tile whose harmonics are followed
LEAST_SINE = 0.15  # sine of the smallest angle between two waves that make a lattice
MOST_WAVES = 8  # of all tiles, that are followed at the coarser levels

_MULTIPLES = np.array([n for n in product(range(-HIGHEST_SUM, HIGHEST_SUM + 1), repeat=2) if abs(n[0]) + abs(n[1]) > 1])


@dataclass(frozen=True, slots=True, eq=False)
class StrongWave:
    """A wave at the image's own resolution, whose harmonics fold."""

    frequency: Float64  # (y, x) in cycles per pixel
    magnitude: float


def strong_waves(peaks: Sequence[Peak]) -> list[StrongWave]:
    """Return the strongest waves of a tile at the image's own resolution."""
    return [StrongWave(peak.frequency, peak.magnitude) for peak in peaks[:N_WAVES]]


def without_folds(peaks: Sequence[Peak], waves: Sequence[StrongWave], sides: Float64, scale: Float64) -> list[Peak]:
    """Return the peaks that no harmonic of a stronger wave folds to.

    Parameters
    ----------
    peaks : sequence of Peak
        Of a tile.
    waves : sequence of StrongWave
        At the image's own resolution, there.
    sides, scale : ndarrays, shape (2,)
        Height and width of the tile in samples, and pixels per sample.
    """
    if not peaks or not waves:
        return list(peaks)
    frequencies = np.array([peak.frequency for peak in peaks]) / scale  # cycles per pixel
    magnitudes = np.array([peak.magnitude for peak in peaks])
    bins = sides * scale
    kept = np.ones(len(peaks), np.bool_)
    orders = np.arange(2, HIGHEST + 1)[:, None]
    for wave in waves:
        kept &= ~_is_near(orders * wave.frequency, frequencies, bins) | (magnitudes > WEAKER * wave.magnitude)
    for a, b in combinations(waves, 2):
        sine = abs(a.frequency[0] * b.frequency[1] - a.frequency[1] * b.frequency[0])
        if sine > LEAST_SINE * np.hypot(*a.frequency) * np.hypot(*b.frequency):
            points = _MULTIPLES @ np.array([a.frequency, b.frequency])
            weakest = WEAKER * min(a.magnitude, b.magnitude)
            kept &= ~_is_near(points, frequencies, bins) | (magnitudes > weakest)
    return [peak for peak, is_kept in zip(peaks, kept, strict=True) if is_kept]


def _is_near(points: Float64, frequencies: Float64, bins: Float64) -> np.ndarray:
    """Return which frequencies are where points beyond half a cycle per pixel fold to."""
    turns = np.rint(points)
    folded = (points - turns)[turns.any(axis=1)]
    away = [np.linalg.norm((folded[None] - s * frequencies[:, None]) * bins, axis=2) for s in (1, -1)]
    return np.asarray((np.minimum(*away) < REACH).any(axis=1))
