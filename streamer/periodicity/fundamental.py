"""Trace a line of the spectrum to its fundamental, the cells that carry it, and a fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32
from streamer.periodicity.cells import Indices, Pyramid
from streamer.periodicity.lines import GUARD, MIN_CYCLES, Lines, threshold
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES, Fit, fit_harmonics

VOTE = 10.0  # times the noise: from there on a cell carries a line that was found
AGREE = 4  # cells whose votes are enough, though none stands out for sure
HARMONIC = 18.0  # times the noise: from there on a harmonic is fitted with its fundamental
DENSE_CYCLES = 12.0  # between harmonics
MAX_HARMONIC = 8
MAX_DIVISOR = 5  # the strongest line may be such a harmonic of the fundamental
MIN_SHARE = 0.01  # of the strongest line's power, that lines between its multiples need, times (divisor − 1)²
MISS = 0.05  # of the resolution: how far other lines may pull the strongest, fitted alone
OFF_PLACE = 0.6  # bins: how far a line between may be
MAX_FITTED = 48  # series: those that carry it best
STEADY = 4.2  # times what is left beside it that a period explains, or it is drift …
CALM_CYCLES = 10.0  # … times this / cycles: slow noise that cells have in common (light, a shaking hand) looks alike …
LOCAL = 0.6  # … except where the cells that carry it cover no more than this share of the image
MIN_STEADY = 0.25  # of the cells if they are local …
MIN_STEADY_CALM = 0.35  # … if they are scattered …
MIN_STEADY_SLOW = 0.6  # … and if they saw the period fewer than four times
TINY = 1e-12  # grey levels squared


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A period and the cells that carry it."""

    bin: float  # of the spectrum, of the fundamental
    fit: Fit
    harmonics: tuple[int, ...]  # fitted
    members: Indices  # series fitted
    carriers: Indices  # all series that vote for it
    amplitude: Float32  # shape (n_carriers,)


def find_fundamental(pyramid: Pyramid, lines: Lines, sampling: Sampling, limits: Float32, k: int) -> Found | None:
    """Trace the line in a bin of the spectrum to its fundamental; None if it is drift."""
    strongest = _peak(lines, k)
    found = _fitted(pyramid, lines, sampling, limits, strongest, 1)
    divisor = _divisor(lines, strongest, pyramid.counts[0])
    if found is not None and divisor > 1:
        lower = _fitted(pyramid, lines, sampling, limits, strongest, divisor)
        if lower is not None:
            # lines that merely lie near multiples of a common frequency are two periods
            miss_hz = abs(lower.fit.hz * divisor - found.fit.hz)
            sigma_hz = math.hypot(lower.fit.hz_sigma * divisor, found.fit.hz_sigma)
            if miss_hz < 3 * sigma_hz + MISS / sampling.duration_s:
                return lower
    return found


def _peak(lines: Lines, k: int) -> float:
    """Return the frequency between bins of the series that carry a line: parabola through the logarithms."""
    carries = lines.excess[:, k] > VOTE
    if not carries.any() or not 1 <= k < lines.power.shape[1] - 1:
        return float(k)
    shape = (lines.power[carries, k - 1 : k + 2] / lines.noise[carries, k : k + 1]).sum(axis=0)
    a, b, c = np.log(shape + np.float32(1e-20)).tolist()
    curve = a - 2 * b + c
    return k + min(max(0.5 * (a - c) / curve, -0.75), 0.75) if curve < 0 else float(k)


def _divisor(lines: Lines, strongest: float, n_cells: int) -> int:
    """Return which harmonic the strongest line is: its cells must carry lines that only a lower fundamental
    explains.
    """
    carries = lines.excess[:n_cells, round(strongest)] > VOTE
    which = np.flatnonzero(carries) if carries.any() else np.arange(lines.power.shape[0])
    power = float(lines.power[which, round(strongest)].sum())
    slow = lines.first * SLOW_CYCLES / MIN_CYCLES
    for divisor in range(MAX_DIVISOR, 1, -1):
        if strongest / divisor < GUARD + 2:  # its multiples would lie in the main lobe of the strongest
            continue
        between = [j * strongest / divisor for j in range(1, 2 * divisor + 2) if math.gcd(j, divisor) == 1]
        # a drift is no evidence for a slow period below the strongest line
        between = [bin_ for bin_ in between if slow <= round(bin_) < lines.power.shape[1] - 1]
        if not between:
            continue
        heights = [_height(lines, bin_)[which].max() for bin_ in between]
        share = sum(float(lines.power[which, round(bin_)].sum()) for bin_ in between) / power
        tallest = between[int(np.argmax(heights))]
        in_place = abs(_peak(lines, round(tallest)) - tallest) < OFF_PLACE
        # tried at ten places or so, not in every bin
        if in_place and max(heights) > threshold(300 * which.size) and share > MIN_SHARE * (divisor - 1) ** 2:
            return divisor
    return 1


