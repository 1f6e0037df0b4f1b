"""Periodic patterns as functions: coordinates on a surface, in periods → shades, 0 … 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng

SQRT3 = np.float32(np.sqrt(3.0))


def _cells(index: Float32, other: Float32, rng: Rng) -> Float32:
    """Return a random value, 0 … 1, for each cell of a lattice."""
    table = rng.random((64, 64), np.float32)
    return np.asarray(table[index.astype(np.int32) & 63, other.astype(np.int32) & 63], np.float32)


def _vary(shade: Float32, i: Float32, j: Float32, rng: Rng) -> Float32:
    """Return the shade with a random factor for each cell, and some cells missing."""
    kind = rng.random()
    if kind < 0.35:
        shade = shade * (1.0 - np.float32(rng.uniform(0.1, 0.5)) * _cells(i, j, rng))
    if rng.random() < 0.2:
        shade = shade * (_cells(i, j, rng) > rng.uniform(0.02, 0.12))
    return np.asarray(shade, np.float32)


def _bar(distance: Float32, half_width: float, soft: float) -> Float32:
    """Return 1 where the distance is below half_width, with a ramp of the given width."""
    ramp = (np.float32(half_width) - distance) / np.float32(max(soft, 1e-3)) + np.float32(0.5)
    return np.asarray(np.clip(ramp, 0.0, 1.0), np.float32)


def _profile(phase: Float32, rng: Rng) -> Float32:
    """Return one period of a wave: sine, bars of any duty, sawtooth, or a sequence of shades."""
    kind = rng.random()
    part = phase - np.floor(phase)
    if kind < 0.25:
        return np.asarray(0.5 + 0.5 * np.cos(np.float32(2 * np.pi) * phase), np.float32)
    if kind < 0.75:
        duty = rng.uniform(0.3, 0.7) if kind < 0.5 else rng.choice([rng.uniform(0.08, 0.3), rng.uniform(0.7, 0.92)])
        return _bar(np.abs(part - np.float32(0.5)), duty / 2, rng.uniform(0.02, 0.3))
    if kind < 0.85:
        return part
    shades = rng.random(rng.integers(3, 6)).astype(np.float32)
    shades[:2] = 0.0, 1.0
    places = np.sort(rng.random(shades.size - 1)).astype(np.float32)
    return np.asarray(shades[np.searchsorted(places, part)], np.float32)


def stripes(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return lines, bars, slats or bands."""
    shade = _profile(u, rng)
    if rng.random() < 0.4:  # planks and slats: each with a shade and a length of its own
        i = np.floor(u)
        shade = _vary(shade, i, np.floor(v * np.float32(rng.choice([0.0, 0.02, 0.1]))), rng)
    return shade


