"""Find the pulse of blood in the colour of skin, beside what grey shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.messages import Temporal, TemporalComponent
from streamer.periodicity.blood import PulseWave, Skin, heat_of, is_blood, is_light
from streamer.periodicity.cells import Pyramid
from streamer.periodicity.chrominance import PROJECTIONS, projected
from streamer.periodicity.coded_types import CodedTypes
from streamer.periodicity.description import component_of
from streamer.periodicity.fundamental import Period
from streamer.periodicity.lines import VOTE_EXCESS, Lines, find_lines, height_near, peak, threshold
from streamer.periodicity.persistence import MAX_STEP, MIN_STRONG, Persistence, judge
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.search import FoundRhythm
from streamer.periodicity.sinusoid import HarmonicFit, fit_harmonics
from streamer.periodicity.steadiness import Course, follow

PULSE_HZ = 0.6, 4.0  # 36 … 240 beats a minute
LEAST_S = 5.0  # of images with skin
AGREEING = 3.0  # standard uncertainties within which both projections, or colour and grey, have the same frequency …
AGREEING_SHARE = 0.25  # … and resolutions, for what σ of either does not cover
MIXED = 0.1  # power of a line, relative to one that may be a mixture of it and the coder's rhythm
OF_TYPES = 0.4  # share of the wave that the types of coded images explain, from which it is the coder's


def with_pulse(
    found: Temporal,
    values: Float32,
    times_s: Float64,
    grid: tuple[int, int],
    kinds: Float32 | None = None,
    grey: Float32 | None = None,
) -> Temporal:
    """Return a measurement with the pulse that the colour of skin shows, if it shows one.

    The mean over all cells with skin is projected by POS and CHROM, and each wave searched for rhythms as any series
    is. A rhythm is a pulse where both have it, most cells have it in step, red, green and blue change as blood makes
    them, what surrounds the skin does not change with it, and it is not the coder's. Where grey has the same rhythm,
    the two become one component that says so.

    Parameters
    ----------
    found : Temporal
        What grey, or optical flow, shows.
    values : ndarray of float32, shape (n_images, 3 · n_cells)
        Of :class:`streamer.features.skin.SkinSeries`, as many images as have been seen with skin.
    times_s : ndarray of float64, shape (n_images,)
        Capture times, strictly increasing.
    grid : tuple of int
        Rows and columns of cells.
    kinds : ndarray of float32, shape (n_images,), optional
        How each image was coded.
    grey : ndarray of float32, shape (n_images, n_cells), optional
        Mean grey of the same images.
    """
    if found.status in ("too_short", "too_irregular") or times_s.size < 2 or times_s[-1] - times_s[0] < LEAST_S:
        return found
    skin = Skin.of(values, grid)
    if skin is None:
        return found
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    types = None if kinds is None else CodedTypes.of(kinds, sampling)
    start_s = 1.0 / found.resolution_hz - sampling.duration_s  # the skin may have come later
    pulse = find_pulse(skin, sampling, types, grey)
    if pulse is None:
        return found
    later_s = max(start_s, 0.0)
    pulse = replace(pulse, start_s=pulse.start_s + later_s, end_s=pulse.end_s + later_s)
    return replace(found, status="found", components=joined(found.components, pulse, found.resolution_hz))


def find_pulse(
    skin: Skin, sampling: Sampling, types: CodedTypes | None = None, grey: Float32 | None = None
) -> TemporalComponent | None:
    """Return the pulse in the colour of skin, with its place; None where there is none beyond doubt."""
    evened = sampling.evened(skin.pooled().astype(np.float32)).astype(np.float64)
    waves = {name: projected(evened, sampling.fps, name) for name in PROJECTIONS}
    each = _rhythm(waves["POS"] * skin.level, sampling, types)
    if each is None or not _has_line(waves["CHROM"], each.hz, sampling):
        return None
    wave = PulseWave.of(waves["POS"], each.hz, sampling)
    heat = heat_of(skin, wave, sampling)
    if not heat.any() or not is_blood(skin, evened, wave, sampling) or is_light(wave, skin, grey, evened, sampling):
        return None
    return replace(each, what="pulse", heat=heat, n_cells=int(np.count_nonzero(heat)), seen_in=PROJECTIONS)


def joined(
    components: Sequence[TemporalComponent], pulse: TemporalComponent, resolution_hz: float
) -> tuple[TemporalComponent, ...]:
    """Return the components of grey and the pulse; where grey has it, one component with the lower uncertainty."""
    same = [each for each in components if _is_same(each, pulse, resolution_hz)]
    if not same:
        return (*components, pulse)
    grey = same[0]
    better = pulse if pulse.hz_sigma < grey.hz_sigma else grey
    both = replace(
        grey,
        hz=better.hz,
        hz_sigma=better.hz_sigma,
        track=better.track,
        start_s=better.start_s,
        end_s=better.end_s,
        what="pulse",
        mains_hz=None,
        seen_in=(*grey.seen_in, *pulse.seen_in),
    )
    return tuple(both if each is grey else each for each in components if each not in same[1:])


def _rhythm(wave: Float64, sampling: Sampling, types: CodedTypes | None) -> TemporalComponent | None:
    """Return the rhythm of an evenly timed wave that may be a pulse and is not the coder's; None where there is none.

    Of a pulse's harmonics the first is the strongest in the colours.
    """
    series, even = wave.astype(np.float32)[:, None], _even(sampling, wave.size)
    lines = find_lines(series, even.fps)
    first, last = (round(hz / lines.bin_hz) for hz in PULSE_HZ)
    first, last = max(first, lines.first), min(last + 1, lines.last)
    if last - first < 1:
        return None
    limit = threshold(last - first)
    k = first + int(np.argmax(lines.power[0, first:last]))
    if lines.excess[0, k] < limit:
        return None
    bin_ = peak(lines, k)
    orders: tuple[int, ...] = (1, 2)
    if 2 * bin_ >= lines.last or height_near(lines, 2 * bin_)[0] < VOTE_EXCESS:
        orders = (1,)
    fit = fit_harmonics(series, even.times_s, bin_ * lines.bin_hz, orders, np.ones(1))
    if not PULSE_HZ[0] <= fit.hz <= PULSE_HZ[1] or _is_coder(fit.hz, wave, lines, sampling, types):
        return None
    course = follow(series, even, fit, orders)
    persistence = judge(fit, course, even) or _varying(fit, course, even)
    if persistence is None:
        return None
    only = np.zeros(1, np.int64)
    period = Period(bin_, fit, orders, only, only, np.abs(fit.amplitude).max(axis=0).astype(np.float32), course)
    return component_of(FoundRhythm(period, persistence, Pyramid.of(series, (1, 1)), even))


def _varying(fit: HarmonicFit, course: Course | None, sampling: Sampling) -> Persistence | None:
    """Return the mean frequency of a pulse that varies, as hearts do, with its spread as σ; None where it gets lost.

    Of anything else so few cycles might be a resonance that chance drives; here the colours speak against that.
    """
    if course is None:
        return None
    times_s, deviation, _ = course.deviation()
    if times_s.size < max(3, MIN_STRONG * course.strength.size):
        return None
    if np.abs(np.diff(deviation)).max() * course.order > MAX_STEP:
        return None
    spread = float(np.std(np.gradient(deviation, times_s)))
    return Persistence(False, fit.hz, math.hypot(fit.hz_sigma, spread), 0, sampling.times_s.size)


def _has_line(wave: Float64, hz: float, sampling: Sampling) -> bool:
    """Return whether an evenly timed wave has a line at a frequency."""
    lines = find_lines(wave.astype(np.float32)[:, None], sampling.fps)
    return bool(height_near(lines, hz / lines.bin_hz)[0] > VOTE_EXCESS)


def _even(sampling: Sampling, n: int) -> Sampling:
    """Return the sampling of a series that was evened."""
    if sampling.is_even:
        return sampling
    middle = float(np.interp((n - 1) / 2, sampling.number, sampling.times_s)) if sampling.number.size else 0.0
    return Sampling.of(np.asarray((np.arange(n) - (n - 1) / 2) / sampling.fps + middle, np.float64))


def _is_coder(hz: float, wave: Float64, lines: Lines, sampling: Sampling, types: CodedTypes | None) -> bool:
    """Return whether the types of the coded images have a rhythm that explains the wave's, or mixes with another one.

    A coder that shows faint changes in some types of images only makes of a pulse lines at the sums and differences of
    its rate and the coder's, any of which may be the strongest.
    """
    if types is None:
        return False
    if wave.size != sampling.times_s.size:  # images are missing
        wave = np.interp(sampling.number, np.arange(wave.size), wave)
    if types.line_hz(hz) is not None and types.explained(wave.astype(np.float32)[:, None], hz) > OF_TYPES:
        return True
    others = [abs(hz + side * base_hz) for base_hz in types.base_hz() for side in (-1, 1)]
    power = lines.power[0]
    here = power[round(hz / lines.bin_hz)]
    for bin_ in (round(other / lines.bin_hz) for other in others if PULSE_HZ[0] <= other <= PULSE_HZ[1]):
        near = slice(max(bin_ - 1, 0), bin_ + 2)
        if bin_ < lines.last and power[near].max() > MIXED * here and lines.excess[0, near].max() > VOTE_EXCESS / 2:
            return True
    return False


def _is_same(a: TemporalComponent, b: TemporalComponent, resolution_hz: float) -> bool:
    return abs(a.hz - b.hz) < AGREEING * math.hypot(a.hz_sigma, b.hz_sigma) + AGREEING_SHARE * resolution_hz
