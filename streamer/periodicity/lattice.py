"""Find the one or two base vectors of which a spectrum's peaks are integer combinations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float64
from streamer.periodicity.peaks import MIN_PERIODS, Peak

N_BASES = 8  # strongest peaks tried as base vectors
HIGHEST = 9  # harmonic that still counts
REACH = 0.9  # bins within which a peak is a lattice point's; grows with the harmonic, as perspective spreads them
SPREAD = 0.06  # of that growth, relative to the peak's distance from the origin
FOLDED = 1.2  # cycles per sample: harmonics beyond are too weak to matter
WEAKEST = 0.15  # of the strongest peak: a weaker one is no base vector
ON_LINE = 0.04  # sine
FOLDING = 2e-3  # bins, times a harmonic's share: what harmonics folded by the pixels shift the others by
NEAREST = 0.25  # of the shorter base vector: a peak farther away lies between lattice points
CONSISTENT = 4.0  # σ within which a harmonic helps to fit the base vectors
STRIPES_SHARE = 0.75  # of all peaks' amplitude that one vector must explain to make stripes
TIE = 0.9  # lattices that explain this part of what the best one explains compete by their cells: the largest wins
SECOND_SHARE = 0.1  # of all peaks' amplitude that a second vector must add
LEAST_SINE = 0.15  # between the vectors of a lattice
THIRD = 0.4  # of the weaker base peak: least height of the third wave of a hexagonal lattice
SKEW_DEG, UNEVEN = 15.0, 1.35  # how far perspective may bend a hexagonal lattice


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Base vectors of a periodic pattern's spectrum."""

    kind: Literal["stripes", "grid", "hexagonal"]
    vectors: Float64  # shape (n_vectors, 2): (y, x) in cycles per sample, the stronger first
    covariances: Float64  # shape (n_vectors, 2, 2)
    heights: Float64  # (n_vectors,), |F| of the strongest wave along each
    peaks: tuple[Peak, ...]  # those it explains


def find_lattice(peaks: Sequence[Peak], side: int) -> Lattice | None:
    """Choose stripes, grid or hexagonal by which explains the most of the peaks' amplitudes.

    Every peak, and every pair of peaks, is tried as base; among those that explain nearly as much as the best, the one
    with the largest cell in the spectrum wins (any finer lattice contains it). The base vectors are then fitted
    to all explained peaks, weighted by their uncertainties, so harmonics sharpen the fundamental, and one stronger than
    the fundamental does no harm.

    Parameters
    ----------
    peaks : sequence of Peak
        The strongest first.
    side : int
        Of the image, in samples: bins per cycle per sample.
    """
    if not peaks:
        return None
    frequencies = np.array([peak.frequency for peak in peaks])
    amplitudes = np.array([peak.magnitude for peak in peaks])
    tried = _candidates(frequencies[:N_BASES][amplitudes[:N_BASES] >= WEAKEST * amplitudes[0]], side)
    total = float(amplitudes.sum())
    single, share = _best(np.array(tried)[:, None], frequencies, amplitudes, side)
    pairs = [_reduced(a, b) for a, b in combinations(tried, 2)]
    pairs = [p for p in pairs if p is not None and np.linalg.norm(p, axis=1).min() * side > 0.9 * MIN_PERIODS]
    if share >= STRIPES_SHARE * total or not pairs:
        return _fit("stripes", single, peaks, side)
    pair, both = _best(np.array(pairs), frequencies, amplitudes, side)
    if both < share + SECOND_SHARE * total:
        return _fit("stripes", single, peaks, side)
    return _fit("hexagonal" if _is_hexagonal(pair, peaks, side) else "grid", pair, peaks, side)


def _candidates(frequencies: Float64, side: int) -> list[list[float]]:
    """Return peaks, and differences and sums of those on one line through the origin: a fundamental may be hidden."""
    found: list[list[float]] = frequencies.tolist()
    for a, b in combinations(frequencies.tolist(), 2):
        if abs(a[0] * b[1] - a[1] * b[0]) < ON_LINE * hypot(*a) * hypot(*b):
            sign = 1 if a[0] * b[0] + a[1] * b[1] < 0 else -1
            c = [a[0] + sign * b[0], a[1] + sign * b[1]]
            apart = min(min(hypot(c[0] - d[0], c[1] - d[1]), hypot(c[0] + d[0], c[1] + d[1])) for d in found)
            if hypot(*c) * side > MIN_PERIODS and apart * side > REACH and len(found) < 2 * N_BASES:
                found.append(c)
    return found


