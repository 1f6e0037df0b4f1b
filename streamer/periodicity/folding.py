"""Fold frequencies at half the image rate, as evenly timed images do."""

from __future__ import annotations

import math

import numpy as np

from streamer.arrays import Float64

MAX_IN_STEP = 5  # images
EDGES = 0.15  # a harmonic relative to the strongest, of a waveform with edges, so that it has many more
MAX_FOLDED = 100  # of these are considered
REACH = 1.5  # resolutions within which lines are not told apart


def folded(hz: float, fps: float) -> float:
    """Return the frequency at which ``hz`` appears in evenly timed images, 0 … fps / 2."""
    rest = hz % fps
    return min(rest, fps - rest)


def is_stroboscopic(hz: float, fps: float, resolution_hz: float) -> bool:
    """Return whether something of this frequency nearly keeps step with a few images.

    The harmonics of flashes that do fold to lines so close together that they swell and fade like passing rhythms.
    """
    return any(abs(hz - fps * p / q) < resolution_hz for q in range(2, MAX_IN_STEP + 1) for p in range(1, q))


def unresolved_bias(hz: float, harmonics: tuple[int, ...], amplitudes: Float64, fps: float, duration_s: float) -> float:
    """Return by how much a fitted frequency may be off, since high harmonics fold close to those that were fitted.

    The amplitude of the k-th harmonic of an edge is at most c / k. One that folds to the j-th turns its phase by up to
    their ratio during the window: an edge that moves by less than the distance between two images does not show. All of
    them are in phase at the edge, so what they turn adds up.

    Parameters
    ----------
    hz : float
        Fundamental.
    harmonics : tuple of int
        Harmonics that were fitted.
    amplitudes : ndarray, shape (n_harmonics,)
    fps, duration_s : float
        Images per second, and length of the window.
    """
    order = np.array(harmonics, np.float64)
    if np.count_nonzero(amplitudes > EDGES * amplitudes.max()) < 2:
        return 0.0  # no edges, and so no high harmonics
    share = (order * amplitudes) ** 2 / float(np.sum((order * amplitudes) ** 2))
    high = np.array([k for k in range(2, MAX_FOLDED + 1) if k not in harmonics], np.float64)
    strength = float((order * amplitudes).max()) / high
    places = np.abs((order * hz + fps / 2) % fps - fps / 2)
    others = np.abs((high * hz + fps / 2) % fps - fps / 2)
    away = np.abs(places[:, None] - others) * duration_s
    turn = np.where(away < REACH, strength, 0.0) / np.maximum(amplitudes, 1e-12)[:, None]
    off_hz = np.minimum(turn.sum(axis=1), 1.0) / (math.pi * duration_s * order)
    return float(math.sqrt(np.sum((share * off_hz) ** 2)))
