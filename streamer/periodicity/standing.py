"""Hold the newest images against the rhythms that are known: do these still explain them, and at which frequency?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Bool, Float32, Float64
from streamer.messages import Temporal, TemporalComponent
from streamer.periodicity.cells import Pyramid
from streamer.periodicity.folding import unresolved_bias
from streamer.periodicity.fundamental import MAX_FITTED
from streamer.periodicity.lines import MIN_CYCLES
from streamer.periodicity.persistence import judge
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import fit_harmonics
from streamer.periodicity.steadiness import follow

LEAST_NEW = 15  # images that are compared with those before; of fewer the power is too uncertain
LEAST_PIECES = 3  # of as many images each, before them
UNLIKE = 8.0  # standard deviations by which the power of what is unexplained may exceed that before
CALMER = 0.1  # times that before: so much less somewhere is a change too
FLOOR = 1e-5  # grey levels squared: less is rounding
SINGULAR = 1e-6  # relative singular value below which columns are the same
CLEAR = 3.0  # times the power that waves explain of noise, from which a series tells something of a rhythm
SAME_HZ = 4.0  # uncertainties within which a frequency goes on


def followed(
    known: Temporal, series: Float32, times_s: Float64, grid: tuple[int, int], newest_s: float
) -> Temporal | None:
    """Return a measurement with its rhythms fitted anew to a later window, without a search for others.

    That takes a fifth of the time of a search. The known rhythms are taken out of all cells, blocks of cells and the
    whole image; what is left must be no more in the newest images than in those before. A rhythm that begins, ends or
    changes shows there at once where it is stronger than the noise of one image, in a cell or in the mean of many;
    a weaker one takes a search.

    Parameters
    ----------
    known : Temporal
        Measurement of a window shortly before.
    series : ndarray of float32, shape (n_images, n_cells)
        Series of all cells, row by row.
    times_s : ndarray of float64, shape (n_images,)
        Capture times, strictly increasing.
    grid : tuple of int
        Rows and columns of cells.
    newest_s : float
        Length of the part of the window that has come since the last measurement.

    Returns
    -------
    Temporal or None
        None where the images show something else, or nothing that can be followed: a search must tell.
    """
    if series.shape[1] != grid[0] * grid[1] or not _can_be_followed(known):
        return None
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    n_new = max(LEAST_NEW, int(np.count_nonzero(times_s > times_s[-1] - newest_s)))
    if sampling.comes_in_bursts or times_s.size < (LEAST_PIECES + 1) * n_new:
        return None
    pyramid = Pyramid.of(series - series.mean(axis=0), grid)
    drift = np.polynomial.legendre.legvander(np.linspace(-1, 1, times_s.size), 3)
    waves = [_waves(each, sampling) for each in known.components]
    base = np.concatenate([drift, *waves], axis=1)
    solved = np.linalg.pinv(base, rcond=SINGULAR).astype(np.float32) @ pyramid.series
    rest = pyramid.series - base.astype(np.float32) @ solved
    if _has_changed(rest, n_new):
        return None
    components: list[TemporalComponent] = []
    begin = drift.shape[1]
    for each, own in zip(known.components, waves, strict=True):
        part = own.astype(np.float32) @ solved[begin : begin + own.shape[1]]
        begin += own.shape[1]
        fitted = _fitted(each, rest, part, pyramid, sampling)
        if fitted is None:
            return None
        components.append(fitted)
    resolution_hz = 1 / sampling.duration_s
    return replace(
        known, fps=sampling.fps, resolution_hz=resolution_hz, min_hz=MIN_CYCLES * resolution_hz,
        max_hz=sampling.fps / 2, components=tuple(components),
    )  # fmt: skip


def are_the_same(known: Temporal, found: Temporal) -> bool:
    """Return whether a search has found the rhythms that were known, in any order, and no other."""
    if known.status != found.status or len(known.components) != len(found.components):
        return False
    return all(
        one.what == other.what and abs(one.hz - other.hz) <= SAME_HZ * math.hypot(one.hz_sigma, other.hz_sigma)
        for one, other in zip(
            sorted(known.components, key=lambda each: each.hz),
            sorted(found.components, key=lambda each: each.hz),
            strict=True,
        )
    )


def _can_be_followed(known: Temporal) -> bool:
    """Return whether all rhythms last for the whole window, steady, and none is the coder's."""
    if known.status not in ("found", "none") or known.of_coder:
        return False
    last_s = (1 - 1e-6) / known.resolution_hz - 1.5 / known.fps
    return all(
        not each.track
        and each.what != "drifting"
        and each.coder_hz is None
        and each.start_s <= 0.0
        and each.end_s >= last_s
        and each.hz < known.fps / 2
        and any(each.harmonics)
        for each in known.components
    )


