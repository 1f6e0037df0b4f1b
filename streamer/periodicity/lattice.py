"""Find the one or two base vectors of a pattern: the peaks of its spectrum are their integer combinations."""

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

N_BASES = 8  # number of strongest peaks that are tried as base vectors
HIGHEST = 9  # highest harmonic that is used
REACH = 0.9  # distance in bins within which a peak is at a lattice point; more for harmonics, spread by perspective
SPREAD = 0.02  # that increase, relative to the distance of the peak from the origin
FOLDED = 1.2  # cycles per sample; higher harmonics are too weak to be expected folded
WEAKEST = 0.15  # least height of a base vector's peak relative to the strongest
ON_LINE = 0.04  # sine of the largest angle between peaks on one line through the origin
FOLDING = 2e-3  # bins by which harmonics folded by the pixels shift the others, times their relative height
NEAREST = 0.25  # greatest reach relative to the shorter base vector; beyond, a peak lies between lattice points
CONSISTENT = 4.0  # σ within which a harmonic is used to fit the base vectors
STRIPES_SHARE = 0.75  # least fraction of the amplitude of all peaks that one vector of stripes explains
TIE = 0.9  # of lattices that explain this fraction of what the best one explains, the largest cell is taken
SECOND_SHARE = 0.1  # least fraction of the amplitude of all peaks that a second vector adds
LEAST_SINE = 0.15  # sine of the smallest angle between the vectors of a lattice
THIRD = 0.4  # least height of the third wave of a hexagonal lattice relative to the weaker base peak
SKEW_DEG, UNEVEN = (
    15.0,
    1.35,
)  # how far perspective may change a hexagonal lattice: angle, ratio of lengths


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Base vectors of a periodic pattern's spectrum."""

    kind: Literal["stripes", "grid", "hexagonal"]
    vectors: Float64  # shape (n_vectors, 2): (y, x) in cycles per sample, the stronger first
    covariances: Float64  # shape (n_vectors, 2, 2)
    heights: Float64  # shape (n_vectors,): |F| of the strongest wave along each
    peaks: tuple[Peak, ...]  # peaks that it explains


def find_lattice(peaks: Sequence[Peak], sides: Float64) -> Lattice | None:
    """Find the lattice that explains the most of the peaks' amplitudes: stripes, grid or hexagonal.

    Every peak, and every pair of peaks, is tried as base. Among those that explain nearly as much as the best, the one
    with the largest cell in the spectrum is taken, since any finer lattice contains it. The base vectors are then
    fitted to all explained peaks, weighted by their uncertainties: harmonics make the fundamental more accurate, and a
    harmonic that is stronger than the fundamental does not replace it.

    Parameters
    ----------
    peaks : sequence of Peak
        By magnitude, the strongest first.
    sides : ndarray, shape (2,)
        Height and width of the image in samples: bins per cycle per sample.

    Returns
    -------
    Lattice or None
        None where there are no peaks.
    """
    if not peaks:
        return None
    frequencies = np.array([peak.frequency for peak in peaks])
    amplitudes = np.array([peak.magnitude for peak in peaks])
    tried = _candidates(frequencies[:N_BASES][amplitudes[:N_BASES] >= WEAKEST * amplitudes[0]], sides)
    total = float(amplitudes.sum())
    single, share = _best(np.array(tried)[:, None], frequencies, amplitudes, sides)
    pairs = [_reduced(a, b) for a, b in combinations(tried, 2)]
    pairs = [p for p in pairs if p is not None and np.linalg.norm(p * sides, axis=1).min() > 0.9 * MIN_PERIODS]
    if share >= STRIPES_SHARE * total or not pairs:
        return _fit("stripes", single, peaks, sides)
    pair, both = _best(np.array(pairs), frequencies, amplitudes, sides)
    if both < share + SECOND_SHARE * total:
        return _fit("stripes", single, peaks, sides)
    return _fit("hexagonal" if _is_hexagonal(pair, peaks, sides) else "grid", pair, peaks, sides)


def _candidates(frequencies: Float64, sides: Float64) -> list[list[float]]:
    """Return the frequencies, and differences or sums of those on one line: a fundamental may have no peak."""

    def bins(y: float, x: float) -> float:
        return hypot(y * sides[0], x * sides[1])

    found: list[list[float]] = frequencies.tolist()
    for a, b in combinations(frequencies.tolist(), 2):
        if abs(a[0] * b[1] - a[1] * b[0]) < ON_LINE * hypot(*a) * hypot(*b):
            sign = 1 if a[0] * b[0] + a[1] * b[1] < 0 else -1
            c = [a[0] + sign * b[0], a[1] + sign * b[1]]
            apart = min(min(bins(c[0] - d[0], c[1] - d[1]), bins(c[0] + d[0], c[1] + d[1])) for d in found)
            if bins(*c) > MIN_PERIODS and apart > REACH and len(found) < 2 * N_BASES:
                found.append(c)
    return found


def _cell(base: Float64) -> float:
    """Return the area of a lattice's cell in the spectrum, of one vector its length."""
    if len(base) == 1:
        return float(np.linalg.norm(base))
    return float(abs(base[0, 0] * base[1, 1] - base[0, 1] * base[1, 0]))


def _reduced(a: list[float], b: list[float]) -> Float64 | None:
    """Return the two shortest vectors of a lattice (Lagrange–Gauss reduction); None where both are on one line."""
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