def _cell(base: Float64) -> float:
    """Return the area of a lattice's cell in the spectrum, or its length."""
    if len(base) == 1:
        return float(np.linalg.norm(base))
    return float(abs(base[0, 0] * base[1, 1] - base[0, 1] * base[1, 0]))


def _reduced(a: list[float], b: list[float]) -> Float64 | None:
    """Return the two shortest vectors of the same lattice (Lagrange–Gauss reduction); None where both lie on one
    line.
    """
    area = abs(a[0] * b[1] - a[1] * b[0])
    if area < LEAST_SINE * hypot(*a) * hypot(*b):
        return None
    while True:
        if hypot(*a) > hypot(*b):
            a, b = b, a
        n = round((a[0] * b[0] + a[1] * b[1]) / (a[0] ** 2 + a[1] ** 2))
        if n == 0:
            return np.array([a, b])
        b = [b[0] - n * a[0], b[1] - n * a[1]]


def _indices(bases: Float64, frequencies: Float64, side: int) -> tuple[Float64, NDArray[np.bool_]]:
    """Return the nearest points of lattices of shape (n_bases, n_vectors, 2), and which peaks are there.

    Returns arrays of shape (n_bases, n_peaks, n_vectors) and (n_bases, n_peaks). On one vector a harmonic beyond half
    a cycle per sample is looked for where it folds to.
    """
    indices = np.rint(frequencies @ np.linalg.pinv(bases))
    away = frequencies - indices @ bases
    if bases.shape[1] == 1:
        orders = np.concatenate([np.arange(-HIGHEST, 0), np.arange(1, HIGHEST + 1)])
        points = orders[None, :, None] * bases  # shape (n_bases, n_orders, 2)
        every = frequencies[None, :, None] - points[:, None]  # shape (n_bases, n_peaks, n_orders, 2)
        folds = (np.abs(points).max(axis=-1) > 0.5) & (np.linalg.norm(points, axis=-1) < FOLDED)
        above = np.linalg.norm(frequencies, axis=1) >= np.linalg.norm(bases[:, 0], axis=1)[:, None]
        every -= np.rint(every) * (folds[:, None] & above[..., None])[..., None]
        nearest = np.argmin((every**2).sum(axis=-1), axis=2)
        folded = np.take_along_axis(every, nearest[..., None, None], axis=2)[:, :, 0]
        indices, away = orders[nearest].astype(np.float64)[..., None], folded
    order = np.abs(indices).max(axis=2)
    reach = REACH + SPREAD * side * np.linalg.norm(frequencies, axis=1) * (order > 1)
    reach = np.minimum(reach, NEAREST * side * np.linalg.norm(bases, axis=2).min(axis=1)[:, None])
    return indices, (np.linalg.norm(away, axis=2) * side <= reach) & (order >= 1) & (order <= HIGHEST)


def _best(bases: Float64, frequencies: Float64, amplitudes: Float64, side: int) -> tuple[Float64, float]:
    shares = _indices(bases, frequencies, side)[1] @ amplitudes
    cells = np.array([_cell(base) for base in bases])
    best = int(np.argmax(np.where(shares >= TIE * shares.max(), cells, 0.0)))
    return bases[best], float(shares[best])


