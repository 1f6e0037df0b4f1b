"""Measure one period in time, with its uncertainty, from the series of many cells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.messages import Temporal
from streamer.periodicity.aliases import likely_aliases, mains
from streamer.periodicity.cells import Pyramid
from streamer.periodicity.coding import coding_bin
from streamer.periodicity.fundamental import MIN_VOTES, VOTE_EXCESS, Period, find_fundamental
from streamer.periodicity.lines import GUARD, MIN_CYCLES, find_lines, threshold
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES

Bools = NDArray[np.bool_]

MIN_LENGTH = 16
MAX_HOLES = 4  # times as many images should have come
MAX_CANDIDATES = 8  # number of lines that are tried
MAX_VOTED_CYCLES = 12.0  # up to here votes of cells suffice, since their noise is drift


def measure_temporal(series: Float32, times_s: Float64, grid: tuple[int, int]) -> Temporal | None:
    """Measure the strongest period in time.

    The strongest line that is significant in a cell, a block of cells or the whole image is traced to its fundamental,
    which is fitted with its harmonics on the capture times. Lines of fewer than two cycles, lines that drift explains
    as well, and the pattern of a video's key images are skipped. A period with fewer than four cycles in the window is
    reported only where there is no faster one.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Series of all cells, row by row, in grey levels; or of two quantities, one after the other, as of optical flow.
    times_s : ndarray of float64, shape (n_images,)
        Capture times, strictly increasing.
    grid : tuple of int
        Rows and columns of cells; ``n_series`` is their product or twice that.

    Returns
    -------
    Temporal or None
        None where nothing periodic is found, where there are fewer than 16 images, or where most are missing.
    """
    if series.shape[0] < MIN_LENGTH:
        return None
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    if sampling.number[-1] + 1 > MAX_HOLES * series.shape[0]:
        return None
    pyramid = Pyramid.of(series, grid)
    lines = find_lines(sampling.evened(pyramid.series), sampling.fps)
    if lines.last <= lines.first + GUARD:
        return None
    n_bins = lines.last - lines.first
    limits = np.repeat([threshold(n * n_bins) for n in pyramid.counts], pyramid.counts).astype(np.float32)
    votes = lines.excess > VOTE_EXCESS
    found: Bools = np.any(lines.excess > limits[:, None], axis=0)
    few = int(lines.first * MAX_VOTED_CYCLES / MIN_CYCLES)
    found[:few] |= np.count_nonzero(votes[: pyramid.counts[0], :few], axis=0) >= MIN_VOTES
    found[: lines.first] = False
    found[lines.last :] = False
    power = np.einsum("s,sk,sk->k", pyramid.area, lines.power, votes)
    slow = int(lines.first * SLOW_CYCLES / MIN_CYCLES)
    for _ in range(MAX_CANDIDATES):
        begin = slow if found[slow:].any() else 0
        k = begin + int(np.argmax(np.where(found[begin:], power[begin:], -1.0)))
        if not found[k]:
            return None
        period = find_fundamental(pyramid, lines, sampling, limits, k)
        spoilt = [float(k)]
        if period is not None:
            comb = coding_bin(lines, period, sampling, pyramid.counts[0])
            if comb is None:
                return _to_temporal(period, pyramid, sampling)
            spoilt += list(np.arange(1, lines.power.shape[1] / comb) * comb)
        for bin_ in spoilt:
            found[max(0, round(bin_) - GUARD) : round(bin_) + GUARD + 1] = False
    return None


def _to_temporal(period: Period, pyramid: Pyramid, sampling: Sampling) -> Temporal:
    fit = period.fit
    heat = pyramid.map(period.amplitude, period.carriers)
    heat /= max(float(heat.max()), 1e-20)
    hz, alias_hz = likely_aliases(pyramid.series[:, period.members], period, sampling)
    rows = pyramid.rows_and_columns(period.members)[0]
    return Temporal(
        hz=hz,
        hz_sigma=fit.hz_sigma,
        snr_db=10 * math.log10(max(float(fit.signal.sum()), 1e-30) / max(float(fit.noise.sum()), 1e-30)),
        resolution_hz=1 / sampling.duration_s,
        fps=sampling.fps,
        alias_hz=alias_hz,
        mains_hz=mains(hz, fit, rows, float(np.mean(heat > 0)), sampling),
        n_cells=int(np.count_nonzero(heat)),
        heat=heat,
    )
