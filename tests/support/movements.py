"""Videos of what moves in known directions, made in code; angles counter-clockwise from the right, as seen."""

import math

import cv2
import numpy as np

from streamer.arrays import Float32, Rng, UInt8
from streamer.sources.images.paint import texture

SIZE = (144, 256)  # height, width


def swinging(deg: float, seed: int = 0, n: int = 160, size: tuple[int, int] = SIZE) -> UInt8:
    """Return a video of a disc that moves to and fro along an axis, 2.3 times a second at 30 images/s."""
    height, width = size
    rng = np.random.default_rng(seed)
    room, reach, radius = _room(rng, size), 0.02 * width, 0.1 * width
    down, across = np.mgrid[: 2 * radius + 4, : 2 * radius + 4] - radius - 1.5
    disc = np.asarray(np.clip(radius + 0.5 - np.hypot(across, down), 0, 1), np.float32)

    def image(i: int) -> Float32:
        moved = reach * math.sin(2 * math.pi * 2.3 * i / 30)
        x, y = moved * math.cos(math.radians(deg)), -moved * math.sin(math.radians(deg))
        cover = _at(disc, 0.4 * width + x, 0.4 * height + y, size)
        return room * (1 - cover) + 215 * cover

    return _recorded([image(i) for i in range(n)], rng)


def turning(sign: int, seed: int = 0, n: int = 160, size: tuple[int, int] = SIZE) -> UInt8:
    """Return a video of a wheel of three blades, clockwise where the sign is 1, that turns 1.1 times a second."""
    height, width = size
    rng = np.random.default_rng(seed)
    room = _room(rng, size)
    y, x = np.mgrid[:height, :width] - np.array([0.5 * height, 0.45 * width]).reshape(2, 1, 1)
    angle, near = np.arctan2(y, x), np.hypot(x, y) < 0.35 * height

    def image(i: int) -> Float32:
        turned = np.mod(3 * (angle - sign * 2 * math.pi * 1.1 * i / 30) / (2 * math.pi), 1)
        return np.asarray(np.where(near & (turned < 0.4), 40, room), np.float32)

    return _recorded([image(i) for i in range(n)], rng)


def sliding(deg: float, seed: int = 0, n: int = 160, size: tuple[int, int] = SIZE) -> UInt8:
    """Return a video of a cloth that fills the image and slides on, by a 160th of its width from image to image."""
    height, width = size
    rng = np.random.default_rng(seed)
    far = n * width // 160 + 16
    cloth = np.asarray(120 + 28 * texture(rng, width + far, height + far, 1.1), np.float32)

    def image(i: int) -> Float32:
        moved = width / 160 * (i - n / 2)
        x, y = moved * math.cos(math.radians(deg)), -moved * math.sin(math.radians(deg))
        return _at(cloth, x - far / 2, y - far / 2, size)

    return _recorded([image(i) for i in range(n)], rng)


def _room(rng: Rng, size: tuple[int, int]) -> Float32:
    return np.asarray(120 + 18 * texture(rng, size[1], size[0], 1.2), np.float32)


def _at(picture: Float32, x: float, y: float, size: tuple[int, int]) -> Float32:
    shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    return np.asarray(cv2.warpAffine(picture, shift, (size[1], size[0])), np.float32)


def _recorded(images: list[Float32], rng: Rng) -> UInt8:
    video = np.stack(images)
    return np.asarray(np.clip(np.rint(video + rng.normal(0, 1.5, video.shape)), 0, 255), np.uint8)