def _fit(kind: Literal["stripes", "grid", "hexagonal"], base: Float64, peaks: Sequence[Peak], side: int) -> Lattice:
    indices, explained = _explained(base, peaks, side)
    n = len(base)
    seen = np.array([peak.frequency for peak in explained])
    turns = np.rint(seen - indices @ base)  # whole cycles per sample by which a harmonic folds
    away = seen - turns
    weights = np.linalg.inv(np.array([peak.covariance for peak in explained]))
    weights *= _consistent(indices, away - indices @ base, explained)[:, None, None]
    rows = np.einsum("pv,ij->pivj", indices, np.eye(2)).reshape(len(explained), 2, 2 * n)  # frequency = index · base
    covariance = np.linalg.pinv(np.einsum("pia,pij,pjb->ab", rows, weights, rows), hermitian=True)
    vectors = covariance @ np.einsum("pia,pij,pj->a", rows, weights, away)
    freedom = 2 * (np.count_nonzero(weights.any(axis=(1, 2))) - n)
    if freedom > 0:  # Birge's ratio: harmonics that disagree more than their σ widen it
        away -= rows @ vectors
        covariance = covariance * max(1.0, float(np.einsum("pi,pij,pj->", away, weights, away)) / freedom)
    magnitudes = np.array([peak.magnitude for peak in explained])
    harmonic = magnitudes[np.abs(indices).max(axis=1) > 1].max(initial=0.0) / magnitudes.max()
    covariance += (FOLDING * harmonic / side) ** 2 * np.eye(2 * n)
    heights = np.array([_strongest(vector, indices, explained) for vector in range(n)])
    order = np.argsort(-heights, kind="stable")
    blocks = covariance.reshape(n, 2, n, 2)
    return Lattice(
        kind,
        vectors.reshape(n, 2)[order],
        np.array([blocks[i, :, i] for i in order]),
        heights[order],
        explained,
    )


def _consistent(indices: Float64, away: Float64, peaks: Sequence[Peak]) -> NDArray[np.bool_]:
    """Return which peaks lie as near to the lattice of the base peaks as their uncertainties allow.

    The others are harmonics spread by perspective, folded ones, or noise: they belong to the pattern, not to the fit.
    """
    variance = np.array([np.trace(peak.covariance) for peak in peaks])
    is_base = np.abs(indices).sum(axis=1) == 1
    of_base = variance[is_base].max() if is_base.any() else variance.max()
    tolerance = CONSISTENT**2 * (variance + of_base * (indices**2).sum(axis=1))
    near = (away**2).sum(axis=1) <= tolerance
    full = np.linalg.matrix_rank(indices[near | is_base]) == indices.shape[1] if (near | is_base).any() else False
    return near | is_base if full else np.ones(len(peaks), np.bool_)


def _explained(base: Float64, peaks: Sequence[Peak], side: int) -> tuple[Float64, tuple[Peak, ...]]:
    """Return the peaks on a lattice and their indices, shape (n_peaks, n_vectors)."""
    indices, near = _indices(base[None], np.array([peak.frequency for peak in peaks]), side)
    return indices[0, near[0]], tuple(peak for peak, is_near in zip(peaks, near[0], strict=True) if is_near)


def _height(index: Float64, indices: Float64, peaks: Sequence[Peak]) -> float:
    """Return the height of the peak at a lattice point, 0 where none is."""
    here = (indices == index).all(axis=1) | (indices == -index).all(axis=1)
    return max((peak.magnitude for peak, is_here in zip(peaks, here, strict=True) if is_here), default=0.0)


def _strongest(vector: int, indices: Float64, peaks: Sequence[Peak]) -> float:
    """Return the height of the highest peak among a base vector's harmonics, or of all where it has none."""
    alone = np.delete(indices, vector, axis=1) == 0
    alone = alone.all(axis=1) if alone.all(axis=1).any() else np.ones(len(peaks), np.bool_)
    return max((peak.magnitude for peak, is_alone in zip(peaks, alone, strict=True) if is_alone), default=0.0)


def _is_hexagonal(base: Float64, peaks: Sequence[Peak], side: int) -> bool:
    lengths = np.linalg.norm(base, axis=1)
    angle = np.degrees(np.arcsin(min(1.0, _cell(base) / float(np.prod(lengths)))))
    if abs(angle - 60) > SKEW_DEG or lengths.max() > UNEVEN * lengths.min():
        return False
    indices, explained = _explained(base, peaks, side)
    third = np.array([1.0, -1.0 if base[0] @ base[1] > 0 else 1.0])  # the shorter diagonal of the cell
    heights = [_height(index, indices, explained) for index in (*np.eye(2), third)]
    return heights[2] >= THIRD * min(heights[:2]) > 0
