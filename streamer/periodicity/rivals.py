"""Rank the fundamentals that may be the cause of a line, by how well the waveform of each explains the series."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float64
from streamer.messages import Rival
from streamer.periodicity.folding import folded
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import fit_harmonics
from streamer.periodicity.waveform import log_evidence, principal, without_drift

MAX_ORDER = 12  # highest harmonic of a fundamental that the strongest line may be
MIN_CYCLES = 4.0  # of a fundamental and of its first few harmonics: with fewer, drift explains as much
FIRST = 4
MIN_LINES = 2  # that a fundamental explains besides the strongest, since one may lie where a harmonic would by chance
PLACE = 0.5  # resolutions within which a line is where a harmonic would be
ITSELF = 4.0  # log odds before any evidence that the strongest line is the fundamental itself
STEP = 0.01  # resolutions by which a frequency is moved to see whether it is more probable
N_REFINED = 6  # how many of the most probable are fitted
NEAR = 0.05  # resolutions within which two are the same
N_FITTED = 6  # harmonics with which they are fitted
CAUTION = 0.5  # exponent of the odds, since no real waveform is one that the model expects
MAX_ODDS = 1000.0  # an explanation that is less probable is not named


@dataclass(frozen=True, slots=True)
class Fundamental:
    """A frequency that may be the fundamental of a line."""

    hz: float
    order: int  # which of its harmonics the line is
    log_probability: float  # up to a constant


def fundamentals(series: Float64, sampling: Sampling, line_hz: float, others_hz: Float64) -> list[Fundamental]:
    """Return the fundamentals that explain a line with others in the same series, the most probable first.

    Any harmonic of any of them may be the line, folded at half the image rate or not: a lamp of 9 Hz whose harmonics of
    18, 27, 36 and 45 Hz fold at 30 images/s to 12, 3, 6 and 15 Hz has the lines of one of 3 Hz. The aliases of each are
    left, which evenly timed images do not tell apart.

    Parameters
    ----------
    series : ndarray, shape (n_images, n_series)
        Of cells that carry the line.
    sampling : Sampling
        Capture times.
    line_hz : float
        Fitted frequency of the strongest line. It is among the fundamentals itself, and preferred in doubt.
    others_hz : ndarray
        Frequencies of other lines.
    """
    times_s = sampling.times_s
    y = principal(without_drift(series, times_s))
    found = [
        _weighed(hz, order, y, times_s)
        for hz, order in _candidates(line_hz, others_hz, sampling.fps, sampling.duration_s)
    ]
    found[1:] = sorted(found[1:], key=lambda each: -each.log_probability)
    best = [_refined(each, y, sampling) for each in found[:N_REFINED]]
    return sorted(best, key=lambda each: -each.log_probability)


def odds_of(chosen: Fundamental, ranked: list[Fundamental], resolution_hz: float) -> tuple[Rival, ...]:
    """Return the others that are not much less probable than the one that was chosen, each with its odds."""
    rivals: list[Rival] = []
    named_hz = [chosen.hz]
    for each in ranked:
        apart = all(abs(each.hz - other) > 2 * NEAR * resolution_hz for other in named_hz)
        odds = math.exp(min(max(CAUTION * (chosen.log_probability - each.log_probability), 0.0), 700.0))
        if apart and odds < MAX_ODDS:
            rivals.append(Rival(each.hz, odds))
            named_hz.append(each.hz)
    return tuple(sorted(rivals, key=lambda each: each.odds))


def _candidates(line_hz: float, others_hz: Float64, fps: float, duration_s: float) -> list[tuple[float, int]]:
    """Return the line, and frequencies with a harmonic that folds to it and others that fold to other lines."""
    found = [(line_hz, 1)]
    for order in range(1, MAX_ORDER + 1):
        for n_folds in range(order // 2 + 2):
            for side in (1, -1):
                hz = (n_folds * fps + side * line_hz) / order
                if not MIN_CYCLES / duration_s < hz < fps / 2:
                    continue
                if any(abs(hz - other) * duration_s < NEAR for other, _ in found):
                    continue
                places = np.array([folded(k * hz, fps) for k in range(1, MAX_ORDER + 1)])
                places[order - 1] = hz
                near = np.abs(others_hz[:, None] - places) * duration_s < PLACE
                needed = 1 if order == 2 and n_folds == 0 else MIN_LINES
                if places[:FIRST].min() * duration_s > MIN_CYCLES and np.count_nonzero(near.any(axis=1)) >= needed:
                    found.append((hz, order))
    return found


def _refined(found: Fundamental, y: Float64, sampling: Sampling) -> Fundamental:
    """Return a fundamental, its frequency fitted to its harmonics, if that is better."""
    places: dict[int, float] = {}
    for order in (found.order, *range(1, N_FITTED + 1)):
        place = folded(order * found.hz, sampling.fps)
        if all(abs(place - other) * sampling.duration_s > 2 for other in places.values()):
            places.setdefault(order, place)
    fit = fit_harmonics(
        y.astype(np.float32), sampling.times_s, found.hz, tuple(places), np.ones(y.shape[1], np.float64)
    )
    if not math.isfinite(fit.hz) or abs(fit.hz - found.hz) * sampling.duration_s > 0.5:
        return found
    better = _weighed(fit.hz, found.order, y, sampling.times_s)
    # Where harmonics fold onto each other, the fit is a little off for all of them, as the curve of probability shows.
    step_hz = STEP / sampling.duration_s
    sides = [_weighed(better.hz + side * step_hz, found.order, y, sampling.times_s) for side in (-1, 1)]
    below, above = (each.log_probability for each in sides)
    curve = below - 2 * better.log_probability + above
    shift = float(np.clip(0.5 * (below - above) / curve, -1, 1)) if curve < 0 else 0.0
    sides.append(_weighed(better.hz + shift * step_hz, found.order, y, sampling.times_s))
    return max(found, better, *sides, key=lambda each: each.log_probability)


def _weighed(hz: float, order: int, y: Float64, times_s: Float64) -> Fundamental:
    return Fundamental(hz, order, log_evidence(y, times_s, hz) + ITSELF * (order == 1))
