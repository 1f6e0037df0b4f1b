"""Measure one period in time, with its uncertainty, from the series of many cells."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64
from streamer.messages import Temporal, TemporalComponent, TemporalStatus
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
N_PHASES = 64  # of a period, to find the peak of its waveform
MAX_CANDIDATES = 8  # number of lines that are tried
MAX_VOTED_CYCLES = 12.0  # up to here votes of cells suffice, since their noise is drift


def measure_temporal(series: Float32, times_s: Float64, grid: tuple[int, int]) -> Temporal:
    """Measure what repeats in time.

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
    Temporal
        Status ``too_short`` of fewer than 16 images, ``too_irregular`` where most are missing.
    """
    if series.shape[0] < MIN_LENGTH:
        return _unmeasured("too_short", np.asarray(times_s, np.float64))
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    if sampling.number[-1] + 1 > MAX_HOLES * series.shape[0]:
        return _unmeasured("too_irregular", sampling.times_s)
    component = _strongest(series, sampling, grid)
    resolution_hz = 1 / sampling.duration_s
    return Temporal(
        "found" if component else "none",
        fps=sampling.fps,
        resolution_hz=resolution_hz,
        min_hz=MIN_CYCLES * resolution_hz,
        max_hz=sampling.fps / 2,
        components=(component,) if component else (),
    )


def _unmeasured(status: TemporalStatus, times_s: Float64) -> Temporal:
    """Return a measurement of times at which nothing can be seen."""
    if times_s.size < 2:
        return Temporal(status, math.nan, math.nan, math.nan, math.nan)
    interval_s = float(times_s[-1] - times_s[0]) / (times_s.size - 1)
    resolution_hz = 1 / (interval_s * times_s.size)
    return Temporal(status, 1 / interval_s, resolution_hz, MIN_CYCLES * resolution_hz, 0.5 / interval_s)


def _strongest(series: Float32, sampling: Sampling, grid: tuple[int, int]) -> TemporalComponent | None:
    """Return the most significant rhythm; None where there is none."""
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
                return _component(period, pyramid, sampling)
            spoilt += list(np.arange(1, lines.power.shape[1] / comb) * comb)
        for bin_ in spoilt:
            found[max(0, round(bin_) - GUARD) : round(bin_) + GUARD + 1] = False
    return None


def _component(period: Period, pyramid: Pyramid, sampling: Sampling) -> TemporalComponent:
    fit = period.fit
    heat = pyramid.map(period.amplitude, period.carriers)
    heat /= max(float(heat.max()), 1e-20)
    hz, alias_hz = likely_aliases(pyramid.series[:, period.members], period, sampling)
    rows = pyramid.rows_and_columns(period.members)[0]
    mains_hz = mains(hz, fit, rows, float(np.mean(heat > 0)), sampling)
    strongest = fit.amplitude[:, int(np.argmax(fit.signal))]
    harmonics = np.zeros(max(period.harmonics), np.complex128)
    harmonics[np.array(period.harmonics) - 1] = strongest
    waveform = np.exp(2j * np.pi * np.outer(np.arange(N_PHASES) / N_PHASES, np.arange(1, harmonics.size + 1)))
    return TemporalComponent(
        hz=hz,
        hz_sigma=fit.hz_sigma,
        snr_db=10 * math.log10(max(float(fit.signal.sum()), 1e-30) / max(float(fit.noise.sum()), 1e-30)),
        n_cells=int(np.count_nonzero(heat)),
        heat=heat,
        what="steady" if mains_hz is None else "mains",
        end_s=float(sampling.times_s[-1] - sampling.times_s[0]),
        amplitude=float(np.abs((waveform @ harmonics).real).max()),
        harmonics=tuple(harmonics.tolist()),
        alias_hz=alias_hz,
        mains_hz=mains_hz,
    )
