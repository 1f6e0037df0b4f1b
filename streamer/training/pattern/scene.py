"""Synthetic labelled pictures: a pattern on a surface in front of scenery, through a camera; or scenery alone."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from streamer.arrays import Float32, Rng, UInt8
from streamer.training.pattern import camera, handmade, motifs
from streamer.training.pattern.noise import blob_mask, natural_noise
from streamer.training.pattern.plane import Plane, pixel_grid, view
from streamer.training.pattern.scenery import scenery

LABELS = ("none", "stripes", "grid", "hexagonal", "rings", "woven")
N_PERIODS = 4.0  # at least, across the part of the picture that the pattern covers
FINEST_PX = {"stripes": 3.0, "grid": 3.5, "hexagonal": 4.0, "rings": 3.5, "woven": 5.0}  # period, of 256 px
COARSEST_PX = {"stripes": 60.0, "grid": 60.0, "hexagonal": 55.0, "rings": 50.0, "woven": 45.0}
TILT = {"stripes": 0.5, "grid": 0.5, "hexagonal": 0.2, "rings": 0.2, "woven": 0.25}  # see plane.view
MOTIFS: dict[str, Callable[[Float32, Float32, Rng], Float32]] = {
    "stripes": motifs.stripes,
    "grid": motifs.grid,
    "hexagonal": motifs.hexagonal,
    "rings": motifs.rings,
    "woven": motifs.woven,
}
# Of a label's pictures, the share made by hand: bands and crossing lines that no ruler spaced.
HANDMADE: dict[str, tuple[float, Callable[[Float32, Float32, Rng], Float32]]] = {
    "stripes": (0.5, handmade.bands),
    "grid": (0.35, handmade.hatched),
    "woven": (0.35, handmade.linen),
}
FEWEST_BANDS = 2.5  # pairs of bands across a picture that they cover


def make_picture(label: str, rng: Rng) -> UInt8:
    """Return a random grey picture of a label, square, of 180 to 420 pixels along an edge (JPEG may halve it).

    Raises
    ------
    KeyError
        If the label is none of ``LABELS``.
    """
    side = int(rng.choice([256, 256, int(rng.integers(180, 256)), int(rng.integers(256, 420))]))
    if label == "none":
        scene, finest = _scene_without_pattern(side, rng), np.inf
        contrast, noise = float(rng.uniform(0.15, 1.15)), rng.choice([0.0, 0.06 * rng.random() ** 2])
    else:
        scene, finest = _scene_with_pattern(label, side, rng)
        contrast = float(np.clip(rng.normal(0.7, 0.3), 0.1, 1.15))
        noise = rng.choice([0.0, contrast * 0.3 * rng.random() ** 2])
    if rng.random() < 0.75:
        scene = camera.light(scene, rng)
    scene = camera.blur(scene, rng, min(3.0, 0.28 * finest))
    return camera.record(camera.expose(scene, rng, contrast), rng, noise)


def make_plain_picture(label: str, rng: Rng) -> UInt8:
    """Return a picture as by a drawing program: the pattern alone, without perspective, noise or light.

    Its spectrum is nearly empty between the peaks, as no photograph's is.
    """
    side = int(rng.choice([256, 256, 320, int(rng.integers(180, 420))]))
    if label == "none":
        return camera.record(camera.expose(scenery(side, rng), rng, float(rng.uniform(0.1, 1.0))), rng, 0.0)
    plane = view(side, rng, 0.0)
    scale = side / 256
    period = np.exp(rng.uniform(np.log(FINEST_PX[label] * scale), np.log(COARSEST_PX[label] * scale)))
    if rng.random() < 0.4:  # exactly along the pixels: the spectrum is empty but for its axes
        x, y = pixel_grid(side)
        plane = Plane(x * np.float32(side), y * np.float32(side)) if rng.random() < 0.5 else Plane(y * side, x * side)
        period = np.round(period) if rng.random() < 0.5 else period
    shift = rng.uniform(-0.3, 0.3, 2) * side * (rng.random() < 0.7)
    u, v = ((axis + np.float32(s)) / np.float32(period) for axis, s in zip((plane.u, plane.v), shift, strict=True))
    motif = motifs.crossed_waves if label == "grid" and rng.random() < 0.4 else MOTIFS[label]
    shades = camera.expose(motif(u, v, rng), rng, float(rng.uniform(0.1, 1.0)))
    return np.asarray(np.clip(np.rint(shades * 255), 0, 255), np.uint8)


def _scene_without_pattern(side: int, rng: Rng) -> Float32:
    picture = scenery(side, rng)
    if rng.random() < 0.15:  # a small patterned object does not make a patterned picture
        picture = _small_patch(picture, rng)
    if rng.random() < 0.08:  # nor do one and a half periods of something
        label = str(rng.choice(LABELS[1:]))
        plane = view(side, rng, TILT[label])
        shift = rng.random(2).astype(np.float32)
        period = np.float32(side * rng.uniform(0.7, 1.5))
        picture = picture * 0.3 + MOTIFS[label](plane.u / period + shift[0], plane.v / period + shift[1], rng)
    return np.asarray(picture, np.float32)


def _small_patch(picture: Float32, rng: Rng) -> Float32:
    side = len(picture)
    label = str(rng.choice(LABELS[1:]))
    plane, period = view(side, rng, TILT[label]), np.float32(rng.uniform(5.0, 14.0) * side / 256)
    pattern = MOTIFS[label](plane.u / period, plane.v / period, rng)
    where = np.zeros((side, side), np.float32)
    reach = side * rng.uniform(0.04, 0.09)
    x, y = rng.uniform(0.0, side, 2)
    cv2.ellipse(where, (int(x), int(y)), (int(reach), int(reach * rng.uniform(0.5, 1.0))), 0, 0, 360, 1.0, -1)
    contrast = np.float32(rng.uniform(0.2, 0.7))
    return np.asarray(np.where(where > 0.5, picture * (1 - contrast) + pattern * contrast, picture), np.float32)


def _scene_with_pattern(label: str, side: int, rng: Rng) -> tuple[Float32, float]:
    """Return a scene with a pattern in it, and the pattern's period in pixels."""
    by_hand, motif = HANDMADE.get(label, (0.0, MOTIFS[label]))
    if rng.random() >= by_hand:
        motif = MOTIFS[label]
    n_periods = FEWEST_BANDS if motif is handmade.bands else N_PERIODS
    whole = rng.random() < (0.5 if motif is MOTIFS[label] else 0.8)
    share = 1.0 if whole else rng.uniform(0.28, 0.95)
    finest = FINEST_PX[label] * side / 256
    coarsest = side * np.sqrt(share) / n_periods
    if motif is MOTIFS[label]:
        coarsest = min(COARSEST_PX[label] * side / 256, coarsest)
    if motif in (handmade.hatched, handmade.linen):  # many lines, or it is a fence
        coarsest /= 3.0
    period = float(np.exp(rng.uniform(np.log(finest), np.log(coarsest))))
    folds = period * rng.uniform(0.0, 0.8) if rng.random() < 0.25 else 0.0
    plane = view(side, rng, TILT[label], folds)
    where = np.ones((side, side), np.float32) if whole else _region(plane, period, share, rng)
    period = min(period, _extent(plane, where) / n_periods)
    u, v = plane.u / np.float32(period), plane.v / np.float32(period)
    if label == "rings":  # the centre is anywhere in the covered part, or a little outside
        ys, xs = np.nonzero(where > 0.5)
        at = rng.integers(len(ys))
        out = np.float32(rng.choice([1.0, 1.0, 1.15]))
        u, v = u - u[ys[at], xs[at]] * out, v - v[ys[at], xs[at]] * out
    else:
        u, v = u + np.float32(rng.uniform(0.0, 40.0)), v + np.float32(rng.uniform(0.0, 40.0))
    pattern = motif(u, v, rng)
    pattern = _surface(pattern, rng)
    if not whole:
        pattern = _placed(pattern, where, side, rng)
    return _occluded(pattern, where, rng), period


