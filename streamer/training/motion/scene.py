"""Scenes of synthetic videos: a background, sprites that move in front of it, and lights; rendered image by image.

Everything is painted at 128 × 72 px, four pixels to a cell each way: the front end takes means over cells, which finer
pixels would not change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from streamer.arrays import Float32, Float64, Rng
from streamer.messages import Direction
from streamer.sources.images.paint import texture

HEIGHT, WIDTH = 72, 128


@dataclass(frozen=True, slots=True)
class Sprite:
    """A painted patch and its movement."""

    paint: Float32  # shape (height, width), grey levels
    cover: Float32  # the same shape, 0 … 1: where it covers the background
    place: tuple[float, float]  # of its centre where x = y = 0, px
    x: Float64  # px, one for each image
    y: Float64
    angle: Float64  # radians
    scale_x: Float64
    scale_y: Float64
    window: Float32 | None = None  # shape (HEIGHT, WIDTH), 0 … 1: where it is visible; None: everywhere
    shear: float = 0.0  # of the plane in which it turns, for a wheel viewed from a side
    samples: int = 1  # positions averaged over the exposure, for motion blur

    def transform(self, i: float) -> Float64:
        """Return the 2 × 3 affine map from its own pixels to the scene's at image ``i``, which may be fractional."""
        j = np.arange(self.x.size)
        x, y, angle, sx, sy = (np.interp(i, j, a) for a in (self.x, self.y, self.angle, self.scale_x, self.scale_y))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn = np.array([[sx, self.shear], [0.0, sy]]) @ turn
        height, width = self.paint.shape
        offset = np.array([self.place[0] + x, self.place[1] + y]) - turn @ np.array([(width - 1) / 2, (height - 1) / 2])
        return np.column_stack([turn, offset])


@dataclass(frozen=True, slots=True)
class Light:
    """Brightness that changes: ``image += map · signal``, or ``image *= 1 + map · signal``."""

    map: Float32  # shape (HEIGHT, WIDTH)
    signal: Float32  # shape (n_images,), or (n_images, HEIGHT) where a shutter rolls
    of_surface: bool = False  # whether the brightness of the surface is multiplied


@dataclass(slots=True)
class VideoScene:
    """A background, and what is added to it from back to front."""

    background: Float32  # shape (HEIGHT, WIDTH), grey levels
    sprites: list[Sprite] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)
    directions: dict[str, Direction] = field(default_factory=dict)  # of movements that have one, by label

    def images(self, camera_x: Float64, camera_y: Float64) -> Float32:
        """Return all images, shape (n_images, HEIGHT, WIDTH), in grey levels that are not limited to 0…255.

        Parameters
        ----------
        camera_x, camera_y : ndarray, shape (n_images,)
            Position of the camera, px.
        """
        out = np.empty((camera_x.size, HEIGHT, WIDTH), np.float32)
        slope_y, slope_x = np.gradient(self.background)
        for i, (x, y) in enumerate(zip(camera_x, camera_y, strict=True)):
            image = out[i]
            if abs(x) + abs(y) < 0.3:  # warping counts in 1/32 px; the first order is finer
                image[:] = self.background - np.float32(x) * slope_x - np.float32(y) * slope_y
            else:
                shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
                cv2.warpAffine(self.background, shift, (WIDTH, HEIGHT), image, cv2.INTER_LINEAR, cv2.BORDER_REFLECT)
            for sprite in self.sprites:
                paint_sprite(image, sprite, i, x, y)
            for light in self.lights:
                now = light.signal[i] if light.signal.ndim == 1 else light.signal[i][:, None]
                image += (image if light.of_surface else 1.0) * (light.map * now)
        return out


def paint_sprite(image: Float32, sprite: Sprite, i: int, x: float = 0.0, y: float = 0.0) -> None:
    """Paint a sprite into an image as it is at time ``i``, with the camera at (x, y)."""
    painted, covered = np.zeros_like(image), np.zeros_like(image)
    for part in range(sprite.samples):
        at = sprite.transform(i + 0.6 * (part / sprite.samples))
        at[:, 2] += x, y
        painted += cv2.warpAffine(sprite.paint * sprite.cover, at, (WIDTH, HEIGHT))
        covered += cv2.warpAffine(sprite.cover, at, (WIDTH, HEIGHT))
    share: Float32 | float = 1 / sprite.samples
    if sprite.window is not None:
        share = np.float32(share) * sprite.window
    image *= 1 - share * covered
    image += share * painted


def scenery(rng: Rng) -> Float32:
    """Return a background: 1/f texture of some contrast, often with flat shapes of hard outline."""
    contrast = float(np.exp(rng.uniform(np.log(3.0), np.log(50.0))))
    image = rng.uniform(40, 190) + contrast * texture(rng, WIDTH, HEIGHT, rng.uniform(0.9, 1.6))
    for _ in range(rng.integers(0, 6)):
        add_shape(image, rng)
    return np.asarray(np.clip(image, 2, 250), np.float32)


def add_shape(image: Float32, rng: Rng) -> None:
    """Paint a flat box or ellipse at a random place."""
    colour = float(rng.uniform(10, 240))
    centre = (int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT)))
    axes = (int(rng.integers(3, 40)), int(rng.integers(3, 30)))
    if rng.random() < 0.5:
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    else:
        corners = cv2.boxPoints((centre, (2.0 * axes[0], 2.0 * axes[1]), float(rng.uniform(0, 90))))
        cv2.fillConvexPoly(image, (corners * 16).astype(np.int32), colour, cv2.LINE_AA, 4)


def blob(rng: Rng, smallest: float, largest: float) -> Float32:
    """Return a soft-edged box or ellipse at a random place, 0 … 1; its half width and height between two sizes."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    centre = (float(rng.uniform(0.1, 0.9) * WIDTH), float(rng.uniform(0.1, 0.9) * HEIGHT))
    size = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
    axes = (float(2 * size * rng.uniform(0.7, 1.4)), float(2 * size * rng.uniform(0.7, 1.4)))
    box = (centre, axes, float(rng.uniform(0, 180)) if rng.random() < 0.5 else 0.0)
    if rng.random() < 0.5:
        cv2.ellipse(mask, box, 1.0, -1, cv2.LINE_AA)
    else:
        cv2.fillConvexPoly(mask, (cv2.boxPoints(box) * 16).astype(np.int32), 1.0, cv2.LINE_AA, 4)
    soft = rng.uniform(0.3, 0.2 * size + 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)
