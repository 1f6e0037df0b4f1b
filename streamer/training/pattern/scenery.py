"""Synthetic pictures without a periodic pattern: noise of many spectra, objects, plants, stones, words."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from streamer.arrays import Float32, Rng
from streamer.training.pattern.noise import blob_mask, bumps, natural_noise
from streamer.training.pattern.plane import pixel_grid


def scenery(side: int, rng: Rng) -> Float32:
    """Return a random picture without anything periodic, shape (side, side), about 0 … 1."""
    kinds, weights = zip(*_KINDS, strict=True)
    picture = kinds[rng.choice(len(kinds), p=np.array(weights) / sum(weights))](side, rng)
    while rng.random() < 0.25:  # another one in front
        other = kinds[rng.choice(len(kinds), p=np.array(weights) / sum(weights))](side, rng)
        picture = np.asarray(np.where(blob_mask(side, rng.uniform(0.1, 0.7), rng), other, picture), np.float32)
    return np.asarray(picture, np.float32)


def _noise(side: int, rng: Rng) -> Float32:
    noise = natural_noise(side, rng)
    if rng.random() < 0.25:  # clouds, camouflage: a few levels
        levels = np.sort(rng.random(rng.integers(2, 5))).astype(np.float32)
        edges = np.quantile(noise, np.sort(rng.random(levels.size - 1)))
        noise = rng.permutation(levels)[np.searchsorted(edges, noise)]
    return noise


def _leaves(side: int, rng: Rng) -> Float32:
    """Return dead leaves: textured shapes of all sizes, one in front of the other."""
    picture = natural_noise(side, rng)
    texture = natural_noise(side, rng, rng.uniform(0.3, 1.2)) - np.float32(0.5)
    smallest, power = rng.uniform(0.008, 0.06), rng.uniform(1.5, 3.0)
    for _ in range(rng.integers(20, 350)):
        size = side * smallest * (1.0 - rng.random() * (1.0 - (smallest / 0.5) ** power)) ** (-1 / power)
        _draw_shape(picture, rng, size, rng.random())
    return picture + texture * np.float32(rng.uniform(0.0, 0.5))


def _draw_shape(
    picture: Float32, rng: Rng, size: float, shade: float, centre: tuple[float, float] | None = None
) -> None:
    """Draw an ellipse, a rectangle, a polygon or a line."""
    side = len(picture)
    x, y = centre or tuple(rng.uniform(-0.1 * side, 1.1 * side, 2))
    kind, turn = rng.random(), rng.uniform(0.0, 360.0)
    middle, aspect = (round(x), round(y)), rng.uniform(0.3, 1.0)
    if kind < 0.45:
        cv2.ellipse(picture, middle, (int(size) + 1, int(size * aspect) + 1), turn, 0, 360, shade, -1, cv2.LINE_AA)
    elif kind < 0.7:
        box = cv2.boxPoints(((x, y), (2 * size, 2 * size * aspect), turn if rng.random() < 0.6 else 0.0))
        cv2.fillPoly(picture, [np.rint(box).astype(np.int32)], shade, cv2.LINE_AA)
    elif kind < 0.9:
        angles = np.sort(rng.uniform(0.0, 2 * np.pi, rng.integers(3, 9)))
        reach = size * rng.uniform(0.4, 1.2, angles.size)
        corners = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1)
        cv2.fillPoly(picture, [np.rint(corners).astype(np.int32)], shade, cv2.LINE_AA)
    else:
        end = (round(x + 4 * size * np.cos(turn)), round(y + 4 * size * np.sin(turn)))
        cv2.line(picture, middle, end, shade, 1 + int(size * rng.random() ** 3 * 0.4), cv2.LINE_AA)


def _plain(side: int, rng: Rng) -> Float32:
    """Return a wall, a sky, a shaded sheet: constant or a gradient."""
    x, y = pixel_grid(side)
    way, steep = rng.uniform(0.0, 2 * np.pi), rng.choice([0.0, rng.uniform(0.0, 1.0)])
    slope = np.float32(steep * np.cos(way)) * x + np.float32(steep * np.sin(way)) * y
    return np.asarray(rng.uniform(0.2, 0.8) + slope, np.float32)


def _still_life(side: int, rng: Rng) -> Float32:
    """Return a few textured objects on a plain ground, with soft shadows."""
    picture = _plain(side, rng) if rng.random() < 0.7 else natural_noise(side, rng)
    for _ in range(rng.integers(1, 9)):
        own = natural_noise(side, rng) * np.float32(rng.uniform(0.0, 0.8)) + np.float32(rng.uniform(0.0, 0.7))
        where = np.zeros((side, side), np.float32)
        place = tuple(rng.uniform(0.1 * side, 0.9 * side, 2))
        for _ in range(rng.integers(1, 5)):
            around = (place[0] + rng.normal(0, 0.08 * side), place[1] + rng.normal(0, 0.08 * side))
            _draw_shape(where, rng, side * rng.uniform(0.04, 0.3), 1.0, around)
        if rng.random() < 0.5:
            shadow = cv2.GaussianBlur(np.roll(where, rng.integers(-12, 13, 2), (0, 1)), (0, 0), rng.uniform(1.0, 9.0))
            picture = picture * (1.0 - np.float32(rng.uniform(0.1, 0.7)) * shadow)
        if rng.random() < 0.6:  # rounded: darker towards its edge
            depth = cv2.distanceTransform((where > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
            own = own * np.minimum(1.0, np.float32(0.4) + depth / (np.float32(0.7) * depth.max() + 1))
        picture = picture * (1.0 - where) + own * where
    return np.asarray(picture, np.float32)


def _coins(side: int, rng: Rng) -> Float32:
    """Return separate discs of different sizes, sometimes in uneven rows."""
    picture = _plain(side, rng) * np.float32(0.6) + natural_noise(side, rng) * np.float32(0.3)
    n = int(rng.integers(2, 7))
    for row in range(n):
        for column in range(n):
            if rng.random() < 0.8:
                at = (np.array([column, row]) + 0.5 + rng.normal(0, rng.uniform(0.12, 0.4), 2)) * side / n
                size, shade = side / n * rng.uniform(0.15, 0.42), rng.random()
                centre = (int(at[0]), int(at[1]))
                cv2.circle(picture, centre, int(size) + 1, shade, -1, cv2.LINE_AA)
                for _ in range(rng.integers(0, 5)):
                    inner = (at[0] + rng.normal(0, size / 3), at[1] + rng.normal(0, size / 3))
                    _draw_shape(picture, rng, size * rng.uniform(0.05, 0.3), rng.random(), inner)
    return picture


def _face(side: int, rng: Rng) -> Float32:
    """Return a schematic portrait: head, hair, eyes, mouth, shoulders."""
    picture = natural_noise(side, rng) if rng.random() < 0.5 else _leaves(side, rng)
    x, y, size = side * rng.uniform(0.3, 0.7), side * rng.uniform(0.3, 0.6), side * rng.uniform(0.12, 0.3)

    def oval(dx: float, dy: float, wide: float, high: float, shade: float) -> None:
        centre = (round(x + dx * size), round(y + dy * size))
        cv2.ellipse(picture, centre, (int(wide * size) + 1, int(high * size) + 1), 0, 0, 360, shade, -1, cv2.LINE_AA)

    hair, skin, cloth = rng.random(3)
    oval(0, 2.4, 1.9, 1.4, cloth)
    oval(0, -0.2, 1.1, 1.3, hair)
    oval(0, 0, 0.8, 1.1, skin)
    for sign in (-1, 1):
        oval(0.35 * sign, -0.2, 0.17, 0.09, 1.0 - skin * 0.3)
        oval(0.35 * sign, -0.2, 0.07, 0.07, 0.05)
        oval(0.35 * sign, -0.42, 0.22, 0.05, hair)
    oval(0, 0.2, 0.1, 0.25, skin * 0.8)
    oval(0, 0.6, 0.3, 0.08, skin * 0.5)
    soft = cv2.GaussianBlur(picture, (0, 0), size * rng.uniform(0.01, 0.06) + 0.3)
    return np.asarray(soft + (natural_noise(side, rng) - 0.5) * np.float32(0.2), np.float32)


def _tree(side: int, rng: Rng) -> Float32:
    """Return branching trees in front of a sky, with or without leaves."""
    picture = _plain(side, rng)

    def branch(x: float, y: float, angle: float, length: float, width: float) -> None:
        x1, y1 = x + length * np.cos(angle), y - length * np.sin(angle)
        cv2.line(picture, (round(x), round(y)), (round(x1), round(y1)), bark, max(1, round(width)), cv2.LINE_AA)
        if length > 0.02 * side:
            for _ in range(rng.integers(2, 4)):
                branch(x1, y1, angle + rng.normal(0.0, 0.55), length * rng.uniform(0.5, 0.85), width * 0.65)
        elif leafy:
            cv2.circle(picture, (round(x1), round(y1)), int(rng.integers(1, 5)), rng.random(), -1, cv2.LINE_AA)

    bark, leafy = rng.uniform(0.0, 0.4), rng.random() < 0.6
    for _ in range(rng.integers(1, 4)):
        branch(rng.uniform(0.1, 0.9) * side, rng.uniform(0.8, 1.1) * side, 1.57, 0.2 * side, side * 0.04)
    return picture


def _stones(side: int, rng: Rng) -> Float32:
    """Return gravel, pebbles, cobbles or crackle: Voronoi cells of random points."""
    n = int(np.exp(rng.uniform(np.log(20), np.log(2500))))
    seeds = np.full((side, side), 255, np.uint8)
    places = rng.integers(0, side, (n, 2))
    seeds[places[:, 0], places[:, 1]] = 0
    distance, label = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    own = rng.random(n + 2).astype(np.float32)[np.minimum(label, n + 1)]
    round_off = 1.0 - np.float32(rng.uniform(0.2, 1.0)) * distance / np.float32(distance.max() + 1)
    amount = np.float32(rng.uniform(0.1, 0.9))
    return np.asarray((own * amount + 1 - amount) * round_off + (natural_noise(side, rng) - 0.5) * 0.3, np.float32)


def _grass(side: int, rng: Rng) -> Float32:
    """Return grass, hair, straw or bark: short strokes or grain about one direction, unevenly spaced."""
    if rng.random() < 0.4:
        return natural_noise(side, rng, rng.uniform(0.5, 1.5), rng.uniform(2.0, 6.0))
    picture = natural_noise(side, rng)
    mean, spread = rng.uniform(0.0, np.pi), rng.uniform(0.1, 1.0)
    length = side * rng.uniform(0.03, 0.25)
    starts, angles = rng.uniform(0, side, (rng.integers(150, 1200), 2)), rng.normal(mean, spread, 1200)
    for start, angle in zip(starts, angles, strict=False):
        end = start + length * rng.uniform(0.3, 1.0) * np.array([np.cos(angle), np.sin(angle)])
        first, last = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
        cv2.line(picture, first, last, rng.random(), int(rng.integers(1, 4)), cv2.LINE_AA)
    return picture


def _words(side: int, rng: Rng) -> Float32:
    """Return up to four lines of letters of different sizes on paper."""
    paper = rng.uniform(0.5, 1.0)
    sheet = np.full((side, side), int(255 * paper), np.uint8)  # OpenCV 5 writes on 8 bits only
    for _ in range(rng.integers(1, 5)):
        text = "".join(rng.choice(list("abcdefghijklmnoprstuvwxyzABCDEFGHKLMNPRST  0123456789"), rng.integers(1, 14)))
        place = (int(rng.uniform(-0.1, 0.6) * side), int(rng.uniform(0.1, 1.0) * side))
        size = side / 256 * rng.uniform(0.4, 4.0)
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX]))
        ink, pen = int(rng.integers(180)), 1 + int(size * rng.random() * 4)
        cv2.putText(sheet, text, place, font, size, ink, pen, cv2.LINE_AA)
    return np.asarray(sheet / np.float32(255) + (natural_noise(side, rng) - 0.5) * np.float32(0.3), np.float32)


def _landscape(side: int, rng: Rng) -> Float32:
    """Return layers of hills or roofs under a sky, with more texture the nearer they are."""
    picture = _plain(side, rng) * np.float32(0.5) + np.float32(0.4) + (natural_noise(side, rng, 1.8) - 0.5)
    rows = np.arange(side, dtype=np.float32)[:, None]
    for depth in np.sort(rng.uniform(0.2, 1.0, rng.integers(1, 6))):
        steps = rng.standard_normal(side).astype(np.float32)
        if rng.random() < 0.3:  # roofs
            steps *= rng.random(side) < 0.04
        line = np.cumsum(steps) * np.float32(side / 256 * rng.uniform(0.2, 2.0))
        edge = side * depth + line - line.mean()
        ground = rng.uniform(0.0, 0.8) + (natural_noise(side, rng) - 0.5) * np.float32(0.3 + depth)
        picture = np.where(rows > edge, ground, picture)
    return np.asarray(picture, np.float32)


def _few_lines(side: int, rng: Rng) -> Float32:
    """Return up to seven long straight edges, unevenly spaced: a post, wires, a crossing."""
    picture = _plain(side, rng) if rng.random() < 0.6 else natural_noise(side, rng)
    for _ in range(rng.integers(1, 8)):
        turn = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])
        x, y = rng.uniform(0.0, side, 2)
        step = np.array([np.cos(turn), np.sin(turn)]) * 2 * side
        first, last = (int(x - step[0]), int(y - step[1])), (int(x + step[0]), int(y + step[1]))
        cv2.line(picture, first, last, rng.random(), 1 + int(side * 0.15 * rng.random() ** 3), cv2.LINE_AA)
    return picture


_KINDS: list[tuple[Callable[[int, Rng], Float32], float]] = [
    (_noise, 2.0),
    (_leaves, 3.0),
    (_plain, 0.4),
    (_still_life, 3.0),
    (_coins, 1.0),
    (_face, 1.5),
    (_tree, 1.0),
    (_stones, 1.0),
    (_grass, 1.5),
    (_words, 0.8),
    (_landscape, 1.5),
    (_few_lines, 1.0),
    (bumps, 1.5),
]
