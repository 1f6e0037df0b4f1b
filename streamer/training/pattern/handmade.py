"""Patterns made by hand or loom, as functions: parallel bands and crossing lines that no ruler spaced."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Rng

N_LINES = 1024  # of one table; coordinates wrap around it


def bands(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return parallel bands of several widths and shades, as of shirts, ties, blankets and awnings.

    ``u`` counts pairs of bands. A sequence of bands repeats after a few of them, or never.
    """
    n = int(rng.choice([2, 3, 4, 6, 8, 12, N_LINES]))
    widths = np.exp(rng.normal(0.0, rng.uniform(0.1, 1.0), n))
    shades = rng.random(n).astype(np.float32)
    if rng.random() < 0.5:  # light and dark in turn
        shades = shades * np.float32(0.5) + np.float32(0.5) * (np.arange(n) % 2).astype(np.float32)
    if n == 2:
        shades[:] = 0.0, 1.0
    edges = np.cumsum(widths / widths.mean() / 2)  # two bands for each unit of u
    place = np.mod(u + _drift(v, rng), np.float32(edges[-1])).astype(np.float32)
    soft = rng.uniform(0.005, 0.12)
    index = np.searchsorted(edges, place).clip(0, n - 1)
    upper = edges[index] - place
    lower = place - np.where(index > 0, edges[index - 1], 0.0)
    shade = shades[index]
    for distance, other in ((upper, shades[(index + 1) % n]), (lower, shades[index - 1])):
        mix = np.clip(0.5 - distance / soft, 0.0, 0.5).astype(np.float32)
        shade = shade * (1 - mix) + other * mix
    if rng.random() < 0.3:  # folds and ribs of the cloth, along the bands or across
        rib = np.float32(rng.uniform(0.02, 0.12)) * np.sin((u if rng.random() < 0.5 else v) * rng.uniform(20.0, 60.0))
        shade = shade + rib
    return np.asarray(shade, np.float32)


def hatched(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return two families of strokes that cross: a pen's hatching, scratches, embossed leather, lattices of slats."""
    turn = rng.uniform(np.radians(45), np.radians(135))
    other = u * np.float32(np.cos(turn)) + v * np.float32(np.sin(turn))
    along = v * np.float32(np.cos(turn)) - u * np.float32(np.sin(turn))
    first, second = _strokes(u, v, rng), _strokes(other, along, rng)
    kind = rng.random()
    if kind < 0.5:
        both = np.maximum(first, second)
    elif kind < 0.8:
        both = np.minimum(first + second, np.float32(1.3))
    else:
        both = np.where(_hash(u, v, rng) < 0.5, first, second) + np.float32(0.4) * (first + second)
    return np.asarray(both, np.float32)


def linen(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return a plain weave of uneven threads: linen, sackcloth, canvas, slub silk."""
    x, y = _uneven(u, v, rng, rng.uniform(0.05, 0.45)), _uneven(v, u, rng, rng.uniform(0.05, 0.45))
    i, j = np.floor(x), np.floor(y)
    a, b = x - i - np.float32(0.5), y - j - np.float32(0.5)
    own = rng.random((2, N_LINES), np.float32) * np.float32(rng.uniform(0.1, 0.8)) + np.float32(0.2)
    warp = own[0, i.astype(np.int64) % N_LINES] * (1 - np.float32(rng.uniform(1.0, 3.5)) * a * a)
    weft = own[1, j.astype(np.int64) % N_LINES] * (1 - np.float32(rng.uniform(1.0, 3.5)) * b * b)
    over = (i + j) % 2 == 0
    under = np.float32(rng.uniform(0.4, 0.95))
    shade = np.where(over, np.maximum(warp, under * weft), np.maximum(weft, under * warp))
    return np.asarray(shade, np.float32)


def _strokes(across: Float32, along: Float32, rng: Rng) -> Float32:
    """Return lines of uneven spacing, width and shade, broken here and there."""
    place = _uneven(across, along, rng, rng.uniform(0.05, 0.9))
    line = np.floor(place)
    at = np.abs(place - line - np.float32(0.5))
    index = line.astype(np.int64) % N_LINES
    width = np.float32(rng.uniform(0.08, 0.35)) * np.exp(rng.normal(0.0, 0.4, N_LINES)).astype(np.float32)[index]
    shade = (1 - np.float32(rng.uniform(0.0, 0.8)) * rng.random(N_LINES, np.float32))[index]
    ink = np.clip((width - at) / np.float32(rng.uniform(0.05, 0.3)) + np.float32(0.5), 0.0, 1.0) * shade
    if rng.random() < 0.7:  # each stroke begins and ends somewhere
        length = rng.uniform(3.0, 30.0)
        piece = np.floor(along / np.float32(length) + rng.random(N_LINES, np.float32)[index] * 7)
        ink = ink * (_hash(line, piece, rng, cells=True) > rng.uniform(0.05, 0.5))
    return np.asarray(ink, np.float32)


def _uneven(across: Float32, along: Float32, rng: Rng, amount: float) -> Float32:
    """Return a coordinate that grows by one from line to line, unevenly, with lines that are not straight."""
    steps = np.cumsum(np.exp(rng.normal(0.0, amount, N_LINES)))
    steps = (steps / steps[-1] * N_LINES).astype(np.float32)
    wrapped = np.mod(across, np.float32(N_LINES))
    return np.asarray(np.interp(wrapped, np.r_[0.0, steps], np.arange(N_LINES + 1.0)) + _drift(along, rng), np.float32)


def _drift(along: Float32, rng: Rng) -> Float32:
    """Return a slow wander of a line, in spacings."""
    total = np.zeros_like(along)
    for _ in range(2):
        length, amplitude = rng.uniform(8.0, 60.0), rng.uniform(0.0, 0.5) * rng.random()
        total += np.float32(amplitude) * np.sin(
            along * np.float32(2 * np.pi / length) + np.float32(rng.uniform(0, 6.28))
        )
    return total


def _hash(i: Float32, j: Float32, rng: Rng, *, cells: bool = False) -> Float32:
    """Return a random value, 0 … 1, for each cell."""
    if not cells:
        i, j = np.floor(i), np.floor(j)
    table = rng.random((128, 128), np.float32)
    return np.asarray(table[i.astype(np.int64) & 127, j.astype(np.int64) & 127], np.float32)
