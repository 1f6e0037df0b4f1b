"""Judge how a rhythm goes on through the window: steady, drifting, only for a part of it, or too unsteady to state."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float64
from streamer.messages import TrackPoint
from streamer.periodicity.folding import is_stroboscopic
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import HarmonicFit
from streamer.periodicity.steadiness import Course

SIGNIFICANT = 2.5  # rms of the phases relative to their uncertainty, from which a rhythm is not steady …
SLIGHT = 0.004  # … and in cycles
NEAR_NYQUIST = 1.5  # resolutions below half the image rate within which no frequency is told
MIN_SPAN = 0.3  # least fraction of the window for which a rhythm lasts
MAX_STEP = 0.22  # cycles of the harmonic followed, from one part to the next; more cannot be followed
FEW_SHAPED = 3.5  # with fewer cycles, a few steps by chance look like a rhythm with harmonics
FEW_CYCLES = 15.0  # with fewer, noise about a frequency looks like a rhythm, as of a branch in the wind …
CLEAR = 6.0  # … unless it has so many times the power of the noise around it …
EVEN = 0.33  # … and its strength varies less than this, relative to the mean …
SWELLING = 0.12  # … and, of one that drifts, by less than this beyond what the noise does …
FEW_DRIFTING, TOO_FEW_DRIFTING = 20.0, 8.0  # … if it has fewer cycles than this; with fewer than that none is told
MIN_STRONG = 0.6  # least fraction of parts in which a drifting rhythm is strong


@dataclass(frozen=True, slots=True, eq=False)
class Persistence:
    """How a rhythm goes on, with its frequency and what that is worth."""

    is_steady: bool
    hz: float
    hz_sigma: float
    begin: int  # first image of the part of the window for which it holds …
    end: int  # … and the one after the last
    track: tuple[TrackPoint, ...] = ()  # of one that drifts
    phase: Float64 | None = None  # of each image, in cycles by which it is ahead of the steady rhythm


def judge(fit: HarmonicFit, course: Course | None, sampling: Sampling) -> Persistence | None:
    """Return how a fitted rhythm goes on; None where its frequency is too unsteady to be stated.

    The phases of consecutive parts tell a steady rhythm from others (Tretter 1985: frequency is the slope of the
    phase). Where they scatter by more than the noise allows, but can be followed from part to part, the rhythm drifts:
    its uncertainty is then the spread of its frequency.
    """
    n = sampling.times_s.size
    if fit.hz > sampling.fps / 2 - NEAR_NYQUIST / sampling.duration_s:  # its image beyond half the rate is as near
        return None
    if fit.hz * sampling.duration_s < FEW_SHAPED and fit.amplitude.shape[0] > 1:
        return None
    if fit.hz * sampling.duration_s < FEW_CYCLES and _is_chance(fit, course):
        return None
    if course is None:
        return Persistence(True, fit.hz, fit.hz_sigma, 0, n)
    first, last = course.reach
    begin, end = 0, n
    if (first, last) != (0, course.strength.size):
        begin, end = (int(each) for each in np.searchsorted(sampling.times_s, course.edges_s[[first, last]]))
        if fit.amplitude.shape[0] > 1 and is_stroboscopic(fit.hz, sampling.fps, 2 / sampling.duration_s):
            return None
        if end - begin < MIN_SPAN * n:  # a shorter window shows it better, if it is one
            return None
    times_s, deviation, sigma = course.deviation()
    if times_s.size < 3:
        return Persistence(True, fit.hz, fit.hz_sigma, begin, end)
    rms, noise = float(np.sqrt(np.mean(deviation**2))), float(np.sqrt(np.mean(sigma**2)))
    if rms < SIGNIFICANT * noise or rms < SLIGHT:
        slack = rms / (2 * math.sqrt(times_s.size) * (times_s[-1] - times_s[0]))  # of slow noise of the phase
        return Persistence(True, fit.hz, math.hypot(fit.hz_sigma, slack if rms > 1.5 * noise else 0.0), begin, end)
    if fit.hz * sampling.duration_s < FEW_DRIFTING and _is_driven(fit, course):
        return None
    steps = np.abs(np.diff(deviation)) * course.order
    if steps.max() > MAX_STEP or times_s.size < MIN_STRONG * (last - first):
        return None
    whole = course.phase
    slope = np.polyfit(times_s, np.interp(times_s, course.middle_s, whole), 1)[0]
    local_hz = fit.hz + slope + np.gradient(deviation, times_s)
    part_sigma = sigma * math.sqrt(2) / np.maximum(np.gradient(times_s) * 2, 1e-9)
    track = tuple(
        TrackPoint(float(t - sampling.times_s[0]), float(hz), float(max(s, fit.hz_sigma)))
        for t, hz, s in zip(times_s, local_hz, part_sigma, strict=True)
    )
    hz = float(np.mean(local_hz))
    spread = float(np.std(local_hz)) if times_s.size > 2 else 0.0
    phase = np.interp(sampling.times_s, course.middle_s, whole)
    return Persistence(False, hz, math.hypot(spread, fit.hz_sigma), begin, end, track, phase)


def _is_chance(fit: HarmonicFit, course: Course | None) -> bool:
    """Return whether a resonance that chance drives, whose strength and phase change within a few cycles, looks so."""
    ratio = _clearness(fit)
    if ratio < CLEAR:
        return True
    if course is None or ratio > 5 * CLEAR:
        return False
    strength = np.abs(course.strength)
    return not course.is_throughout or float(np.std(strength)) > EVEN * float(np.mean(strength))


def is_doubtful(fit: HarmonicFit, sampling: Sampling) -> bool:
    """Return whether a steady rhythm may be by chance where others in the same images are not steady.

    Of many branches in the wind, one or the other is steady for some cycles.
    """
    return fit.hz * sampling.duration_s < FEW_DRIFTING and _clearness(fit) < 5 * CLEAR


def _is_driven(fit: HarmonicFit, course: Course) -> bool:
    """Return whether a rhythm that drifts may be such a resonance: its strength varies too, or it is too short."""
    if _clearness(fit) > 5 * CLEAR:
        return False
    strength = np.abs(course.strength)
    spread = math.sqrt(max(float(np.var(strength)) - course.sigma**2, 0.0))
    return fit.hz * (course.edges_s[-1] - course.edges_s[0]) < TOO_FEW_DRIFTING or spread > SWELLING * float(
        strength.mean()
    )


def _clearness(fit: HarmonicFit) -> float:
    """Return the power of a rhythm relative to the noise around it."""
    return float(np.median(fit.signal / np.maximum(fit.near, 1e-12)))