def grid(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return chessboards, tiles, meshes, bricks, windows or dots on rectangular or oblique lattices."""
    kind = rng.random()
    if kind < 0.3:
        return _chessboard(u, v, rng)
    aspect = 1.0 if rng.random() < 0.5 else rng.uniform(1.0, 2.0)
    v = v * np.float32(aspect)
    if kind < 0.42:  # bricks: rows of long cells, each row shifted by a part of a cell
        long = rng.uniform(1.7, 3.2)
        row = np.floor(v)
        shift = np.float32(rng.choice([0.5, 0.5, 0.5, 0.33, 0.25]))
        u = np.asarray(u / np.float32(long) + row * shift, np.float32)
        aspect *= long
    elif kind < 0.5:  # oblique, but far from hexagonal
        u = u + v * np.float32(rng.uniform(0.05, 0.25) * rng.choice([-1.0, 1.0]))
    i, j = np.floor(u), np.floor(v)
    x, y = np.abs(u - i - np.float32(0.5)), np.abs(v - j - np.float32(0.5))
    soft = rng.uniform(0.02, 0.12)
    if kind < 0.72:  # tiles with joints, meshes
        joint = rng.uniform(0.04, 0.22)
        cell = _bar(x, 0.5 - joint / 2, soft) * _bar(y, 0.5 - joint / 2, soft)
    elif kind < 0.82:  # windows
        cell = _bar(x, rng.uniform(0.15, 0.38), soft) * _bar(y, rng.uniform(0.15, 0.38), soft)
    elif kind < 0.94:  # dots
        power = rng.choice([1.0, 2.0, 2.0, 2.0, 4.0])  # diamonds, discs, rounded squares
        distance = (x**power + (y / np.float32(aspect)) ** power) ** np.float32(1 / power)
        cell = _bar(distance, rng.uniform(0.12, 0.42) / max(1.0, aspect**0.5), soft)
    else:  # crossed waves
        cell = _profile(u, rng) * np.float32(0.5) + _profile(v, rng) * np.float32(0.5)
    return _vary(cell, i, j, rng)


def _chessboard(u: Float32, v: Float32, rng: Rng) -> Float32:
    soft = np.float32(rng.uniform(0.02, 0.25))
    sides = np.clip(np.sin(np.float32(np.pi) * u) / soft, -1, 1) * np.clip(np.sin(np.float32(np.pi) * v) / soft, -1, 1)
    return np.asarray(0.5 + 0.5 * sides, np.float32)


def crossed_waves(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return the sum or the product of two waves at right angles, the simplest grid."""
    a, b = np.cos(np.float32(2 * np.pi) * u), np.cos(np.float32(2 * np.pi) * v)
    if rng.random() < 0.3:
        return np.asarray(0.5 + 0.5 * a * b, np.float32)
    share = np.float32(rng.uniform(0.35, 0.65))
    return np.asarray(0.5 + 0.5 * (share * a + (1 - share) * b), np.float32)


def hexagonal(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return honeycombs, perforated plates and dots in the densest packing, or three crossed waves."""
    half = np.float32(0.5)
    kind = rng.random()
    if kind < 0.12:
        phase = np.float32(2 * np.pi)
        a, b = u - v / SQRT3, np.float32(2.0) * v / SQRT3
        return np.asarray(half + (np.cos(phase * a) + np.cos(phase * b) + np.cos(phase * (a + b))) / 6, np.float32)
    # The lattice is two rectangular ones, 1 × √3, the second at the middle of the first's cells.
    i1, j1 = np.floor(u), np.floor(v / SQRT3)
    x1, y1 = u - i1 - half, v - (j1 + half) * SQRT3
    i2, j2 = np.floor(u - half), np.floor(v / SQRT3 - half)
    x2, y2 = u - i2 - 1, v - (j2 + 1) * SQRT3
    first = x1 * x1 + y1 * y1 < x2 * x2 + y2 * y2
    x, y = np.abs(np.where(first, x1, x2)), np.abs(np.where(first, y1, y2))
    i, j = np.where(first, i1, i2), np.where(first, 2 * j1, 2 * j2 + 1)
    soft = rng.uniform(0.02, 0.12)
    if kind < 0.55:  # honeycomb: distance to the edge of the cell
        edge = np.maximum(x, half * x + half * SQRT3 * y)
        cell = _bar(edge, 0.5 - rng.uniform(0.02, 0.12), soft)
    else:
        cell = _bar(np.hypot(x, y), rng.uniform(0.15, 0.48), soft)
        if rng.random() < 0.2:  # balls: bright in the middle
            cell = cell * np.asarray(1.0 - 1.2 * (x * x + y * y), np.float32)
    return _vary(cell, i, j, rng)


def rings(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return targets, ripples, grooves, growth rings or a spiral around the origin."""
    x, y = u, v * np.float32(rng.uniform(1.0, 1.3) if rng.random() < 0.4 else 1.0)
    radius = np.hypot(x, y)
    kind = rng.random()
    angle = np.arctan2(y, x)
    if kind < 0.3:  # growth rings: uneven thickness, wobbling outlines
        for k in (1, 2, 3, 5):
            wobble = rng.normal(0.0, 0.035 / k) * radius
            radius = radius + wobble.astype(np.float32) * np.sin(k * angle + np.float32(rng.uniform(0.0, 6.28)))
        steps = np.cumsum(rng.uniform(0.75, 1.25, 256)).astype(np.float32)
        radius = np.asarray(np.interp(radius, np.arange(256), steps - steps[0]), np.float32)
    elif kind < 0.4:  # a spiral
        radius = radius + angle * np.float32(rng.choice([-1, 1]) / (2 * np.pi))
    elif kind < 0.5:  # rings that grow denser or wider outwards
        radius = radius * (1.0 + np.float32(rng.uniform(-0.02, 0.03)) * np.minimum(radius, 10.0))
    shade = _profile(radius + np.float32(rng.random()), rng)
    if rng.random() < 0.2:  # ripples die away
        shade = np.float32(0.5) + (shade - np.float32(0.5)) * np.exp(
            -np.hypot(x, y) / np.float32(rng.uniform(6.0, 20.0))
        )
    return np.asarray(shade, np.float32)


def woven(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return plain weave, twill, satin, basket weave, or a knit."""
    if rng.random() < 0.15:
        return _knit(u, v, rng)
    i, j = np.floor(u), np.floor(v)
    x, y = u - i - np.float32(0.5), v - j - np.float32(0.5)
    over = _warp_on_top(i.astype(np.int32), j.astype(np.int32), rng)
    width_u, width_v = rng.uniform(0.4, 0.5, 2)  # half widths of the threads
    dark, roundness = rng.uniform(0.0, 0.4), rng.uniform(0.4, 0.9)
    steepness = roundness * rng.uniform(0.1, 0.5)  # a float is longer than wide: that distinguishes a weave from a grid
    ply = np.float32(rng.uniform(0.0, 0.15))  # twist of the yarn: fine slanted lines along the thread
    twist = np.float32(rng.integers(2, 5) * 2 * np.pi)
    shades = rng.uniform(0.55, 1.0, 2) if rng.random() < 0.4 else np.full(2, rng.uniform(0.6, 1.0))

    def thread(
        across: Float32, along: Float32, half: float, shade: float, key: Float32
    ) -> tuple[Float32, NDArray[np.bool_]]:
        """Return the shade of a cylinder that dives under its neighbours at the ends of the cell, and where it is."""
        inside = np.abs(across) < np.float32(half)
        dome = 1.0 - np.float32(roundness) * (across / np.float32(half)) ** 2
        dive = 1.0 - np.float32(steepness) * (np.float32(2.0) * along) ** 2
        own = 1.0 - np.float32(0.25 * varied) * _cells(key, np.zeros_like(key), rng)
        fine = 1.0 - ply * np.sin(twist * (along + across))
        return np.asarray(np.float32(shade) * dome * dive * own * fine, np.float32), np.asarray(inside)

    varied = rng.random() if rng.random() < 0.5 else 0.0
    warp, has_warp = thread(x, y, width_u, shades[0], i)
    weft, has_weft = thread(y, x, width_v, shades[1], j)
    under = np.float32(0.75)
    top = np.where(over, np.where(has_warp, warp, weft * under), np.where(has_weft, weft, warp * under))
    shade = np.where(has_warp | has_weft, top, np.float32(dark))
    return np.asarray(np.clip(shade, 0.0, 1.0), np.float32)


def _warp_on_top(i: NDArray[np.int32], j: NDArray[np.int32], rng: Rng) -> NDArray[np.bool_]:
    kind = rng.random()
    if kind < 0.5:  # plain weave
        return np.asarray((i + j) % 2 == 0)
    if kind < 0.75:  # twill: 2/1, 2/2, 3/1
        repeat, up = [(3, 2), (4, 2), (4, 3), (3, 1)][rng.integers(4)]
        return np.asarray((i + j * int(rng.choice([-1, 1]))) % repeat < up)
    if kind < 0.9:  # basket weave
        n = int(rng.integers(2, 4))
        return np.asarray((i // n + j // n) % 2 == 0)
    return np.asarray((i + 2 * j) % 5 == 0)  # satin


def _knit(u: Float32, v: Float32, rng: Rng) -> Float32:
    """Return columns of V-shaped stitches."""
    x = u - np.floor(u) - np.float32(0.5)
    slant = v * np.float32(rng.uniform(1.0, 1.5)) + np.abs(x) * np.float32(rng.uniform(0.8, 1.6))
    y = slant - np.floor(slant) - np.float32(0.5)
    leg = np.abs(np.abs(x) - np.float32(0.25)) * 4  # each half of the V is a thread
    shade = (1.0 - np.float32(rng.uniform(0.4, 0.8)) * leg**2) * (1.0 - np.float32(rng.uniform(1.5, 3.5)) * y**2)
    return np.asarray(np.clip(shade, 0.0, 1.0), np.float32)
