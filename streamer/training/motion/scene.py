"""A made video: a background, things that move before it, and lights; rendered image by image.

Everything is drawn at 128 × 72 px, four pixels to a cell each way: means over cells are all that the front end sees,
and finer pixels would not change them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from streamer.arrays import Float32, Float64
from streamer.sources.images.paint import texture

HEIGHT, WIDTH = 72, 128
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Thing:
    """A painted thing and how it moves."""

    paint: Float32  # shape (height, width), grey levels
    cover: Float32  # the same shape, 0 … 1: where it hides what is behind
    place: tuple[float, float]  # px: where its centre is when x = y = 0
    x: Float64  # px, one for each image
    y: Float64
    angle: Float64  # radians
    scale_x: Float64
    scale_y: Float64
    window: Float32 | None = None  # shape (HEIGHT, WIDTH), 0 … 1: seen only through this
    shear: float = 0.0  # of the plane it turns in: a wheel seen from a side
    samples: int = 1  # of the exposure: what turns fast is blurred

    def transform(self, i: float) -> Float64:
        """Return the 2 × 3 map from its own pixels to the scene's at image ``i``, or between two."""
        j = np.arange(self.x.size)
        x, y, angle, sx, sy = (np.interp(i, j, a) for a in (self.x, self.y, self.angle, self.scale_x, self.scale_y))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn = np.array([[sx, self.shear], [0.0, sy]]) @ turn
        height, width = self.paint.shape
        offset = np.array([self.place[0] + x, self.place[1] + y]) - turn @ np.array([(width - 1) / 2, (height - 1) / 2])
        return np.column_stack([turn, offset])


@dataclass(frozen=True, slots=True)
class Light:
    """Brightness that changes: ``image += map · course``, or ``image *= 1 + map · course``."""

    map: Float32  # shape (HEIGHT, WIDTH)
    course: Float32  # shape (n_images,), or (n_images, HEIGHT) where a shutter rolls
    of_surface: bool = False  # multiplies


@dataclass(slots=True)
class Scene:
    """What is before the camera."""

    background: Float32  # shape (HEIGHT, WIDTH), grey levels
    things: list[Thing] = field(default_factory=list)
    lights: list[Light] = field(default_factory=list)

    def images(self, camera_x: Float64, camera_y: Float64) -> Float32:
        """Render, shape (n_images, HEIGHT, WIDTH), in grey levels without limits.

        Parameters
        ----------
        camera_x, camera_y : ndarray, shape (n_images,)
            Where the camera has moved to, in px.
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
            for thing in self.things:
                put(image, thing, i, x, y)
            for light in self.lights:
                now = light.course[i] if light.course.ndim == 1 else light.course[i][:, None]
                image += (image if light.of_surface else 1.0) * (light.map * now)
        return out


def put(image: Float32, thing: Thing, i: int, x: float = 0.0, y: float = 0.0) -> None:
    """Paint a thing into an image as it is at time ``i``, with the camera at (x, y)."""
    painted, covered = np.zeros_like(image), np.zeros_like(image)
    for part in range(thing.samples):
        at = thing.transform(i + 0.6 * (part / thing.samples))
        at[:, 2] += x, y
        painted += cv2.warpAffine(thing.paint * thing.cover, at, (WIDTH, HEIGHT))
        covered += cv2.warpAffine(thing.cover, at, (WIDTH, HEIGHT))
    share: Float32 | float = 1 / thing.samples
    if thing.window is not None:
        share = np.float32(share) * thing.window
    image *= 1 - share * covered
    image += share * painted


def scenery(rng: Rng) -> Float32:
    """Return a background: 1/f texture of some contrast, often with flat things of hard outline."""
    contrast = float(np.exp(rng.uniform(np.log(3.0), np.log(50.0))))
    picture = rng.uniform(40, 190) + contrast * texture(rng, WIDTH, HEIGHT, rng.uniform(0.9, 1.6))
    for _ in range(rng.integers(0, 6)):
        add_shape(picture, rng)
    return np.asarray(np.clip(picture, 2, 250), np.float32)


def add_shape(picture: Float32, rng: Rng) -> None:
    """Paint a flat box or ellipse somewhere."""
    colour = float(rng.uniform(10, 240))
    centre = (int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT)))
    axes = (int(rng.integers(3, 40)), int(rng.integers(3, 30)))
    if rng.random() < 0.5:
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    else:
        corners = cv2.boxPoints((centre, (2.0 * axes[0], 2.0 * axes[1]), float(rng.uniform(0, 90))))
        cv2.fillConvexPoly(picture, (corners * 16).astype(np.int32), colour, cv2.LINE_AA, 4)


def blob(rng: Rng, smallest: float, largest: float) -> Float32:
    """Return a soft-edged box or ellipse somewhere in the scene, 0 … 1; its half width and height between two sizes."""
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