def _orders(component: TemporalComponent) -> tuple[int, ...]:
    return tuple(order for order, amplitude in enumerate(component.harmonics, 1) if amplitude)


def _waves(component: TemporalComponent, sampling: Sampling) -> Float64:
    """Return cosines, then sines, of a rhythm's harmonics, shape (n_images, 2 · n_harmonics)."""
    phase = 2 * np.pi * component.hz * sampling.times_s[:, None] * np.array(_orders(component), np.float64)
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1)


def _has_changed(rest: Float32, n_new: int) -> bool:
    """Return whether the newest images hold more, or much less, that is unexplained than those before.

    In each of the pieces compared, mean and slope are left out: light may change slowly.
    """
    n_pieces = rest.shape[0] // n_new
    pieces = rest[-n_pieces * n_new :].reshape(n_pieces, n_new, -1)
    line = np.linalg.qr(np.polynomial.legendre.legvander(np.linspace(-1, 1, n_new), 1))[0].astype(np.float32)
    freedom = n_new - line.shape[1]
    power = (np.sum(pieces**2, axis=1) - np.sum((line.T @ pieces) ** 2, axis=1)) / freedom
    ratio = (power[-1] + FLOOR) / (power[:-1].mean(axis=0) + FLOOR)
    # The power of noise in n independent values varies by √(2 / n).
    return bool(ratio.max() > 1 + UNLIKE * math.sqrt(2 / freedom) or ratio.min() < CALMER)


def _fitted(
    component: TemporalComponent, rest: Float32, part: Float32, pyramid: Pyramid, sampling: Sampling
) -> TemporalComponent | None:
    """Return a rhythm with its frequency fitted anew; None where it does not go on steadily.

    Parameters
    ----------
    component : TemporalComponent
    rest, part : ndarray of float32, shape (n_images, n_series)
        What no rhythm explains of each series, and what this one does.
    pyramid : Pyramid
        Of these series.
    sampling : Sampling
        Capture times.
    """
    orders = _orders(component)
    noise: Float64 = np.asarray(np.mean(rest**2, axis=0, dtype=np.float64) + 1e-9)
    clearness: Float64 = np.asarray(np.mean(part**2, axis=0, dtype=np.float64) / noise)
    by_chance = 2 * len(orders) / sampling.times_s.size  # what the waves explain of noise
    members = _members(clearness - CLEAR * by_chance, component.heat > 0, pyramid)
    if not members.size:
        return None
    own = rest[:, members] + part[:, members]
    fit = fit_harmonics(own, sampling.times_s, component.hz, orders, noise[members])
    if not math.isfinite(fit.hz_sigma):
        return None
    overall = np.sqrt(np.mean(np.abs(fit.amplitude) ** 2, axis=1))
    bias_hz = unresolved_bias(fit.hz, orders, overall, sampling.fps, sampling.duration_s)
    fit = replace(fit, hz_sigma=math.hypot(fit.hz_sigma, bias_hz))
    persistence = judge(fit, follow(own, sampling, fit, orders), sampling)
    if persistence is None or not persistence.is_steady or persistence.end - persistence.begin < sampling.times_s.size:
        return None
    sigma_hz = math.hypot(persistence.hz_sigma, component.hz_sigma)
    if abs(persistence.hz - component.hz) > SAME_HZ * sigma_hz:
        return None
    # The strongest cell's waveform is that of the search, turned to the middle of this window.
    strongest = int(np.argmax(fit.signal))
    kept = [abs(component.harmonics[order - 1]) for order in orders]
    turned = np.zeros(len(component.harmonics), np.complex128)
    turned[np.array(orders) - 1] = np.array(kept) * np.exp(1j * np.angle(fit.amplitude[:, strongest]))
    return replace(
        component, hz=persistence.hz, hz_sigma=persistence.hz_sigma, harmonics=tuple(turned.tolist()),
        start_s=0.0, end_s=float(sampling.times_s[-1] - sampling.times_s[0]),
    )  # fmt: skip


def _members(clearness: Float64, carries: Bool, pyramid: Pyramid) -> NDArray[np.intp]:
    """Return the series that tell most of a rhythm: of the cells that carry it the clearest, or blocks of one size."""
    covered = Pyramid.of(carries.reshape(1, -1).astype(np.float32), pyramid.grid).series[0] == 1.0
    gain = np.where(covered, np.maximum(clearness, 0.0), 0.0)
    begins = np.cumsum((0, *pyramid.counts[:-1]))
    levels = [
        begin + np.argsort(-gain[begin : begin + n])[:MAX_FITTED]
        for begin, n in zip(begins, pyramid.counts, strict=True)
    ]
    best = max(levels, key=lambda level: float(gain[level].sum()))
    members: NDArray[np.intp] = best[gain[best] > 0]
    return members
