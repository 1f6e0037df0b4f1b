"""Synthetic image sequences: an object of one of eight shapes moves in one of eight ways before a background.

The scene wraps around (an object that leaves to the right comes back from the left), and every video begins with its
object at a random place. So a single image of a video has the same distribution whatever the motion: only the order
of the images tells motions apart. Shape and motion are chosen independently of each other: the same videos serve both
questions, *which motion* and *which shape*.
"""

from __future__ import annotations

import cv2
import numpy as np

from streamer.arrays import Float32, Float64, Rng, UInt8
from streamer.sources.images.paint import texture

SIDE = 64  # width and height, pixels
N_IMAGES = 32
FPS = 30.0
SLOW, FAST = (1.8, 2.8), (4.2, 5.8)  # cycles per second
PATHS = ("horizontal", "vertical", "clockwise", "anticlockwise")
MOTIONS = tuple(f"{path} {pace}" for path in PATHS for pace in ("slow", "fast"))
SHAPES = ("disc", "square", "triangle", "cross", "ring", "bar", "star", "crescent")


def make_video(motion: str, shape: str, rng: Rng) -> UInt8:
    """Return a grey video, shape (N_IMAGES, SIDE, SIDE), of FPS images per second.

    Parameters
    ----------
    motion : str
        One of ``MOTIONS``: an oscillation or a circle, at a low or a high frequency.
    shape : str
        One of ``SHAPES``, of an object of random size, orientation, shade and texture.
    """
    x, y = positions(motion, rng)
    cover = np.asarray(cv2.GaussianBlur(silhouette(shape, rng), (0, 0), 0.7), np.float32)
    difference = rng.uniform(35.0, 80.0) * rng.choice([-1.0, 1.0])
    paint = difference + rng.uniform(3.0, 15.0) * texture(rng, SIDE, SIDE, rng.uniform(0.8, 1.5))
    background = rng.uniform(100, 155) + rng.uniform(6.0, 22.0) * texture(rng, SIDE, SIDE, rng.uniform(0.9, 1.5))
    noise = rng.standard_normal((N_IMAGES, SIDE, SIDE), np.float32) * np.float32(rng.uniform(1.0, 4.0))
    painted = np.asarray(cover * (background.mean() + paint), np.float32)
    video = noise
    for image, place_x, place_y in zip(video, x, y, strict=True):
        image += background * (1 - _moved(cover, place_x, place_y)) + _moved(painted, place_x, place_y)
    return np.asarray(np.clip(np.rint(video), 0, 255), np.uint8)


def positions(motion: str, rng: Rng) -> tuple[Float64, Float64]:
    """Return the object's position in each image, px to the right and downwards, each of shape (N_IMAGES,)."""
    way, pace = motion.split()
    cycles_hz = rng.uniform(*(SLOW if pace == "slow" else FAST))
    reach_px = rng.uniform(4.0, 9.0)
    phase = 2 * np.pi * (cycles_hz * np.arange(N_IMAGES) / FPS + rng.random())
    x, y = {
        "horizontal": (np.cos(phase), 0 * phase),
        "vertical": (0 * phase, np.cos(phase)),
        "clockwise": (np.cos(phase), np.sin(phase)),  # rows count downwards
        "anticlockwise": (np.cos(phase), -np.sin(phase)),
    }[way]
    return rng.uniform(0, SIDE) + reach_px * x, rng.uniform(0, SIDE) + reach_px * y


def silhouette(shape: str, rng: Rng) -> Float32:
    """Return the object in the middle of the scene, range 0…1, shape (SIDE, SIDE), of random size and orientation."""
    fine, middle = 8, SIDE * 4
    radius = rng.uniform(9.0, 14.0) * fine
    turn = rng.uniform(0, 2 * np.pi)
    mask = np.zeros((SIDE * fine, SIDE * fine), np.uint8)

    def polygon(angles: Float64, radii: Float64 | float) -> None:
        corners = np.stack([np.cos(angles + turn), np.sin(angles + turn)], 1) * np.atleast_1d(radii)[:, None] * radius
        cv2.fillPoly(mask, [np.rint(corners + middle).astype(np.int32)], 255)

    def box(half_length: float, half_width: float, more_turn: float = 0.0) -> None:
        size = (2 * half_length * radius, 2 * half_width * radius)
        corners = cv2.boxPoints(((middle, middle), size, float(np.degrees(turn + more_turn))))
        cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), 255)

    if shape in ("disc", "ring", "crescent"):
        cv2.circle(mask, (middle, middle), int(radius), 255, -1)
        if shape == "ring":
            cv2.circle(mask, (middle, middle), int(0.55 * radius), 0, -1)
        if shape == "crescent":
            hole = int(middle + 0.5 * radius * np.cos(turn)), int(middle + 0.5 * radius * np.sin(turn))
            cv2.circle(mask, hole, int(0.8 * radius), 0, -1)
    elif shape == "square":
        box(0.85, 0.85)
    elif shape == "triangle":
        polygon(np.arange(3) * 2 * np.pi / 3, 1.25)
    elif shape == "cross":
        box(1.1, 0.33)
        box(1.1, 0.33, np.pi / 2)
    elif shape == "bar":
        box(1.3, 0.42)
    else:  # star
        polygon(np.arange(10) * np.pi / 5, np.where(np.arange(10) % 2, 0.5, 1.3))
    small = cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small / np.float32(255), np.float32)


def _moved(image: Float32, x: float, y: float) -> Float32:
    """Return an image shifted by a fraction of a pixel in a scene that wraps around."""
    whole_x, whole_y = int(np.floor(x)), int(np.floor(y))
    part_x, part_y = np.float32(x - whole_x), np.float32(y - whole_y)
    rolled = np.roll(image, (whole_y, whole_x), (0, 1))
    across = rolled * (1 - part_x) + np.roll(rolled, 1, 1) * part_x
    return np.asarray(across * (1 - part_y) + np.roll(across, 1, 0) * part_y, np.float32)
