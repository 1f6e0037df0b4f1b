"""How far what swings moves, in pixels: from the grey of its cells and the texture that moves through them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Bool, Complex128, Float32, Float64, UInt8
from streamer.messages import TemporalComponent
from streamer.periodicity.sampling import Sampling

MIN_CELLS = 4  # fewer do not tell motion from light
EXPLAINED = 0.85  # least share of the power of the cells that the motion of their texture explains …
RATHER = 0.4  # … and most of what light leaves unexplained that motion may leave
MAX_SIGMA = 0.3  # of the amplitude, relative to it
MODEL = 0.02  # relative uncertainty from the texture between pixels; added to it, what motion leaves unexplained
N_PHASES = 12  # of a period, at which the moved texture is sampled
N_ROUNDS = 6
CONVERGED = 0.02  # relative change of the amplitude in the last round
NEAR_CELLS = 3  # cells around the strongest one, where not all that move do so alike
MAX_CELLS = 1.0  # amplitude in cells; what moves farther leaves its cells
HUBER = 2.0  # times the median error, from which a cell weighs less
TINY = 1e-12


def with_displacement(
    components: Sequence[TemporalComponent], series: Float32, sampling: Sampling, image: UInt8
) -> tuple[TemporalComponent, ...]:
    """Return rhythms with the amplitude of the motion that they are of, where they are of motion.

    Parameters
    ----------
    components : sequence of TemporalComponent
    series : ndarray of float32, shape (n_images, n_cells)
        Mean grey of all cells, row by row.
    sampling : Sampling
        Capture times.
    image : ndarray of uint8, shape (height, width)
        The newest image, in grey.
    """
    if not components:
        return ()
    means = _BoxMeans(image)
    return tuple(_measured(each, series, sampling, means) for each in components)


def _measured(component: TemporalComponent, series: Float32, sampling: Sampling, means: _BoxMeans) -> TemporalComponent:
    if component.track:
        return component
    cells: Bool = component.heat.ravel() > 0
    first_s = sampling.times_s[0]
    inside = slice(*np.searchsorted(sampling.times_s - first_s, [component.start_s, component.end_s + 1e-9]).tolist())
    t = sampling.times_s[inside]
    if cells.sum() < MIN_CELLS or t.size < 16 or component.hz > sampling.fps / 2:
        return component
    orders = np.arange(1, max(len(component.harmonics), 1) + 1)
    orders = orders[: max(1, t.size // 8)]
    waves = np.exp(2j * np.pi * component.hz * t[:, None] * orders)
    drift = np.polynomial.legendre.legvander(np.linspace(-1, 1, t.size), 3)
    fit = np.linalg.lstsq(np.column_stack([drift, waves.real, waves.imag]), series[inside][:, cells], rcond=1e-6)[0]
    first = fit[4] - 1j * fit[4 + orders.size]  # a of Re(a e^{iωt})
    boxes = means.cells(component.heat.shape, np.flatnonzero(cells))
    end_turn = np.exp(2j * np.pi * component.hz * sampling.times_s[-1])  # of the newest image
    found = _fit(first, boxes, means, end_turn)
    if found is None:
        strongest = np.flatnonzero(cells)[int(np.argmax(np.abs(first)))]
        row, column = np.divmod(np.flatnonzero(cells), component.heat.shape[1])
        middle_row, middle_column = divmod(int(strongest), component.heat.shape[1])
        near = (np.abs(row - middle_row) <= NEAR_CELLS) & (np.abs(column - middle_column) <= NEAR_CELLS)
        if MIN_CELLS <= np.count_nonzero(near) < near.size:
            found = _fit(first[near], boxes[near], means, end_turn)
    if found is None:
        return component
    return replace(component, amplitude_px=found[0], amplitude_px_sigma=found[1])


def _fit(grey: Complex128, boxes: NDArray[np.int64], means: _BoxMeans, end_turn: complex) -> tuple[float, float] | None:
    """Return the amplitude of a motion in pixels and its standard uncertainty; None where it is no motion.

    Brightness is constant along the motion, so that the grey of a cell changes by the gradient of its texture times
    the displacement (Horn & Schunck 1981). That gives a first displacement D, of two complex parts, by weighted least
    squares over the cells. As its texture is not straight over several pixels, D is then scaled until the texture of
    the newest image, moved by Re(D e^{iφ}) at all phases φ, has in its cells the amplitude that was seen.

    Parameters
    ----------
    grey : ndarray of complex, shape (n_cells,)
        Amplitude of each cell.
    boxes : ndarray of int, shape (n_cells, 4)
        Left, top, right and bottom of each.
    means : _BoxMeans
        Of the newest image.
    end_turn : complex
        e^{iωt} at the newest image.
    """
    power = float(np.sum(np.abs(grey) ** 2))
    limit = MAX_CELLS * float(np.min([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]]))
    # Light: the same in all cells, or in proportion to their grey.
    level = means.at(boxes, 0.0, 0.0)
    dark = min(_unexplained(grey, each) for each in (np.ones_like(level), level))
    step = 1.0
    d: Complex128 = np.zeros(2, np.complex128)
    for _ in range(2):
        here = (d * end_turn).real  # where the newest image has gone
        gradient = np.column_stack([
            (means.at(boxes, here[0] + step, here[1]) - means.at(boxes, here[0] - step, here[1])) / (2 * step),
            (means.at(boxes, here[0], here[1] + step) - means.at(boxes, here[0], here[1] - step)) / (2 * step),
        ])  # fmt: skip
        solved = _robust(gradient, -grey)
        if solved is None:
            return None
        d, weight = solved
        if np.abs(d).max() > limit:
            return None
        step = float(np.clip(np.abs(d).max(), 1.0, limit))
    scale = 1.0 + 0j
    for _ in range(N_ROUNDS):
        seen = _moved(d, boxes, means, end_turn)
        scale = complex(np.vdot(seen * weight, grey)) / max(float(np.sum(weight * np.abs(seen) ** 2)), TINY)
        d = d * abs(scale)
        if np.abs(d).max() > limit:
            return None
        if abs(abs(scale) - 1) < CONVERGED / 10:
            break
    rest = float(np.sum(np.abs(grey - seen * scale) ** 2))
    if abs(abs(scale) - 1) > CONVERGED or scale.real < 0 or rest > (1 - EXPLAINED) * power or rest > RATHER * dark:
        return None
    error = np.abs(grey - seen * scale) ** 2
    norm = weight * np.abs(seen) ** 2
    # Of the scale: residuals of the real part, with as many degrees of freedom as there are cells less those of D.
    freedom = max(grey.size - 2, 1) / grey.size
    relative = math.sqrt(float(np.sum(weight * norm * error)) / 2 / freedom) / max(float(norm.sum()), TINY)
    relative = math.hypot(relative, MODEL, rest / max(power, TINY))
    amplitude = float(np.linalg.svd(np.column_stack([d.real, d.imag]), compute_uv=False)[0])
    return (amplitude, amplitude * relative) if relative < MAX_SIGMA else None


def _unexplained(grey: Complex128, shape: Float64) -> float:
    """Return the power that is left of cells where one real shape, in one phase and strength, is taken out."""
    explained = abs(complex(shape @ grey)) ** 2 / max(float(shape @ shape), TINY)
    return float(np.sum(np.abs(grey) ** 2)) - explained


def _robust(gradient: Float64, grey: Complex128) -> tuple[Complex128, Float64] | None:
    """Return the displacement that fits most cells, and their weights: Huber's, so that a few others do little."""
    weight = np.ones(grey.size)
    d: Complex128 = np.zeros(2, np.complex128)
    for _ in range(4):
        root = np.sqrt(weight)
        d = np.asarray(np.linalg.lstsq(gradient * root[:, None], grey * root, rcond=1e-3)[0])
        error = np.abs(grey - gradient @ d)
        usual = HUBER * float(np.median(error))
        weight = np.minimum(1.0, usual / np.maximum(error, TINY)) if usual > 0 else weight
    return (d, weight) if np.all(np.isfinite(d)) and np.abs(d).max() > TINY else None


