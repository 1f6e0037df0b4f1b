"""Directions of what moves in a window of images: axis to and fro, sense of rotation, direction of travel.

All follow from the sums of gradients of each cell (:class:`streamer.features.gradient.GradientSeries`): the movement v
of content that moves as one solves Σ S v = −Σ b with S = Σ g gᵀ and b = Σ g t, summed over all its cells, since one
cell may hold a single edge, along which movement is not seen. Arithmetic is in points with y downwards, as rows count;
results are angles as seen in the image, counter-clockwise from the right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from streamer.arrays import Bool, Complex64, Float32, Float64
from streamer.features.gradient import N_SUMS, STIFFNESS
from streamer.features.motion import MotionSpectrum
from streamer.features.settings import MotionSettings
from streamer.messages import Direction
from streamer.periodicity.circling import circling_of_phases

REACH = 8  # bins to each side, by which a line is judged
LEAST_CYCLES = 3
FASTEST_LINE = 0.9  # of half the image rate
LEAST_DB = 8.0  # of a line above the bins around it
PARTS_DB = 15.0  # the same where not all of it moves as one
ROUND = 0.6  # least ratio of an ellipse's axes that is round, and …
NARROW = 0.15  # … greatest of one that is to and fro
EXPLAINED = 0.7  # least share of the changes that one movement of the whole explains
TURNING = 0.25  # the same of a rotation: blades that pass a background explain less
CIRCLING = 0.1  # least value of what says by the phases of grey alone that something turns
ALL_OF_ONE = 0.85  # least share that one movement in a circle explains; camera shake in two directions is less alike
ALONG_DEG = 1.0  # uncertainty of an angle, times λ₁ / λ₂ of S: where edges of one direction prevail
LONG_EDGE = 0.15  # λ₂ / λ₁ below which travel is not known, as content may move along its own edges
DECISIVE, DECISIVE_DEG = 0.93, 30  # greatest share of what an axis explains that one so far aside explains too
WAVE = 0.3  # advance of the phases from which it is a wave, whose direction is across its fronts
FASTEST = 1.5  # points in one image: faster travel may be taken for its opposite
LEAST_SHARE = 1e-4  # of cells and images that change: fewer are noise
WORST_DEG = 10.0  # an angle that is more uncertain is not stated
SYSTEMATIC_DEG = 2.0  # of pixels, reduction and the gradients' own errors
# What scenes add that a window does not show of itself: what covers what, and edges of one direction. Chosen on made
# scenes (`streamer.training.motion`) so that ± 2 σ covers nineteen of twenty.
AXIS_DEG, TRAVEL_DEG = 5.0, 10.0
N_PARTS = 8  # of the window, left out in turn for the uncertainty


class DirectionMeter:
    """Measure the directions in windows of images.

    Parameters
    ----------
    n_rows, n_columns, n_images : int
        Grid of cells, and images of a window, as in ``MotionSettings``.
    """

    def __init__(self, n_rows: int, n_columns: int, n_images: int) -> None:
        settings = MotionSettings(n_rows=n_rows, n_columns=n_columns, n_images=n_images, series="gradient")
        self._grid = n_rows, n_columns
        self._spectrum = MotionSpectrum(settings)

    def measure(
        self, grey: Float32, sums: Float32, times_s: Float64, point_px: tuple[float, float]
    ) -> tuple[Direction, ...]:
        """Return the directions of one window, at most one of each kind, the clearest first.

        Parameters
        ----------
        grey : ndarray of float32, shape (n, n_cells)
            Of ``CellSeries``.
        sums : ndarray of float32, shape (n, 5 · n_cells)
            Of ``GradientSeries``, on the same images.
        times_s : ndarray, shape (n,)
            Capture times.
        point_px : tuple of float
            Width and height of a point of the gradients in pixels.
        """
        n_cells = self._grid[0] * self._grid[1]
        of_sums = sums.reshape(len(sums), N_SUMS, n_cells)
        series = np.concatenate([grey, of_sums[:, 3], of_sums[:, 4]], axis=1)
        spectrum = self._spectrum.transform(series, times_s)
        stiffness = of_sums[1:, :3].mean(axis=0)
        found = [
            to_and_fro(spectrum[n_cells:].reshape(2, n_cells, -1), stiffness, point_px),
            *going_on(of_sums[1:], self._grid, point_px, circling_of_phases(spectrum[:n_cells], self._grid)),
        ]
        told = sorted((each for each in found if each), key=lambda each: -each.share)
        senses = {each.direction.sense for each in told if each.direction.sense}
        if len(senses) > 1:
            told = [each for each in told if not each.direction.sense]
        return tuple(dict.fromkeys(each.direction for each in told))


@dataclass(frozen=True, slots=True)
class _Found:
    """A direction, and the share of all changes that it explains."""

    direction: Direction
    share: float


def to_and_fro(changes: Complex64, stiffness: Float32, point_px: tuple[float, float]) -> _Found | None:
    """Return the axis, or the sense, of what moves at the frequency that stands out most.

    Parameters
    ----------
    changes : ndarray of complex64, shape (2, n_cells, n_bins)
        Spectra of Σ ∂x t and Σ ∂y t.
    stiffness : ndarray of float32, shape (3, n_cells)
        Means of Σ ∂x², Σ ∂x ∂y and Σ ∂y² over the window.
    """
    n_bins = changes.shape[2]
    # Differences between images raise noise by 2 sin(π f): without that it is even over all frequencies.
    evening = 1 / (2 * np.sin(0.5 * np.pi * np.arange(1, n_bins + 1) / n_bins)) ** 2
    power = (np.abs(changes) ** 2).sum(axis=0) * evening
    total = power.sum(axis=0)
    rise = np.array([total[k] / (np.median(total[max(0, k - REACH) : k + REACH + 1]) + 1e-9) for k in range(n_bins)])
    # Fewer cycles in the window may be a hand that shakes; what alternates from image to image is the coder's.
    slowest = LEAST_CYCLES - 1  # the first bin is one cycle
    peak = int(np.argmax(rise[slowest : round(FASTEST_LINE * n_bins)])) + slowest
    if rise[peak] < 10 ** (LEAST_DB / 10):
        return None
    near = slice(max(0, peak - REACH), peak + REACH + 1)
    here = power[:, peak]
    cells = np.flatnonzero((here > 0.03 * here.max()) & (here > 4 * np.median(power[:, near], axis=1)))
    if cells.size < 2:
        return None
    bins = slice(peak - 1, peak + 2)  # those of a line that the taper spreads
    each_s, each_b = _matrices(stiffness[:, cells]), changes[:, cells, bins].transpose(1, 0, 2)
    s = each_s.sum(axis=0) + STIFFNESS * np.eye(2)
    values = np.linalg.eigvalsh(s)
    alone = -np.linalg.solve(each_s + 0.1 * STIFFNESS * np.eye(2), each_b)
    whole = -float(np.vdot(each_b, alone).real)
    signs = np.ones(cells.size)
    moved, share = _as_one(s, each_b, whole)
    if share < EXPLAINED and rise[peak] < 10 ** (PARTS_DB / 10):
        return None
    if share < EXPLAINED:  # parts that move oppositely: scissors, a fork
        signs = _signs(alone[:, :, 1])
        each_b = each_b * signs[:, None, None]
        moved, share = _as_one(s, each_b, whole)
    if share < EXPLAINED:
        return _common_axis(each_s, each_b, whole, point_px)
    ellipse = moved @ moved.conj().T
    axes, vectors = np.linalg.eigh(ellipse.real)
    roundness = math.sqrt(max(axes[0], 0.0) / axes[1])
    left_out = -np.linalg.solve(s - each_s, each_b.sum(axis=0) - each_b)
    if roundness > ROUND:
        turning = np.einsum("nk,nk->n", left_out[:, 0], left_out[:, 1].conj()).imag * ellipse[0, 1].imag
        is_sure = share > ALL_OF_ONE and bool(np.all(turning > 0) and np.all(signs > 0))
        return _Found(_rotation(-ellipse[0, 1].imag), share) if is_sure else None
    if roundness > NARROW:
        return None
    spread = _jackknife([_axis(pair, point_px) for pair in left_out], _axis(moved, point_px), 180.0)
    others = [k for k in range(*near.indices(n_bins)) if abs(k - peak) > 3]
    around = changes[:, cells][:, :, others].transpose(0, 2, 1) @ signs
    noise = np.linalg.solve(s, around) * np.sqrt(evening[others] / evening[peak])
    across = math.sqrt(float(np.mean(np.abs(vectors[:, 0] @ noise) ** 2)) / 2 / axes[1])
    along = ALONG_DEG * float(values[1] / values[0])
    sigma = math.hypot(1.5 * spread, math.degrees(across), along, SYSTEMATIC_DEG)
    return _told("axis", _axis(moved, point_px), sigma, share)


def _as_one(s: Float64, each_b: Complex64, whole: float) -> tuple[Complex64, float]:
    """Return the movement of all cells together, and the share of the changes that it explains."""
    moved = -np.linalg.solve(s, each_b.sum(axis=0))
    return moved, float(np.vdot(moved, s @ moved).real) / whole


def _signs(moved: Complex64) -> Float64:
    """Return 1 or −1 of each cell, by which its movement, shape (n_cells, 2), is most like that of the others."""
    turned = (moved * np.exp(-0.5j * np.angle((moved * moved).sum()))).real
    along = np.linalg.eigh(turned.T @ turned)[1][:, 1]
    return np.where(turned @ along < 0, -1.0, 1.0)


def _common_axis(each_s: Float64, each_b: Complex64, whole: float, point_px: tuple[float, float]) -> _Found | None:
    """Return the axis along which all cells move, each as far and in the phase as it may: a fork with its tines.

    Along the unit vector u a cell's own movement explains |uᵀ b|² / uᵀ S u of its changes. Of a cell that has edges of
    one direction only, every axis but that of the edges explains all, so the others decide.
    """
    degrees = np.arange(0.0, 180.0)
    u = np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    along = (np.abs(np.einsum("ia,nik->ank", u, each_b)) ** 2).sum(axis=2)
    explained = along / (np.einsum("ia,nij,ja->an", u, each_s, u) + 0.1 * STIFFNESS)
    total = explained.sum(axis=1)
    best = int(np.argmax(total))
    aside = max(total[(best + DECISIVE_DEG) % 180], total[best - DECISIVE_DEG])
    if total[best] < EXPLAINED * whole or aside > DECISIVE * total[best]:
        return None

    def angle(place: int) -> float:
        return _axis(u[:, place, None].astype(np.complex64), point_px)

    left_out = np.argmax(total[:, None] - explained, axis=0)
    sigma = math.hypot(1.5 * _jackknife([angle(int(each)) for each in left_out], angle(best), 180.0), SYSTEMATIC_DEG)
    share = float(total[best]) / whole
    return _told("axis", angle(best), sigma, share)


def going_on(
    sums: Float32, grid: tuple[int, int], point_px: tuple[float, float], phases: tuple[float, float, float]
) -> list[_Found]:
    """Return the direction of travel and the sense of rotation over the whole window, where there is any.

    Parameters
    ----------
    sums : ndarray of float32, shape (n_images, 5, n_cells)
    grid : tuple of int
        Rows and columns of cells.
    phases : tuple of float
        Of :func:`streamer.periodicity.circling.circling_of_phases`.
    """
    xx, xy, yy, xt, yt = np.moveaxis(sums, 1, 0).astype(np.float64)
    a, d = xx + STIFFNESS, yy + STIFFNESS
    energy = (d * xt**2 + a * yt**2 - 2 * xy * xt * yt) / (a * d - xy**2)  # bᵀ S⁻¹ b: of what movement explains
    moves = energy > max(6 * float(np.median(energy)), 0.02 * float(np.percentile(energy, 99.5)), 1e-6)
    if moves.mean() < LEAST_SHARE:
        return []
    whole = float((energy * moves).sum())
    to_right, downwards, circling = phases
    found = [_travel(sums, moves, whole, point_px, (to_right, downwards))]
    senses = _turning(sums, moves, energy, whole, grid)
    if senses is not None:
        found.append(senses)
    elif abs(circling) >= CIRCLING and math.hypot(to_right, downwards) < abs(circling):
        found.append(_Found(_rotation(circling), abs(circling)))
    return [each for each in found if each is not None]


def _travel(
    sums: Float32, moves: Bool, whole: float, point_px: tuple[float, float], phases: tuple[float, float]
) -> _Found | None:
    parts = np.array_split(np.arange(len(sums)), N_PARTS)
    total = np.array([(sums[part] * moves[part][:, None]).sum(axis=(0, 2), dtype=np.float64) for part in parts])
    s, b = _matrices(total[:, :3].T) + STIFFNESS * np.eye(2), total[:, 3:]
    moved = -np.linalg.solve(s.sum(axis=0), b.sum(axis=0))
    share = -float(b.sum(axis=0) @ moved) / whole
    speed = math.hypot(*moved)
    each = -np.linalg.solve(s, b[:, :, None])[:, :, 0]
    if share < 0.5 or speed > FASTEST or not np.all((each @ moved > 0) | (np.abs(b).sum(axis=1) == 0)):
        return None
    by_phase = math.hypot(*phases)
    if by_phase > CIRCLING and float(np.dot(phases, moved)) < 0.5 * by_phase * speed:  # over 60° aside
        return None
    values = np.linalg.eigvalsh(s.sum(axis=0))
    along = ALONG_DEG * float(values[1] / values[0])
    if values[0] < LONG_EDGE * values[1]:
        if by_phase < WAVE:
            return None
        along = 0.0
    rest = -np.linalg.solve(s.sum(axis=0) - s, (b.sum(axis=0) - b)[:, :, None])[:, :, 0]
    here = _angle(moved, point_px)
    spread = _jackknife([_angle(pair, point_px) for pair in rest], here, 360.0)
    sigma = math.hypot(1.5 * spread, along, SYSTEMATIC_DEG)
    return _told("travel", here, sigma, share)


def _turning(sums: Float32, moves: Bool, energy: Float64, whole: float, grid: tuple[int, int]) -> _Found | None:
    """Return the sense of a rotation about the middle of what moves: v = ω (−y, x), clockwise where ω > 0."""
    weight = (energy * moves).sum(axis=0) / whole
    y, x = (each.ravel() for each in np.indices(grid, np.float64))
    x, y = x - weight @ x, y - weight @ y
    xx, xy, yy, xt, yt = np.moveaxis(sums, 1, 0)
    parts = np.array_split(np.arange(len(sums)), N_PARTS)
    s = ((xx * y**2 - 2 * xy * x * y + yy * x**2) * moves).sum(axis=1, dtype=np.float64)
    b = ((yt * x - xt * y) * moves).sum(axis=1, dtype=np.float64)
    turned = -float(b.sum())
    share = turned**2 / (float(s.sum()) + 1e-9) / whole
    if share < TURNING or not all(turned * float(b[part].sum()) <= 0 for part in parts):
        return None
    return _Found(_rotation(turned), share)


def _told(what: Literal["axis", "travel"], degrees: float, sigma_deg: float, share: float) -> _Found | None:
    """Return an angle with its whole uncertainty; None where the window itself leaves it too uncertain."""
    if sigma_deg > WORST_DEG:
        return None
    of_scenes = AXIS_DEG if what == "axis" else TRAVEL_DEG
    return _Found(Direction(what, degrees, math.hypot(sigma_deg, of_scenes)), share)


def _rotation(clockwise: float) -> Direction:
    return Direction("rotation", sense="clockwise" if clockwise > 0 else "counter-clockwise")


def _matrices(values: Float32 | Float64) -> Float64:
    """Return S of every column of (Σ ∂x², Σ ∂x ∂y, Σ ∂y²), shape (n, 2, 2)."""
    xx, xy, yy = values.astype(np.float64)
    return np.stack([np.stack([xx, xy], axis=-1), np.stack([xy, yy], axis=-1)], axis=-1)


def _axis(moved: Complex64, point_px: tuple[float, float]) -> float:
    """Return the angle of the longer axis of an ellipse, degrees, −90 < angle ≤ 90."""
    x, y = moved[0] * point_px[0], -moved[1] * point_px[1]
    twice = math.atan2(2 * float(np.vdot(y, x).real), float(np.vdot(x, x).real - np.vdot(y, y).real))
    degrees = math.degrees(twice) / 2
    return degrees + 180 if degrees <= -90 else degrees


def _angle(moved: Float64, point_px: tuple[float, float]) -> float:
    """Return the angle of a movement, degrees, −180 < angle ≤ 180."""
    degrees = math.degrees(math.atan2(-moved[1] * point_px[1], moved[0] * point_px[0]))
    return degrees + 360 if degrees <= -180 else degrees


def _jackknife(left_out: list[float], all_deg: float, turn_deg: float) -> float:
    """Return the standard uncertainty of an angle from those with one of n parts left out."""
    n = len(left_out)
    aside = [(each - all_deg + turn_deg / 2) % turn_deg - turn_deg / 2 for each in left_out]
    return math.sqrt(sum(each * each for each in aside) * (n - 1) / n)
