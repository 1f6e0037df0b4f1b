"""From a line of the spectrum to its fundamental, the cells that carry it, and a fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32
from streamer.periodicity.cells import Indices, Pyramid
from streamer.periodicity.folding import folded
from streamer.periodicity.lines import GUARD, MIN_CYCLES, Lines, threshold
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES, HarmonicFit, fit_harmonics
from streamer.periodicity.steadiness import Course, follow

VOTE_EXCESS = 10.0  # a cell votes for a line where its power is so many times the noise
MIN_VOTES = 4  # votes of so many cells suffice where the line is significant in none of them
HARMONIC = 18.0  # a harmonic is fitted with its fundamental where its power is so many times the noise
DENSE_CYCLES = 12.0  # with fewer cycles in the window, harmonics lie so close that they raise each other's noise
MAX_HARMONIC = 12
MAX_DIVISOR = 5  # highest harmonic of a fundamental that the strongest line may be
MIN_SHARE = 0.01  # least power of the lines between its multiples, relative to the strongest, times (divisor − 1)²
MISS = 0.05  # how far other lines may shift the strongest line when it is fitted alone, relative to the resolution
OFF_PLACE = 0.6  # how far the highest line between may be from its place, in bins
MAX_FITTED = 48  # number of series that are fitted: those with the highest line
STEADY = 4.2  # least power of a period relative to the noise at about its frequency, else it is drift …
CALM_CYCLES = 10.0  # … multiplied by this / cycles, since slow noise of all cells (light, a shaking hand) looks alike …
LOCAL = 0.6  # … except where the cells that carry it cover no more than this fraction of the image
MIN_STEADY = 0.25  # least fraction of steady cells if they are local …
MIN_STEADY_CALM = 0.35  # … if they are scattered …
MIN_STEADY_SLOW = 0.6  # … and if the window has fewer than four cycles
TINY = 1e-12  # grey levels squared, against division by zero


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """A period and the series that carry it."""

    bin: float  # place of the fundamental in the spectrum, in bins
    fit: HarmonicFit
    harmonics: tuple[int, ...]  # harmonics that were fitted
    members: Indices  # series that were fitted
    carriers: Indices  # all series that carry it
    amplitude: Float32  # of the carriers, shape (n_carriers,)
    course: Course | None = None  # how it goes on in the window; None where that is too short


def find_fundamental(pyramid: Pyramid, lines: Lines, sampling: Sampling, limits: Float32, k: int) -> Period | None:
    """Find the fundamental of a line of the spectrum.

    Parameters
    ----------
    pyramid : Pyramid
        Series of cells and blocks.
    lines : Lines
        Their spectra.
    sampling : Sampling
        Capture times.
    limits : ndarray of float32, shape (n_series,)
        Ratio of power to noise from which a line is significant in a series.
    k : int
        Bin of the line.

    Returns
    -------
    Period or None
        None where the line is drift.
    """
    strongest = _peak(lines, k)
    found = _fit_fundamental(pyramid, lines, sampling, limits, strongest, 1)
    divisor = _divisor(lines, strongest, pyramid.counts[0])
    # The edges of a rhythm that begins or ends in the window have lines at all frequencies.
    if found is not None and divisor > 1 and (found.course is None or found.course.is_throughout):
        lower = _fit_fundamental(pyramid, lines, sampling, limits, strongest, divisor)
        if lower is not None:
            # Lines that only lie near multiples of a common frequency are two periods.
            miss_hz = abs(lower.fit.hz * divisor - found.fit.hz)
            sigma_hz = math.hypot(lower.fit.hz_sigma * divisor, found.fit.hz_sigma)
            if miss_hz < 3 * sigma_hz + MISS / sampling.duration_s:
                return lower
    return found


def _peak(lines: Lines, k: int) -> float:
    """Return the place of a line between bins, from a parabola through the logarithms of the series that carry it."""
    carries = lines.excess[:, k] > VOTE_EXCESS
    if not carries.any() or not 1 <= k < lines.power.shape[1] - 1:
        return float(k)
    shape = (lines.power[carries, k - 1 : k + 2] / lines.noise[carries, k : k + 1]).sum(axis=0)
    a, b, c = np.log(shape + np.float32(1e-20)).tolist()
    curve = a - 2 * b + c
    return k + min(max(0.5 * (a - c) / curve, -0.75), 0.75) if curve < 0 else float(k)


def _divisor(lines: Lines, strongest: float, n_cells: int) -> int:
    """Return which harmonic of its fundamental the strongest line is.

    For a harmonic above the first, its cells must carry lines that only the lower fundamental explains.
    """
    carries = lines.excess[:n_cells, round(strongest)] > VOTE_EXCESS
    which = np.flatnonzero(carries) if carries.any() else np.arange(lines.power.shape[0])
    power = float(lines.power[which, round(strongest)].sum())
    slow = lines.first * SLOW_CYCLES / MIN_CYCLES
    for divisor in range(MAX_DIVISOR, 1, -1):
        if strongest / divisor < GUARD + 2:  # the lines between would lie in the main lobe of the strongest
            continue
        between = [j * strongest / divisor for j in range(1, 2 * divisor + 2) if math.gcd(j, divisor) == 1]
        # Drift is no evidence of a slow period below the strongest line.
        between = [bin_ for bin_ in between if slow <= round(bin_) < lines.power.shape[1] - 1]
        if not between:
            continue
        heights = [_height(lines, bin_)[which].max() for bin_ in between]
        share = sum(float(lines.power[which, round(bin_)].sum()) for bin_ in between) / power
        tallest = between[int(np.argmax(heights))]
        in_place = abs(_peak(lines, round(tallest)) - tallest) < OFF_PLACE
        # The threshold is for about ten places, not for every bin.
        if in_place and max(heights) > threshold(300 * which.size) and share > MIN_SHARE * (divisor - 1) ** 2:
            return divisor
    return 1


def _height(lines: Lines, bin_: float) -> Float32:
    """Return the highest power near a bin relative to the noise, of all series; 0 outside the spectrum."""
    k = round(bin_)
    if not lines.first - 1 <= k < lines.power.shape[1] - 1:
        return np.zeros(lines.power.shape[0], np.float32)
    result: Float32 = lines.excess[:, k - 1 : k + 2].max(axis=1)
    return result


def _fit_fundamental(
    pyramid: Pyramid, lines: Lines, sampling: Sampling, limits: Float32, strongest: float, divisor: int
) -> Period | None:
    """Fit the fundamental to the series that carry it; None where it is drift."""
    bin_ = strongest / divisor
    heights = {j: _height(lines, each) for j, each in _harmonic_bins(bin_, sampling.fps / lines.bin_hz).items()}
    height = np.maximum(heights[1], heights.get(divisor, heights[1]))
    for carriers in _carriers(height, pyramid, limits):
        found = _fit_carriers(carriers, height, limits, heights, pyramid, lines, sampling, bin_, divisor)
        if found is not None:
            return found
    return None


def _harmonic_bins(bin_: float, fps_bins: float) -> dict[int, float]:
    """Return where the harmonics lie in the spectrum, folded at half the image rate; those that coincide only once."""
    result: dict[int, float] = {}
    for j in range(1, MAX_HARMONIC + 1):
        place = folded(j * bin_, fps_bins)
        apart = all(abs(place - other) > GUARD for other in result.values())
        if j == 1 or (apart and GUARD < place < fps_bins / 2 - GUARD):
            result[j] = place
    return result


def _carriers(height: Float32, pyramid: Pyramid, limits: Float32) -> Iterator[Indices]:
    """Yield the series that may carry a line: the cells, then the blocks of the level where it is most significant."""
    n_cells = pyramid.counts[0]
    cells = np.flatnonzero(height[:n_cells] > VOTE_EXCESS)
    if cells.size >= MIN_VOTES or np.any(height[cells] > limits[cells]):
        yield cells
    margin = height / limits
    margin[:n_cells] = 0
    if margin.max() > 1:
        level = pyramid.level(int(np.argmax(margin)))
        yield level.start + np.flatnonzero(margin[level] > 1)


def _fit_carriers(
    carriers: Indices, height: Float32, limits: Float32, heights: dict[int, Float32], pyramid: Pyramid, lines: Lines,
    sampling: Sampling, bin_: float, divisor: int,
) -> Period | None:  # fmt: skip
    """Fit the fundamental to some series, without those in which drift explains as much."""
    hz = bin_ * lines.bin_hz
    members = carriers[np.argsort(-height[carriers])[:MAX_FITTED]]
    harmonics = tuple(j for j in heights if j in (1, divisor) or heights[j][members].max() > HARMONIC)
    if hz * sampling.duration_s < DENSE_CYCLES:  # harmonics this close raise each other's noise
        fit = _fit(pyramid, lines, sampling, members, hz, tuple(heights))
        if fit is not None:
            stands = _stands(fit, sampling)
            harmonics = tuple(j for j, stand in zip(heights, stands, strict=True) if stand or j in (1, divisor))
    fit = _fit(pyramid, lines, sampling, members, hz, harmonics)
    if fit is None:
        return None
    steady = _steady(fit, sampling, pyramid, members)
    sure = steady & (height[members] > limits[members])
    if np.mean(steady) < MIN_STEADY or (np.count_nonzero(steady) < MIN_VOTES and not sure.any()):
        return None
    if not steady.all():
        members = members[steady]
        fit = _fit(pyramid, lines, sampling, members, hz, harmonics)
        if fit is None or not _steady(fit, sampling, pyramid, members).any():
            return None
    course = follow(pyramid.series[:, members], sampling, fit, harmonics)
    if course is not None and divisor > 1:
        standing = dict(zip(harmonics, _stands(fit, sampling), strict=True))
        between = [j for j in course.coherent if j % divisor and standing[j]]
        # Two rhythms may have a common divisor by chance; it takes a third line to show that it is their fundamental.
        if len(between) < (1 if divisor == 2 else 2):
            return None
    if course is not None and len(course.coherent) < len(harmonics):
        harmonics = tuple(j for j in harmonics if j in course.coherent or (j == 1 and divisor > 1))
        fit = _fit(pyramid, lines, sampling, members, hz, harmonics)
        if fit is None:
            return None
        course = follow(pyramid.series[:, members], sampling, fit, harmonics)
    places = _harmonic_bins(bin_, sampling.fps / lines.bin_hz)
    bins = [min(round(places[j]), lines.power.shape[1] - 1) for j in harmonics]
    amplitude = np.sqrt(lines.power[carriers][:, bins].sum(axis=1))
    return Period(bin_, fit, harmonics, members, carriers, amplitude, course)


def _stands(fit: HarmonicFit, sampling: Sampling) -> np.ndarray:
    """Return for each harmonic of a fit whether it stands out of the noise in one of the series."""
    ratio = (np.abs(fit.amplitude) ** 2 / np.maximum(fit.noise, TINY)).max(axis=1)
    return np.asarray(ratio * sampling.times_s.size / 4 > HARMONIC)


def _fit(
    pyramid: Pyramid, lines: Lines, sampling: Sampling, members: Indices, hz: float, harmonics: tuple[int, ...]
) -> HarmonicFit | None:
    """Return the fit to some series; None where it fails or leaves the line."""
    level = np.median(lines.power[members, lines.first :], axis=1).astype(np.float64) + 1e-9
    fit = fit_harmonics(pyramid.series[:, members], sampling.times_s, hz, harmonics, level)
    if not math.isfinite(fit.hz_sigma) or abs(fit.hz - hz) * sampling.duration_s > 1:
        return None
    return fit if fit.hz * sampling.duration_s > MIN_CYCLES - 0.1 else None


def _steady(fit: HarmonicFit, sampling: Sampling, pyramid: Pyramid, members: Indices) -> np.ndarray:
    """Return for each series whether the fit is a period rather than drift, shape (n_members,)."""
    cycles = fit.hz * sampling.duration_s
    ratio = fit.signal / np.maximum(fit.near, TINY)
    steady = ratio > STEADY * max(1.0, CALM_CYCLES / cycles) * max(1.0, SLOW_CYCLES / cycles) ** 2
    local = ratio > STEADY
    if cycles >= SLOW_CYCLES and np.mean(steady) < MIN_STEADY_CALM and pyramid.spread(members[local]) < LOCAL:
        return local
    if np.mean(steady) < (MIN_STEADY_CALM if cycles >= SLOW_CYCLES else MIN_STEADY_SLOW):
        steady[:] = False
    return np.asarray(steady)
