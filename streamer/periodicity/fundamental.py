"""From a line of the spectrum to its fundamental, the cells that carry it, and a fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Rival
from streamer.periodicity.between import Slower, slower
from streamer.periodicity.cells import Indices, Pyramid
from streamer.periodicity.divisors import is_marked, other_lines, swells
from streamer.periodicity.folding import folded, unresolved_bias
from streamer.periodicity.lines import GUARD, MIN_CYCLES, VOTE_EXCESS, Lines, height_near, peak
from streamer.periodicity.rivals import fundamentals, odds_of
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES, HarmonicFit, fit_harmonics
from streamer.periodicity.steadiness import Course, follow

MIN_VOTES = 4  # votes of so many cells suffice where the line is significant in none of them
HARMONIC = 18.0  # a harmonic is fitted with its fundamental where its power is so many times the noise
DENSE_CYCLES = 12.0  # with fewer cycles in the window, harmonics lie so close that they raise each other's noise
MAX_HARMONIC = 12
MAX_DOUBT = 100.0  # odds against the line itself where weak lines show a slower fundamental
SURE = 12.0  # log odds from which weak lines show a slower fundamental
# How much less probable a divisor is that is named too, relative to the log odds and at least.
NEAR, NEAR_ODDS = 0.15, 14.0
MAX_RIVALS = 3  # that are named of these
MISS = 0.05  # how far other lines may shift the strongest line when it is fitted alone, relative to the resolution
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
    rivals: tuple[Rival, ...] = ()  # other fundamentals that explain the series nearly as well


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
    found = _fit_fundamental(pyramid, lines, sampling, limits, peak(lines, k), 1)
    # The edges of a rhythm that begins or ends in the window have lines at all frequencies.
    if found is None or (found.course is not None and not found.course.is_throughout):
        return found
    return _with_weak_lines(
        _of_lines(found, pyramid, lines, sampling, limits, peak(lines, k)), pyramid, lines, sampling
    )


def _of_lines(
    found: Period, pyramid: Pyramid, lines: Lines, sampling: Sampling, limits: Float32, strongest: float
) -> Period:
    """Return the rhythm whose waveform explains the lines in the series that carry one, itself in doubt."""
    others = other_lines(lines, found.members, round(found.bin), limits)
    if not others.size:
        return found
    lone = _fit(pyramid, lines, sampling, found.members, strongest * lines.bin_hz, (1,)) or found.fit
    series = pyramid.series[:, found.members].astype(np.float64)
    ranked = fundamentals(series, sampling, lone.hz, others * lines.bin_hz)
    for each in ranked:
        rivals = odds_of(each, ranked, 1 / sampling.duration_s)
        if each.order == 1:
            found = replace(found, rivals=rivals)
            break
        better = _fit_fundamental(pyramid, lines, sampling, limits, each.hz / lines.bin_hz, each.order)
        if better is not None and _is_same_line(better, each.order, lone, sampling):
            if not swells(better.fit, better.harmonics, found.fit.hz, sampling):
                return _with_rivals(better, each.order, rivals, found.fit.hz)
            exact = abs(better.fit.hz * each.order - found.fit.hz) * sampling.duration_s < 1  # it explains it as well
            return replace(found, rivals=(Rival(better.fit.hz, 1.0),) if exact else ())
    return found


def _with_weak_lines(found: Period, pyramid: Pyramid, lines: Lines, sampling: Sampling) -> Period:
    """Return the rhythm of which one is a multiple, if weak lines between its multiples show it, else itself.

    Slower ones that are nearly as probable, or that cannot be told apart, are its rivals.
    """
    known_hz = lines.bin_hz * np.flatnonzero(lines.excess[found.members].max(axis=0) == 0).astype(np.float64)
    options = slower(pyramid.series[:, found.members], sampling, found.fit.hz, found.harmonics, known_hz)
    shown = [each for each in options if each.is_shown]
    better, chosen = None, None
    if shown and shown[0].log_odds > SURE:
        # A divisor with fewer lines is preferred if it is nearly as probable.
        least = shown[0].log_odds - max(NEAR_ODDS, NEAR * shown[0].log_odds)
        chosen = min((each for each in shown if each.log_odds > least), key=lambda each: each.divisor)
        better = _slowed(found, chosen, pyramid, lines, sampling)
        if better is not None and swells(better.fit, better.harmonics, found.fit.hz, sampling):
            better = None
    best = 0.0 if better is None or chosen is None else chosen.log_odds
    near = [each for each in options if each.log_odds > best - max(2 * math.log(MAX_DOUBT), best / 2 * each.is_shown)]
    others = [each for each in near if better is None or each is not chosen]
    rivals = [
        Rival(found.fit.hz / each.divisor, min(math.exp(min(max(best - each.log_odds, 0.0) / 2, 9.0)), MAX_DOUBT))
        for each in sorted(others, key=lambda each: -each.log_odds)[:MAX_RIVALS]
    ]
    if better is not None and chosen is not None:
        better = _with_rivals(better, chosen.divisor, (*rivals, *found.rivals), found.fit.hz)
        return _with_weak_lines(better, pyramid, lines, sampling)  # which show more without what was found now
    named = [each for each in rivals if all(abs(each.hz - other.hz) > 1e-3 * each.hz for other in found.rivals)]
    return replace(found, rivals=tuple(sorted((*found.rivals, *named), key=lambda each: each.odds)))


def _slowed(found: Period, by: Slower, pyramid: Pyramid, lines: Lines, sampling: Sampling) -> Period | None:
    """Return a rhythm as the multiple of a slower one; None where that does not fit it."""
    harmonics = {1, *(by.divisor * j for j in found.harmonics), *by.present[:MAX_HARMONIC]}
    orders = tuple(sorted(harmonics))
    fit = _fit(pyramid, lines, sampling, found.members, found.fit.hz / by.divisor, orders)
    if fit is None or abs(fit.hz * by.divisor - found.fit.hz) > 3 * found.fit.hz_sigma + MISS / sampling.duration_s:
        return None
    course = follow(pyramid.series[:, found.members], sampling, fit, orders)
    # What folds onto the rhythm's harmonics makes its frequency as uncertain as that of the slower one.
    fit = replace(fit, hz_sigma=max(fit.hz_sigma, found.fit.hz_sigma / by.divisor))
    return replace(found, bin=found.bin / by.divisor, fit=fit, harmonics=orders, course=course, rivals=())


def _with_rivals(better: Period, order: int, rivals: tuple[Rival, ...], line_hz: float) -> Period:
    """Return a slower rhythm with its rivals, among them the line itself where only weak lines speak against it."""
    named = any(abs(each.hz - line_hz) < 1e-3 * line_hz for each in rivals)
    if not named and not is_marked(better.fit, better.harmonics, order):
        rivals = (*rivals, Rival(line_hz, MAX_DOUBT))
    return replace(better, rivals=tuple(sorted(rivals, key=lambda each: each.odds)))


def _is_same_line(better: Period, order: int, lone: HarmonicFit, sampling: Sampling) -> bool:
    """Return whether a harmonic lies where the line was; lines only near multiples of a common frequency are two."""
    miss_hz = abs(folded(better.fit.hz * order, sampling.fps) - lone.hz)
    sigma_hz = math.hypot(better.fit.hz_sigma * order, lone.hz_sigma)
    return miss_hz < 3 * sigma_hz + MISS / sampling.duration_s


def _fit_fundamental(
    pyramid: Pyramid, lines: Lines, sampling: Sampling, limits: Float32, bin_: float, order: int
) -> Period | None:
    """Fit a fundamental, of which the strongest line is the harmonic ``order``, to the series that carry it.

    None where it is drift.
    """
    places = _harmonic_bins(bin_, sampling.fps / lines.bin_hz, order)
    heights = {j: height_near(lines, each) for j, each in places.items()}
    height = np.maximum(heights[order], heights.get(1, heights[order]))
    for carriers in _carriers(height, pyramid, limits):
        found = _fit_carriers(carriers, height, limits, heights, pyramid, lines, sampling, bin_, order)
        if found is not None:
            return found
    return None


def _harmonic_bins(bin_: float, fps_bins: float, order: int) -> dict[int, float]:
    """Return where the harmonics lie in the spectrum, folded at half the image rate; those that coincide only once."""
    result: dict[int, float] = {order: folded(order * bin_, fps_bins)}
    for j in range(1, MAX_HARMONIC + 1):
        place = folded(j * bin_, fps_bins)
        apart = all(abs(place - other) > GUARD for other in result.values())
        if apart and (j == 1 or GUARD < place < fps_bins / 2 - GUARD):
            result[j] = place
    return dict(sorted(result.items()))


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
    sampling: Sampling, bin_: float, order: int,
) -> Period | None:  # fmt: skip
    """Fit the fundamental to some series, without those in which drift explains as much."""
    hz = bin_ * lines.bin_hz
    members = carriers[np.argsort(-height[carriers])[:MAX_FITTED]]
    harmonics = tuple(j for j in heights if j in (1, order) or heights[j][members].max() > HARMONIC)
    if hz * sampling.duration_s < DENSE_CYCLES:  # harmonics this close raise each other's noise
        fit = _fit(pyramid, lines, sampling, members, hz, tuple(heights))
        if fit is not None:
            stands = _stands(fit, sampling)
            harmonics = tuple(j for j, stand in zip(heights, stands, strict=True) if stand or j in (1, order))
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
    if course is not None and order > 1:
        standing = dict(zip(harmonics, _stands(fit, sampling), strict=True))
        line = folded(order * bin_, sampling.fps / lines.bin_hz)
        turns = {j: folded(j * bin_, sampling.fps / lines.bin_hz) / line for j in harmonics}
        more = [j for j, each in turns.items() if standing[j] and abs(each - round(each)) * line > 1]
        if order * hz > sampling.fps / 2 and not standing.get(1, False):
            return None  # lines that fold to those of a rhythm without a fundamental are there by chance
        # Two rhythms may have a common divisor by chance; it takes a third line to show that it is their fundamental.
        more = [j for j in more if j in course.coherent]
        needed = 1 if order == 2 and {1, 3} & set(more) else 2
        if len(more) < needed:
            return None
    if course is not None and len(course.coherent) < len(harmonics):
        harmonics = tuple(j for j in harmonics if j in course.coherent or j == order)
        fit = _fit(pyramid, lines, sampling, members, hz, harmonics)
        if fit is None:
            return None
        course = follow(pyramid.series[:, members], sampling, fit, harmonics)
    if order > 1 and math.gcd(*harmonics) > 1:
        return None
    places = _harmonic_bins(bin_, sampling.fps / lines.bin_hz, order)
    bins = [min(round(places[j]), lines.power.shape[1] - 1) for j in harmonics]
    amplitude = np.sqrt(lines.power[carriers][:, bins].sum(axis=1))
    overall = np.sqrt(np.mean(np.abs(fit.amplitude) ** 2, axis=1))
    bias_hz = unresolved_bias(fit.hz, harmonics, overall, sampling.fps, sampling.duration_s)
    fit = replace(fit, hz_sigma=math.hypot(fit.hz_sigma, bias_hz))
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
