"""What other lines there are where one is, and whether they show that its fundamental is slower."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.periodicity.cells import Indices
from streamer.periodicity.folding import folded
from streamer.periodicity.lines import GUARD, MIN_CYCLES, Lines, height_near, peak, threshold
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import SLOW_CYCLES, HarmonicFit

MAX_DIVISOR = 6  # of a fundamental that lines between its multiples show, whatever its waveform
MIN_SHARE = 0.001  # least power of each of these, relative to the strongest
MAX_FOLDED = 40  # harmonics of pulses that are looked for among folded lines …
OWN_PLACE = 1.5  # … within so many bins
MAX_LINES = 8  # that are explained together
OFF_PLACE = 0.6  # how far the highest line between may be from its place, in bins
MARKED = 0.01  # power relative to the strongest line, from which lines between show a slower fundamental for sure
SIDEBAND = 0.01  # power relative to that of a line between two others, below which harmonics do not count


def other_lines(lines: Lines, members: Indices, place: int, limits: Float32) -> Float64:
    """Return the bins of the other lines in some series than the one at a bin, the highest first."""
    excess = (lines.excess[members] / limits[members, None]).max(axis=0)
    excess[: lines.first] = 0
    excess[max(place - GUARD - 1, 0) : place + GUARD + 2] = 0
    peaks = 1 + np.flatnonzero((excess[1:-1] > 1) & (excess[1:-1] >= excess[:-2]) & (excess[1:-1] > excess[2:]))
    highest = peaks[np.argsort(-excess[peaks])][:MAX_LINES]
    return np.array([peak(lines, int(each)) for each in highest], np.float64)


def slower_by(lines: Lines, members: Indices, fit: HarmonicFit, harmonics: tuple[int, ...], sampling: Sampling) -> int:
    """Return how many times slower the fundamental of a line is, as other lines in its series show; 1 if none do.

    Most of the lines between must be there, though they may be weak: those of one blade of a fan that is darker.
    """
    slow = max(lines.first * SLOW_CYCLES / MIN_CYCLES, GUARD + 2)  # drift is no evidence of a slow period
    hz, fps_bins = fit.hz / lines.bin_hz, sampling.fps / lines.bin_hz
    limit, best, most = threshold(300 * members.size), 1, 0
    power = lines.power[members].sum(axis=0)
    whole = float(power[round(hz)])
    # Harmonics of its own that fold there; the power of those of an edge falls with the square of their order.
    fitted = np.sum(np.abs(fit.amplitude) ** 2, axis=1) * np.square(harmonics)
    edge = 4 * whole * float(fitted.max() / fitted[0])
    own = [(folded(k * hz, fps_bins), edge / k**2) for k in range(1, MAX_FOLDED + 1)]
    for divisor in range(2, MAX_DIVISOR + 1):
        if hz / divisor < GUARD + 2:  # the lines between would lie in the main lobe of the strongest
            break
        n_lower = n_between = 0
        for j in range(1, 2 * divisor):
            place = j * hz / divisor
            if not slow <= round(place) < min(lines.power.shape[1] - 1, fps_bins / 2 - GUARD):
                continue
            here = float(power[round(place)])
            if any(abs(place - each) < OWN_PLACE and here < most_power for each, most_power in own):
                continue
            high = height_near(lines, place)[members].max() > limit and here > MIN_SHARE * whole
            there = bool(high) and abs(peak(lines, round(place)) - place) < OFF_PLACE
            n_between += there
            n_lower += there and j < divisor
        enough = n_lower >= (1 if divisor == 2 else max(2, (divisor - 1) / 2))
        if enough and n_between > most:
            best, most = divisor, n_between
    return best


def is_marked(fit: HarmonicFit, harmonics: tuple[int, ...], order: int) -> bool:
    """Return whether lines that only a slower fundamental explains are strong enough to be no work of a camera."""
    power = np.sum(np.abs(fit.amplitude) ** 2, axis=1)
    between = np.array(harmonics) % order > 0
    return float(power[between].max(initial=0.0)) > MARKED * float(power.max())


def swells(fit: HarmonicFit, harmonics: tuple[int, ...], line_hz: float, sampling: Sampling) -> bool:
    """Return whether a rhythm is a line with one on each side, equally far: a faster one that swells and fades.

    Three lines with a common divisor are nothing rare, if folded ones are counted too.
    """
    power = np.sum(np.abs(fit.amplitude) ** 2, axis=1)
    present = [j for j, each in zip(harmonics, power, strict=True) if each > SIDEBAND * power.max()]
    places = np.array([folded(j * fit.hz, sampling.fps) for j in present])
    beside = places[np.abs(places - line_hz) * sampling.duration_s > 1] - line_hz
    return beside.size == 2 and abs(beside.sum()) * sampling.duration_s < 1
