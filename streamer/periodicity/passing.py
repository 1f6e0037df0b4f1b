"""Find rhythms that last for a part of the window only, or whose frequency moves: by shorter windows, linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamer.arrays import Bool, Float32
from streamer.messages import TemporalComponent, TrackPoint
from streamer.periodicity.aliases import aliases
from streamer.periodicity.cells import Pyramid
from streamer.periodicity.description import component_of
from streamer.periodicity.folding import is_stroboscopic
from streamer.periodicity.lines import PADDING, find_lines
from streamer.periodicity.persistence import judge
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.search import FoundRhythm, Search
from streamer.periodicity.sinusoid import fit_harmonics
from streamer.periodicity.steadiness import follow

N_SHORT = 4  # the window is so many short ones long; they overlap by half
MIN_IMAGES = 48  # in a short window
MIN_CYCLES = 5.0  # in a short window
MAX_IN_SHORT = 2  # rhythms that are looked for in a short window
MIN_DRIFTING_CYCLES = 10.0  # with fewer, a resonance that chance drives looks like a rhythm that drifts
MIN_LINKED = 2  # short windows in which a rhythm must be found
REACH = 0.7  # how far its frequency may move from one short window to the next, in resolutions of these
SAME_CELLS = 0.3  # least number of cells in common, relative to all cells of both
CLEAR = 25.0  # least power relative to the noise around it, in the short window where it is clearest
BEATING = 6  # resolutions within which two lines beat so slowly that short windows do not resolve them …
VALLEY = 4.0  # … with so many times less power between them
SAME_HZ = 1.0  # resolutions of a short window within which it is a rhythm that is known already


def passing_rhythms(
    series: Float32,
    sampling: Sampling,
    grid: tuple[int, int],
    known: Sequence[TemporalComponent],
    coder_hz: Sequence[float] = (),
) -> list[TemporalComponent]:
    """Return the rhythms that are linked from short window to short window, without those that are known.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Series of cells without the rhythms that are known.
    sampling : Sampling
        Capture times.
    grid : tuple of int
        Rows and columns of cells.
    known : sequence of TemporalComponent
        Rhythms of the whole window.
    coder_hz : sequence of float
        Frequencies, with their multiples, that the video coder made.
    """
    n = sampling.times_s.size
    length = n // N_SHORT
    if length < MIN_IMAGES:
        return []
    begins = [round(k * length / 2) for k in range(2 * N_SHORT - 1)]
    chains: list[list[tuple[int, FoundRhythm]]] = []
    for which, begin in enumerate(begins):
        part = slice(begin, begin + length)
        short = Sampling.of(sampling.times_s[part])
        search = Search(series[part], short, grid, n_windows=len(begins), min_cycles=MIN_CYCLES)
        for _ in range(MAX_IN_SHORT):
            found = search.next()
            if found is None:
                break
            for chain in chains:
                if chain[-1][0] == which - 1 and _continues(chain[-1][1], found):
                    chain.append((which, found))
                    break
            else:
                chains.append([(which, found)])
    result = []
    for chain in chains:
        if len(chain) >= MIN_LINKED and max(_clearness(found) for _, found in chain) > CLEAR:
            first = chain[0][1]
            hz, resolution_hz = first.persistence.hz, 1 / first.sampling.duration_s
            moves = abs(chain[-1][1].persistence.hz - hz) > resolution_hz / 2
            if _is_multiple(hz, coder_hz, resolution_hz):
                continue
            if not moves and is_stroboscopic(hz, sampling.fps, resolution_hz):
                continue
            component = _component(chain, begins, length, sampling, grid, series)
            if component is None or _lies_between_lines(component, series, sampling):
                continue
            if not any(_is_same(component, each, length / n / sampling.duration_s) for each in known):
                result.append(component)
    return sorted(result, key=lambda each: -each.amplitude)


def _component(
    chain: list[tuple[int, FoundRhythm]], begins: Sequence[int], length: int, sampling: Sampling, grid: tuple[int, int],
    series: Float32,
) -> TemporalComponent | None:  # fmt: skip
    """Return the rhythm of linked short windows: steady where one frequency fits all of them, else with its track.

    None where it drifts for a few cycles only.
    """
    (first, found), (last, end) = chain[0], chain[-1]
    strongest = max((each for _, each in chain), key=lambda each: float(each.period.fit.signal.sum()))
    begin, stop = begins[first] + found.persistence.begin, begins[last] + min(end.persistence.end, length)
    origin_s = sampling.times_s[0]
    hz = np.array([each.persistence.hz for _, each in chain])
    sigma = np.array([each.persistence.hz_sigma for _, each in chain])
    middle = [begins[which] + (each.persistence.begin + each.persistence.end) // 2 for which, each in chain]
    track = tuple(
        TrackPoint(float(sampling.times_s[min(m, stop - 1)] - origin_s), float(f), float(s))
        for m, f, s in zip(middle, hz, sigma, strict=True)
    )
    component = component_of(strongest)
    heat = np.maximum.reduce([each.pyramid.map(each.period.amplitude, each.period.carriers) for _, each in chain])
    mean_hz = float(np.average(hz, weights=sigma**-2.0))
    span = replace(
        component,
        heat=np.asarray(heat / max(float(heat.max()), 1e-20), np.float32),
        n_cells=int(np.count_nonzero(heat)),
        start_s=float(sampling.times_s[begin] - origin_s),
        end_s=float(sampling.times_s[stop - 1] - origin_s),
    )
    if np.all(np.abs(hz - mean_hz) < 4 * sigma + 0.05 / strongest.sampling.duration_s):
        whole = Sampling.of(sampling.times_s[begin:stop])
        members = strongest.period.members
        values = Pyramid.of(series[begin:stop], grid).series[:, members]
        level = np.var(values, axis=0, dtype=np.float64) + 1e-9
        fit = fit_harmonics(values, whole.times_s, mean_hz, strongest.period.harmonics, level)
        persistence = judge(fit, follow(values, whole, fit, strongest.period.harmonics), whole)
        if (
            persistence is not None
            and persistence.is_steady
            and np.all(np.abs(hz - persistence.hz) < 4 * sigma + REACH / whole.duration_s)
        ):
            return replace(
                span, hz=persistence.hz, hz_sigma=persistence.hz_sigma, what="steady",
                alias_hz=aliases(persistence.hz, sampling.fps),
                start_s=float(sampling.times_s[begin + persistence.begin] - origin_s),
                end_s=float(sampling.times_s[begin + persistence.end - 1] - origin_s), track=(),
            )  # fmt: skip
    mean_hz = float(np.mean(hz))
    if mean_hz * (span.end_s - span.start_s) < MIN_DRIFTING_CYCLES:
        return None
    spread = float(np.sqrt(np.var(hz) + np.mean(sigma**2)))
    return replace(
        span, hz=mean_hz, hz_sigma=spread, what="drifting", alias_hz=aliases(mean_hz, sampling.fps), mains_hz=None,
        track=track,
    )  # fmt: skip


def _lies_between_lines(component: TemporalComponent, series: Float32, sampling: Sampling) -> bool:
    """Return whether the whole window has two lines on either side of a frequency, but none there: they beat.

    Short windows do not resolve them, and see one that drifts.
    """
    cells = np.flatnonzero(component.heat)
    n_cells = component.heat.size
    members = np.concatenate([cells + k * n_cells for k in range(series.shape[1] // n_cells)])
    lines = find_lines(sampling.evened(series[:, members]), sampling.fps)
    power = lines.power.sum(axis=0)
    place, near, far = round(component.hz / lines.bin_hz), PADDING, BEATING * PADDING
    below, above = power[max(place - far, 0) : place - near + 1], power[place + near : place + far + 1]
    here = power[max(place - 1, 0) : place + 2]
    return bool(below.size and above.size and min(below.max(), above.max()) > VALLEY * here.min())


def _is_multiple(hz: float, bases_hz: Sequence[float], resolution_hz: float) -> bool:
    """Return whether a frequency is a multiple of one of some others."""
    return any(abs(hz - round(hz / base) * base) < resolution_hz / 2 and hz > base / 2 for base in bases_hz)


def _clearness(found: FoundRhythm) -> float:
    """Return the power of a rhythm relative to the noise around it."""
    fit = found.period.fit
    return float(np.median(fit.signal / np.maximum(fit.near, 1e-12)))


def _cells(found: FoundRhythm) -> Bool:
    """Return which cells carry a rhythm, shape (n_rows, n_columns)."""
    heat = found.pyramid.map(found.period.amplitude, found.period.carriers)
    return np.asarray(heat > 0)


def _continues(one: FoundRhythm, other: FoundRhythm) -> bool:
    """Return whether a rhythm of a short window may be that of the one before."""
    reach_hz = REACH / one.sampling.duration_s + 3 * (one.persistence.hz_sigma + other.persistence.hz_sigma)
    if abs(one.persistence.hz - other.persistence.hz) > reach_hz:
        return False
    first, second = _cells(one), _cells(other)
    return float((first & second).sum()) > SAME_CELLS * float((first | second).sum())


def _is_same(component: TemporalComponent, known: TemporalComponent, resolution_hz: float) -> bool:
    """Return whether a rhythm is what is left of one that is known, or of one of its harmonics."""
    if not ((component.heat > 0) & (known.heat > 0)).any():
        return False
    reach_hz = SAME_HZ * resolution_hz + known.hz_sigma
    return abs(component.hz - max(round(component.hz / known.hz), 1) * known.hz) < reach_hz