def _height(lines: Lines, bin_: float) -> Float32:
    """Return the height near a bin over the noise of all series, 0 where the spectrum has ended."""
    k = round(bin_)
    if not lines.first - 1 <= k < lines.power.shape[1] - 1:
        return np.zeros(lines.power.shape[0], np.float32)
    result: Float32 = lines.excess[:, k - 1 : k + 2].max(axis=1)
    return result


def _fitted(
    pyramid: Pyramid, lines: Lines, sampling: Sampling, limits: Float32, strongest: float, divisor: int
) -> Found | None:
    """Fit the fundamental to the series that carry it, leaving out those in which drift explains as much."""
    bin_ = strongest / divisor
    hz = bin_ * lines.bin_hz
    heights = {j: _height(lines, j * bin_) for j in range(1, MAX_HARMONIC + 1) if j * hz < 0.5 * sampling.fps}
    height = np.maximum(heights[1], heights[divisor])
    for carriers in _carriers(height, pyramid, limits):
        found = _fitted_to(carriers, height, limits, heights, pyramid, lines, sampling, bin_, divisor)
        if found is not None:
            return found
    return None


def _carriers(height: Float32, pyramid: Pyramid, limits: Float32) -> Iterator[Indices]:
    """Return the series that carry a line: cells, or the most prominent of the blocks of them."""
    n_cells = pyramid.counts[0]
    cells = np.flatnonzero(height[:n_cells] > VOTE)
    if cells.size >= AGREE or np.any(height[cells] > limits[cells]):
        yield cells
    margin = height / limits
    margin[:n_cells] = 0
    if margin.max() > 1:
        level = pyramid.level(int(np.argmax(margin)))
        yield level.start + np.flatnonzero(margin[level] > 1)


def _fitted_to(
    carriers: Indices, height: Float32, limits: Float32, heights: dict[int, Float32], pyramid: Pyramid, lines: Lines,
    sampling: Sampling, bin_: float, divisor: int,
) -> Found | None:  # fmt: skip
    hz = bin_ * lines.bin_hz
    members = carriers[np.argsort(-height[carriers])[:MAX_FITTED]]
    harmonics = tuple(j for j in heights if j in (1, divisor) or heights[j][members].max() > HARMONIC)
    if hz * sampling.duration_s < DENSE_CYCLES:  # harmonics so close hide each other's height
        fit = _fit(pyramid, lines, sampling, members, hz, tuple(heights))
        if fit is not None:
            stands = (np.abs(fit.amplitude) ** 2 / np.maximum(fit.noise, TINY)).max(
                axis=1
            ) * sampling.times_s.size / 4 > HARMONIC
            harmonics = tuple(j for j, stand in zip(heights, stands, strict=True) if stand or j in (1, divisor))
    fit = _fit(pyramid, lines, sampling, members, hz, harmonics)
    if fit is None:
        return None
    steady = _steady(fit, sampling, pyramid, members)
    sure = steady & (height[members] > limits[members])
    if np.mean(steady) < MIN_STEADY or (np.count_nonzero(steady) < AGREE and not sure.any()):
        return None
    if not steady.all():
        members = members[steady]
        fit = _fit(pyramid, lines, sampling, members, hz, harmonics)
        if fit is None or not _steady(fit, sampling, pyramid, members).any():
            return None
    bins = [round(j * bin_) for j in harmonics if round(j * bin_) < lines.power.shape[1]]
    amplitude = np.sqrt(lines.power[carriers][:, bins].sum(axis=1))
    return Found(bin_, fit, harmonics, members, carriers, amplitude)


def _fit(
    pyramid: Pyramid, lines: Lines, sampling: Sampling, members: Indices, hz: float, harmonics: tuple[int, ...]
) -> Fit | None:
    level = np.median(lines.power[members, lines.first :], axis=1).astype(np.float64) + 1e-9
    fit = fit_harmonics(pyramid.series[:, members], sampling.times_s, hz, harmonics, level)
    if not math.isfinite(fit.hz_sigma) or abs(fit.hz - hz) * sampling.duration_s > 1:
        return None
    return fit if fit.hz * sampling.duration_s > MIN_CYCLES - 0.1 else None


def _steady(fit: Fit, sampling: Sampling, pyramid: Pyramid, members: Indices) -> np.ndarray:
    """Return for each series whether it is a period rather than drift; shape (n_members,)."""
    cycles = fit.hz * sampling.duration_s
    ratio = fit.signal / np.maximum(fit.near, TINY)
    steady = ratio > STEADY * max(1.0, CALM_CYCLES / cycles) * max(1.0, SLOW_CYCLES / cycles) ** 2
    local = ratio > STEADY
    if cycles >= SLOW_CYCLES and np.mean(steady) < MIN_STEADY_CALM and pyramid.spread(members[local]) < LOCAL:
        return local
    if np.mean(steady) < (MIN_STEADY_CALM if cycles >= SLOW_CYCLES else MIN_STEADY_SLOW):
        steady[:] = False
    return np.asarray(steady)