def _indices(bases: Float64, frequencies: Float64, sides: Float64) -> tuple[Float64, NDArray[np.bool_]]:
    """Return the lattice point nearest to each peak, and whether the peak belongs to it.

    Of a single vector, harmonics beyond half a cycle per sample are expected where they fold to.

    Parameters
    ----------
    bases : ndarray, shape (n_bases, n_vectors, 2)
        Base vectors of several lattices.
    frequencies : ndarray, shape (n_peaks, 2)
    sides : ndarray, shape (2,)

    Returns
    -------
    indices : ndarray, shape (n_bases, n_peaks, n_vectors)
    is_near : ndarray of bool, shape (n_bases, n_peaks)
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
    reach = REACH + SPREAD * np.linalg.norm(frequencies * sides, axis=1) * (order > 1)
    reach = np.minimum(reach, NEAREST * np.linalg.norm(bases * sides, axis=2).min(axis=1)[:, None])
    return indices, (np.linalg.norm(away * sides, axis=2) <= reach) & (order >= 1) & (order <= HIGHEST)


def _best(bases: Float64, frequencies: Float64, amplitudes: Float64, sides: Float64) -> tuple[Float64, float]:
    """Return the best of several bases, and the amplitude of the peaks that it explains."""
    shares = _indices(bases, frequencies, sides)[1] @ amplitudes
    cells = np.array([_cell(base) for base in bases])
    best = int(np.argmax(np.where(shares >= TIE * shares.max(), cells, 0.0)))
    return bases[best], float(shares[best])


def _fit(
    kind: Literal["stripes", "grid", "hexagonal"], base: Float64, peaks: Sequence[Peak], sides: Float64
) -> Lattice:
    """Fit the base vectors to all peaks that the lattice explains, weighted by their uncertainties."""
    indices, explained = _explained(base, peaks, sides)
    n = len(base)
    observed = np.array([peak.frequency for peak in explained])
    turns = np.rint(observed - indices @ base)  # whole cycles per sample by which harmonics are folded
    away = observed - turns
    weights = np.linalg.inv(np.array([peak.covariance for peak in explained]))
    weights *= _consistent(indices, away - indices @ base, explained)[:, None, None]
    rows = np.einsum("pv,ij->pivj", indices, np.eye(2)).reshape(len(explained), 2, 2 * n)  # frequency = index · base
    covariance = np.linalg.pinv(np.einsum("pia,pij,pjb->ab", rows, weights, rows), hermitian=True)
    vectors = covariance @ np.einsum("pia,pij,pj->a", rows, weights, away)
    freedom = 2 * (np.count_nonzero(weights.any(axis=(1, 2))) - n)
    if freedom > 0:  # Birge's ratio: harmonics that deviate by more than their σ increase the covariance
        away -= rows @ vectors
        covariance = covariance * max(1.0, float(np.einsum("pi,pij,pj->", away, weights, away)) / freedom)
    magnitudes = np.array([peak.magnitude for peak in explained])
    harmonic = magnitudes[np.abs(indices).max(axis=1) > 1].max(initial=0.0) / magnitudes.max()
    covariance += np.diag(np.tile((FOLDING * harmonic / sides) ** 2, n))
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
    """Return which peaks are as close to their lattice points as their uncertainties allow.

    The others are harmonics spread by perspective, folded harmonics, or noise. They belong to the pattern but are not
    used to fit it.
    """
    variance = np.array([np.trace(peak.covariance) for peak in peaks])
    is_base = np.abs(indices).sum(axis=1) == 1
    of_base = variance[is_base].max() if is_base.any() else variance.max()
    tolerance = CONSISTENT**2 * (variance + of_base * (indices**2).sum(axis=1))
    near = (away**2).sum(axis=1) <= tolerance
    full = np.linalg.matrix_rank(indices[near | is_base]) == indices.shape[1] if (near | is_base).any() else False
    return near | is_base if full else np.ones(len(peaks), np.bool_)


def _explained(base: Float64, peaks: Sequence[Peak], sides: Float64) -> tuple[Float64, tuple[Peak, ...]]:
    """Return the indices of the peaks on a lattice, shape (n_peaks, n_vectors), and these peaks."""
    indices, near = _indices(base[None], np.array([peak.frequency for peak in peaks]), sides)
    return indices[0, near[0]], tuple(peak for peak, is_near in zip(peaks, near[0], strict=True) if is_near)


def _height(index: Float64, indices: Float64, peaks: Sequence[Peak]) -> float:
    """Return the height of the peak at a lattice point, 0 where there is none."""
    here = (indices == index).all(axis=1) | (indices == -index).all(axis=1)
    return max((peak.magnitude for peak, is_here in zip(peaks, here, strict=True) if is_here), default=0.0)


def _strongest(vector: int, indices: Float64, peaks: Sequence[Peak]) -> float:
    """Return the height of the highest of a base vector's harmonics, or of all peaks where it has none."""
    alone = np.delete(indices, vector, axis=1) == 0
    alone = alone.all(axis=1) if alone.all(axis=1).any() else np.ones(len(peaks), np.bool_)
    return max((peak.magnitude for peak, is_alone in zip(peaks, alone, strict=True) if is_alone), default=0.0)


def _is_hexagonal(base: Float64, peaks: Sequence[Peak], sides: Float64) -> bool:
    """Return whether two base vectors have about the same length, an angle of about 60° and a third wave."""
    lengths = np.linalg.norm(base, axis=1)
    angle = np.degrees(np.arcsin(min(1.0, _cell(base) / float(np.prod(lengths)))))
    if abs(angle - 60) > SKEW_DEG or lengths.max() > UNEVEN * lengths.min():
        return False
    indices, explained = _explained(base, peaks, sides)
    third = np.array([1.0, -1.0 if base[0] @ base[1] > 0 else 1.0])  # the shorter diagonal of the cell
    heights = [_height(index, indices, explained) for index in (*np.eye(2), third)]
    return heights[2] >= THIRD * min(heights[:2]) > 0
