"""Take a rhythm that has been measured out of the series, so that others show."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Bool, Float32, Float64
from streamer.periodicity.folding import folded
from streamer.periodicity.persistence import Persistence
from streamer.periodicity.sampling import Sampling

PRESENT = 9.0  # a cell has the rhythm where what the fit explains is so many times what noise would
LEADING = 6.0  # the same for the strongest harmonic, of which a rhythm has most
MAX_HARMONIC = 40  # sharp pulses have many
APART = 1.5  # resolutions between harmonics that are told apart
CHANGING = 3  # number of fitted harmonics whose amplitude may change over the window …
DEGREE = 3  # … by a polynomial of this degree
MAX_SHARE = 0.3  # of the images: most terms of the fit


def harmonic_places(hz: float, fps: float, duration_s: float, n_most: int = MAX_HARMONIC) -> dict[int, float]:
    """Return the frequencies at which the harmonics appear, folded at half the image rate; those that coincide once."""
    places: dict[int, float] = {}
    for j in range(1, n_most + 1):
        place = folded(j * hz, fps)
        apart = all(abs(place - other) * duration_s > APART for other in places.values())
        if j == 1 or (apart and APART / duration_s < place < fps / 2 - APART / duration_s):
            places[j] = place
    return places


def subtract(
    series: Float32,
    sampling: Sampling,
    fitted_hz: float,
    harmonics: tuple[int, ...],
    leading: int,
    persistence: Persistence,
) -> tuple[Float32, Bool]:
    """Return the series without a rhythm, and in which of them it was.

    This is the step of CLEAN (Roberts, Lehár & Dreher 1987), with a least-squares fit in each series instead of the
    window's transform. The amplitudes of the strongest harmonics may change slowly, so that what is left of a rhythm
    that swells is no other one.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
    sampling : Sampling
        Capture times.
    fitted_hz : float
        Frequency to which the phases of the persistence refer.
    harmonics : tuple of int
        Multiples of the frequency that were fitted; all others are taken out too.
    leading : int
        The strongest of them: without it, a series does not have the rhythm.
    persistence : Persistence
        For which images it holds, and how the phase drifts.
    """
    inside = slice(persistence.begin, persistence.end)
    t = sampling.times_s[inside]
    hz = fitted_hz if persistence.phase is not None else persistence.hz
    turns = hz * t if persistence.phase is None else hz * t + persistence.phase[inside]
    shape = np.polynomial.legendre.legvander(np.linspace(-1, 1, t.size), DEGREE)
    drift = np.linalg.qr(shape)[0]
    room = max(int(MAX_SHARE * t.size), 2 * len(harmonics))
    terms = _waves(turns, np.array(harmonics))
    steady = [j for j in harmonic_places(hz, sampling.fps, float(t[-1] - t[0])) if j not in harmonics]
    main = _waves(turns, np.array(harmonics[:CHANGING]))
    terms = np.concatenate([terms, *(main * shape[:, k : k + 1] for k in range(1, DEGREE + 1))], axis=1)[:, :room]
    more = (room - terms.shape[1]) // 2
    if steady and more > 0:
        terms = np.concatenate([terms, _waves(turns, np.array(steady[:more]))], axis=1)
    terms -= drift @ (drift.T @ terms)
    base, values, _ = np.linalg.svd(terms, full_matrices=False)
    base = base[:, values > 1e-3 * values[0]]
    y = series[inside].astype(np.float64)
    y -= drift @ (drift.T @ y)
    inner = base.T @ y
    explained = np.sum(inner**2, axis=0)
    rest = np.maximum(np.sum(y**2, axis=0) - explained, 0)
    freedom = max(t.size - base.shape[1] - drift.shape[1], 1)
    expected = base.shape[1] + PRESENT * np.sqrt(base.shape[1])
    # Cells that have only one of its other harmonics may have a rhythm of their own.
    waves = _waves(turns, np.array([leading]))
    leading_base = np.linalg.qr(waves - drift @ (drift.T @ waves))[0]
    of_leading = np.sum((leading_base.T @ y) ** 2, axis=0)
    has: Bool = (explained > expected * rest / freedom) & (of_leading > LEADING * rest / freedom)
    result = series.copy()
    result[inside, has] -= (base @ inner[:, has]).astype(np.float32)
    return result, has


def _waves(turns: Float64, orders: np.ndarray) -> Float64:
    phase = 2 * np.pi * turns[:, None] * orders
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1)