def _extent(plane: Plane, where: Float32) -> float:
    """Return the extent of the pattern along u or v, the lesser: of a near surface little is visible."""
    inside = where[::4, ::4] > 0.5
    reaches = [np.ptp(np.quantile(axis[::4, ::4][inside], (0.05, 0.95))) for axis in (plane.u, plane.v)]
    return float(min(reaches))


def _surface(pattern: Float32, rng: Rng) -> Float32:
    """Return the pattern as shades of a material, with grain and worn places."""
    side = len(pattern)
    if rng.random() < 0.5:
        grain = natural_noise(side, rng, rng.uniform(0.0, 1.5)) - np.float32(0.5)
        pattern = pattern + grain * np.float32(rng.uniform(0.0, 0.7))
    if rng.random() < 0.25:
        worn = cv2.GaussianBlur(blob_mask(side, rng.uniform(0.03, 0.2), rng).astype(np.float32), (0, 0), 3.0)
        pattern = pattern + (np.float32(rng.random()) - pattern) * worn * np.float32(rng.uniform(0.3, 1.0))
    return np.asarray(pattern, np.float32)


def _region(plane: Plane, period: float, share: float, rng: Rng) -> Float32:
    """Return a mask of the pattern: a rectangle of the surface, of whole periods, or a blob or ellipse."""
    side = plane.side
    kind = rng.random()
    if kind < 0.55:
        reach = np.hypot(plane.u, plane.v)
        middle = int(np.argmin(reach))
        shift = rng.normal(0.0, 0.08 * side, 2)
        aspect = np.exp(rng.normal(0.0, 0.2))
        a = np.abs(plane.u - np.float32(plane.u.flat[middle] + shift[0])) * np.float32(aspect)
        b = np.abs(plane.v - np.float32(plane.v.flat[middle] + shift[1])) / np.float32(aspect)
        size = np.quantile(np.maximum(a, b)[::4, ::4], share)
        size = max(np.round(2 * size / period), N_PERIODS) * period / 2
        return np.asarray(np.maximum(a, b) < size, np.float32)
    if kind < 0.8:
        return blob_mask(side, share, rng).astype(np.float32)
    where = np.zeros((side, side), np.float32)
    long = side * np.sqrt(share / np.pi) * np.exp(abs(rng.normal(0.0, 0.25)))
    short = side * side * share / np.pi / long
    centre = (int(side * rng.normal(0.5, 0.08)), int(side * rng.normal(0.5, 0.08)))
    cv2.ellipse(where, centre, (int(long), int(short)), rng.uniform(0, 360), 0, 360, 1.0, -1)
    return where


def _placed(pattern: Float32, where: Float32, side: int, rng: Rng) -> Float32:
    """Return the pattern in front of scenery, sometimes with a margin around it, like that of a board."""
    background = scenery(side, rng)
    if rng.random() < 0.4:
        margin = int(rng.integers(3, max(4, side // 8)))
        wide = cv2.dilate(where, np.ones((margin, margin), np.uint8))
        background = np.where(wide > 0.5, np.float32(rng.random()), background)
    strength = np.float32(rng.uniform(0.5, 1.0))
    shade = np.float32(rng.random())
    return np.asarray(np.where(where > 0.5, pattern * strength + shade * (1 - strength), background), np.float32)


def _occluded(picture: Float32, where: Float32, rng: Rng) -> Float32:
    """Return the picture with scenery in front of it that leaves most of the pattern visible."""
    if rng.random() > 0.3:
        return picture
    side = len(picture)
    mask = blob_mask(side, rng.uniform(0.03, 0.25), rng)
    hidden = float(np.mean(mask[where > 0.5])) if where.any() else 0.0
    if hidden > 0.35:
        return picture
    return np.asarray(np.where(mask, scenery(side, rng), picture), np.float32)
