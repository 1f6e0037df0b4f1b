"""Augment pictures as other shots of the same scene, and spectra as those of turned pictures."""

from __future__ import annotations

import cv2
import numpy as np

from streamer.arrays import Float32, Rng, UInt8
from streamer.training.pattern import camera

LARGEST_PX = 640  # edge of a picture that is augmented; the front end takes 256
SMALLEST_CROP = 0.75  # of the square that the front end takes
LARGEST_TURN_DEG = 8.0  # of a camera held by hand


def another_shot(grey: UInt8, rng: Rng) -> UInt8:
    """Return a picture like another shot of the scene: nearer, shifted, turned, with other light, focus and coding.

    It is square, and its scale is changed by a third at most. It is neither mirrored nor turned by more than 8°,
    because labels may differ in nothing but direction.
    """
    picture = _cropped(_shrunk(grey), rng).astype(np.float32) / np.float32(255)
    side = len(picture)
    if rng.random() < 0.3:
        picture = camera.light(picture, rng)
    if rng.random() < 0.5:
        picture = camera.blur(picture, rng, 0.004 * side)
    if rng.random() < 0.5 and np.ptp(picture) > 0.02:
        picture = camera.expose(picture, rng, float(rng.uniform(0.3, 1.1)))
    return camera.record(picture, rng, float(0.04 * rng.random() ** 2))


def turned(features: Float32, rng: Rng, n_steps: int | None = None) -> Float32:
    """Turn each spectrum as a turn of the picture would, apart from its corners and the pixel grid.

    Parameters
    ----------
    features : ndarray, shape (n, n_radii, n_angles)
        One step of the angles is 180° / n_angles.
    n_steps : int, optional
        Steps each way at most; None: any angle, and half of the spectra are mirrored too.
    """
    n, _, n_angles = features.shape
    way = rng.choice([-1, 1], (n, 1)) if n_steps is None else np.ones((n, 1), np.int64)
    low, high = (0, n_angles) if n_steps is None else (-n_steps, n_steps + 1)
    angles = (np.arange(n_angles) * way + rng.integers(low, high, size=(n, 1))) % n_angles
    return np.take_along_axis(features, angles[:, None, :], axis=2)


def _shrunk(grey: UInt8) -> UInt8:
    """Return the picture with its shorter edge reduced to `LARGEST_PX`: more costs time and changes nothing."""
    scale = LARGEST_PX / min(grey.shape)
    if scale >= 1.0:
        return grey
    size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cropped(grey: UInt8, rng: Rng) -> UInt8:
    """Return a random square of the picture, turned, smaller or shifted; all of it lies within the picture."""
    height, width = grey.shape
    turn = np.radians(rng.uniform(-LARGEST_TURN_DEG, LARGEST_TURN_DEG)) * (rng.random() < 0.5)
    largest = min(height, width) / (np.cos(turn) + abs(np.sin(turn)))
    side = max(1, int(largest * rng.uniform(SMALLEST_CROP, 1.0)))
    reach = side / 2 * (np.cos(turn) + abs(np.sin(turn)))  # of its corners, each way
    x, y = (
        np.clip(rng.normal(n / 2, 0.1 * side), min(reach, n / 2), max(n - reach, n / 2)) - 0.5 for n in (width, height)
    )
    cos, sin, middle = np.cos(turn), np.sin(turn), (side - 1) / 2
    to_source = np.array([[cos, -sin, x - cos * middle + sin * middle], [sin, cos, y - sin * middle - cos * middle]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(grey, to_source, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT), np.uint8
    )
