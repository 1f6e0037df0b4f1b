"""What other lines there are where one is, and what they are worth."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.periodicity.cells import Indices
from streamer.periodicity.folding import folded
from streamer.periodicity.lines import GUARD, Lines, peak
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import HarmonicFit

MAX_LINES = 8  # that are explained together
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
