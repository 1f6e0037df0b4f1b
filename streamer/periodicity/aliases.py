"""Find other explanations of a measured frequency: its aliases, or mains light."""

from __future__ import annotations

from typing import Literal

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.periodicity.cells import Indices
from streamer.periodicity.folding import folded
from streamer.periodicity.fundamental import Period
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import HarmonicFit

N_RATES = 3  # aliases are listed up to this multiple of the image rate …
MAX_RATES = 10  # … which is at most this multiple …
LISTED_HZ = 250.0  # … and up to here, lamps included
DECIDED = 20.0  # twice the log likelihood ratio from which uneven times rule out a frequency …
DECIDED_SHARE = 0.02  # … and its least fraction of what the best frequency explains
MAINS_HZ = (100, 120)  # lamps flicker at twice the frequency of the mains
MAINS_TOLERANCE = 0.002  # relative deviation of the mains from their nominal frequency
IN_PHASE = 0.8  # length of the sum of amplitudes of a row, relative to the sum of their lengths
SLOW_HZ = 1.0  # below, clouds, breathing and automatic exposure are as near, which the aliases leave open …
BANDED = 0.5  # … unless the rows are out of phase: their sum, relative to the sum of their lengths
MIN_LIT = 0.5  # least fraction of the cells that flicker with mains light


def aliases(hz: float, fps: float) -> tuple[float, ...]:
    """Return the frequencies above half the image rate that appear at the same frequency as ``hz``, lowest first."""
    low = folded(hz, fps)
    last_hz = max(N_RATES * fps, LISTED_HZ)
    pairs = ((k * fps - low, k * fps + low) for k in range(1, min(round(last_hz / fps), MAX_RATES) + 1))
    return tuple(sorted(alias for pair in pairs for alias in pair if fps / 2 < alias <= last_hz))


def likely_aliases(
    series: Float32, period: Period, sampling: Sampling
) -> tuple[float, tuple[float, ...], Literal["", "times"]]:
    """Return the frequency that the capture times favour, the aliases that they allow, and what cut these.

    Evenly timed images do not distinguish a frequency from its aliases, even by harmonics, which fold in the same way.
    Uneven times do distinguish them, by how much better one frequency fits with its harmonics, which may be far
    stronger than itself; unless evenly spaced times fit better still, which shows that the time stamps were late.
    """
    hz, fps = period.fit.hz, sampling.fps
    others = aliases(hz, fps)
    if sampling.is_even:
        return hz, others, ""
    weight = 1 / np.maximum(period.fit.noise, 1e-12)
    orders = np.array(period.harmonics, np.float64)
    gains = {each: _gain(series, sampling.times_s, each * orders, weight) for each in (hz, *others)}
    best = max(gains, key=lambda each: gains[each])
    even_s = (sampling.number - sampling.number.mean()) / fps
    if _gain(series, even_s, hz * orders, weight) > gains[best] + DECIDED / 4:
        return hz, others, ""
    # In strong periods, a few bad images or late time stamps exceed DECIDED; so a fraction of the gain is required too.
    decided = max(DECIDED, DECIDED_SHARE * gains[best])
    if gains[best] - gains[hz] > decided:
        hz = best
    kept = tuple(each for each in others if each != hz and gains[hz] - gains[each] < decided)
    return hz, kept, "times" if len(kept) < len(others) else ""


def _gain(series: Float32, times_s: Float64, lines_hz: Float64, weight: Float64) -> float:
    """Return how much of the series sinusoids explain, in units of their noise: twice a log likelihood ratio."""
    drift = np.polynomial.legendre.legvander(times_s / np.abs(times_s).max(), 3)
    phase = 2 * np.pi * times_s[:, None] * lines_hz
    q = np.linalg.qr(np.column_stack([drift, np.cos(phase), np.sin(phase)]))[0]
    return float(weight @ np.sum((q.T @ (series - series[0]))[drift.shape[1] :] ** 2, axis=0))


def mains(hz: float, fit: HarmonicFit, rows: Indices, lit: float, sampling: Sampling) -> int | None:
    """Return 100 or 120 if ``hz`` is probably mains light folded by the image rate, else None.

    It must lie where the mains appear at this image rate, within three standard uncertainties and the tolerance of the
    mains; where it is slow, in bands. ``lit``, the fraction of cells that carry it, must be at least half, and the
    cells of each row, which a rolling shutter exposes together, must be in phase.
    """
    first = fit.amplitude[0]
    if lit < MIN_LIT:
        return None
    is_banded = False
    if rows.size == first.size:  # single cells, not blocks
        sums = np.zeros(int(rows.max()) + 1, np.complex128)
        np.add.at(sums, rows, first)
        if np.abs(sums).sum() < IN_PHASE * np.abs(first).sum():
            return None
        is_banded = bool(abs(sums.sum()) < BANDED * np.abs(sums).sum())
    if folded(hz, sampling.fps) < SLOW_HZ and not is_banded:
        return None
    best, found = 1.0, None
    for mains_hz in MAINS_HZ:
        n_folds = round(mains_hz / sampling.fps)
        tolerance_hz = MAINS_TOLERANCE * mains_hz + 3 * (fit.hz_sigma + n_folds * sampling.fps_sigma)
        miss = abs(folded(mains_hz, sampling.fps) - folded(hz, sampling.fps)) / tolerance_hz
        if miss < best:
            best, found = miss, mains_hz
    return found
