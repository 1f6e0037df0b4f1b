"""Where in an image a pattern is: the amplitude of its waves around each point."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64, UInt8
from streamer.periodicity.regions import Region
from streamer.periodicity.tiles import Tile

FULL = 0.5  # of a pattern's greatest amplitude, from which a point counts as its place
GREATEST = 95.0  # percentile of the amplitudes that is the greatest: single points are chance
FINEST = 0.35  # cycles per sample of the reduced image, to which it shows waves
LEAST_PART = 0.1  # of the largest connected area, from which another counts
N_GRID = 64  # points each way of a coarse grid over the image
NEW = 0.5  # part of a tile's middle that lies outside all places known before, at least, where it shows another pattern


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Place of a pattern in an image."""

    box: tuple[int, int, int, int]  # smallest rectangle around it: left, top, width, height in pixels
    share: float  # of the image that it covers
    inside: NDArray[np.bool_]  # shape (N_GRID, N_GRID): the same on a coarse grid over the image


def find_place(region: Region, reduced: UInt8, scale: Float64, shape: tuple[int, ...]) -> Place:
    """Return the place of a region's pattern.

    Parameters
    ----------
    region : Region
    reduced : ndarray of uint8
        The image, as small as it was transformed.
    scale : ndarray, shape (2,)
        Its pixels per sample, y and x.
    shape : tuple of int
        Height and width of the image itself.
    """
    vectors = region.lead.vectors * scale  # cycles per sample
    if np.linalg.norm(vectors, axis=1).max() <= FINEST:
        levels = reduced.astype(np.float32) - np.float32(reduced.mean())
        inside = np.minimum.reduce([_relative(_amplitude(levels, vector)) for vector in vectors]) >= FULL
        inside = _largest(inside)
    else:
        inside = _tiles(region, shape)
    return _around(inside, shape)


def _relative(amplitude: Float32) -> Float32:
    return np.asarray(amplitude / max(float(np.percentile(amplitude, GREATEST)), 1e-6), np.float32)


def _amplitude(levels: Float32, vector: Float64) -> Float32:
    """Return the amplitude of a wave around each point, of unknown scale.

    The image is shifted in frequency by the wave's, and smoothed by three means over two periods, which leave nothing
    of what does not vary.
    """
    rows, columns = (
        np.exp(-2j * np.pi * frequency * np.arange(n)).astype(np.complex64)
        for n, frequency in zip(levels.shape, vector, strict=True)
    )
    shifted = levels * rows[:, None] * columns
    window = max(3, round(2 / float(np.linalg.norm(vector))))
    parts = [np.ascontiguousarray(part) for part in (shifted.real, shifted.imag)]
    for _ in range(3):
        parts = [np.asarray(cv2.blur(part, (window, window)), np.float32) for part in parts]
    return np.asarray(np.hypot(*parts), np.float32)


def _largest(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected area, and those that are not much smaller."""
    n, label, figures, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
    if n < 2:
        return inside
    areas = figures[1:, cv2.CC_STAT_AREA]
    kept = 1 + np.flatnonzero(areas >= LEAST_PART * areas.max())
    return np.isin(label, kept)


def _tiles(region: Region, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the same from the tiles that show the pattern, on a coarse grid.

    A tile stands for its middle half, and for what lies between that and an edge of the image.
    """
    height, width = shape[:2]
    patterns = [*(member.pattern for member in region.members), *region.parts]
    local = [pattern for pattern in patterns if not pattern.tile.is_whole]
    inside = np.zeros((N_GRID, N_GRID), np.bool_)
    if not local:
        return ~inside
    finest = min(pattern.tile.level for pattern in local)
    local = [pattern for pattern in local if pattern.tile.level == finest]
    highest = max(float(pattern.heights.max()) for pattern in local)
    for pattern in local:
        if pattern.heights.max() >= FULL * highest:
            inside[_middle(pattern.tile, height, width)] = True
    return inside


def _middle(tile: Tile, height: int, width: int) -> tuple[slice, slice]:
    """Return the part of the coarse grid that a tile stands for."""
    left, top, right, bottom = tile.box
    reach_x, reach_y = (right - left) / 4, (bottom - top) / 4
    left, top = (0.0 if start < 1 else start + reach for start, reach in ((left, reach_x), (top, reach_y)))
    right = width if right > width - 1 else right - reach_x
    bottom = height if bottom > height - 1 else bottom - reach_y
    rows, columns = (
        slice(min(int(start / n * N_GRID), N_GRID - 1), max(round(end / n * N_GRID), int(start / n * N_GRID) + 1))
        for start, end, n in ((top, bottom, height), (left, right, width))
    )
    return rows, columns


def is_elsewhere(region: Region, known: NDArray[np.bool_], shape: tuple[int, ...]) -> bool:
    """Return whether a tile of a region shows it outside all places known before.

    Two patterns in one place are one lattice. What a tile shows beside a strong pattern, or around its edges, is that
    pattern's irregularity.
    """
    height, width = shape[:2]
    return any(
        float(known[_middle(member.pattern.tile, height, width)].mean()) <= 1 - NEW
        for member in region.members
        if not member.pattern.tile.is_whole
    )


def _around(inside: NDArray[np.bool_], shape: tuple[int, ...]) -> Place:
    height, width = shape[:2]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        inside = np.ones_like(inside)
        rows, columns = (np.arange(n) for n in inside.shape)
    step_y, step_x = height / inside.shape[0], width / inside.shape[1]
    left, top = round(columns[0] * step_x), round(rows[0] * step_y)
    right, bottom = round((columns[-1] + 1) * step_x), round((rows[-1] + 1) * step_y)
    coarse = cv2.resize(inside.astype(np.uint8), (N_GRID, N_GRID), interpolation=cv2.INTER_NEAREST) > 0
    return Place((left, top, right - left, bottom - top), float(inside.mean()), np.asarray(coarse))