def _moved(d: Complex128, boxes: NDArray[np.int64], means: _BoxMeans, end_turn: complex) -> Complex128:
    """Return the amplitude of each cell while the texture of the newest image moves by ``d``."""
    phases = np.exp(2j * np.pi * np.arange(N_PHASES) / N_PHASES)
    here = (d * end_turn).real
    result = np.zeros(boxes.shape[0], np.complex128)
    for phase in phases:
        away = here - (d * phase).real
        result += means.at(boxes, float(away[0]), float(away[1])) * phase.conjugate()
    return result * 2 / N_PHASES


@dataclass(frozen=True, slots=True, eq=False, init=False)
class _BoxMeans:
    """Means of an image over boxes anywhere between its pixels."""

    sums: Float64  # shape (height + 1, width + 1): of all pixels above and to the left

    def __init__(self, image: UInt8) -> None:
        import cv2

        object.__setattr__(self, "sums", np.asarray(cv2.integral(image, sdepth=cv2.CV_64F), np.float64))

    def cells(self, grid: tuple[int, ...], which: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return left, top, right and bottom of cells of a grid, shape (n, 4)."""
        rows, columns = np.divmod(which, grid[1])
        ends = [
            np.array([round(k * (n - 1) / parts) for k in range(parts + 1)], np.int64)
            for n, parts in zip(self.sums.shape, grid, strict=True)
        ]
        return np.column_stack([ends[1][columns], ends[0][rows], ends[1][columns + 1], ends[0][rows + 1]])

    def at(self, boxes: NDArray[np.int64], right: float, down: float) -> Float64:
        """Return the mean of each box moved by so many pixels; at the edge of the image it moves no farther."""
        height, width = (n - 1 for n in self.sums.shape)
        dx = np.clip(right, -boxes[:, 0], width - boxes[:, 2])
        dy = np.clip(down, -boxes[:, 1], height - boxes[:, 3])
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        corner = [self._sum(boxes[:, y] + dy, boxes[:, x] + dx) for y, x in ((3, 2), (1, 2), (3, 0), (1, 0))]
        return np.asarray((corner[0] - corner[1] - corner[2] + corner[3]) / area)

    def _sum(self, y: Float64, x: Float64) -> Float64:
        top = np.minimum(y.astype(np.int64), self.sums.shape[0] - 2)
        left = np.minimum(x.astype(np.int64), self.sums.shape[1] - 2)
        b, a = y - top, x - left
        s = self.sums
        above = s[top, left] * (1 - a) + s[top, left + 1] * a
        below = s[top + 1, left] * (1 - a) + s[top + 1, left + 1] * a
        return np.asarray(above * (1 - b) + below * b)
