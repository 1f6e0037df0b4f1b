"""Drawing for synthetic images: natural texture, soft edges, light, and a camera's noise.

Colours are blue-green-red in grey levels, as OpenCV has them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, UInt8

_FINE = 4  # outlines are drawn so many times larger and averaged, which leaves no jagged edge

Colour = tuple[float, float, float]


class CameraNoise:
    """Noise of a small camera's sensor, new for every image.

    Parameters
    ----------
    rng : Generator
        Source of chance.
    width, height : int
        Size in pixels.
    sigma : float
        Standard deviation in grey levels.
    """

    _MARGIN = 64

    def __init__(self, rng: np.random.Generator, width: int, height: int, sigma: float) -> None:
        size = (height + self._MARGIN, width + self._MARGIN, 3)
        self._field = to_bytes(rng.standard_normal(size, np.float32) * np.float32(sigma) + 32)

    def add(self, image: UInt8, rng: np.random.Generator) -> None:
        """Add, in place, a randomly placed piece of a noise field: a hundredth of the cost of new noise."""
        y, x = rng.integers(0, self._MARGIN, 2)
        piece = self._field[y : y + image.shape[0], x : x + image.shape[1]]
        cv2.addWeighted(image, 1.0, piece, 1.0, -32.0, image)


def texture(rng: np.random.Generator, width: int, height: int, slope: float) -> Float32:
    """Return noise of mean 0 and variance 1 whose amplitude falls as frequency to the power −slope, as in
    natural images.
    """
    rows, columns = 2 * height, 2 * width  # cut from a larger field, which alone would repeat at its edges
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((rows, columns))) / frequency**slope, (rows, columns))
    field = field[:height, :width]
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def plaster(rng: np.random.Generator, width: int, height: int, colour: Colour) -> UInt8:
    """Return a wall, a little uneven."""
    return to_bytes(np.array(colour, np.float32) * (1 + 0.06 * texture(rng, width, height, 1.0)[..., None]))


def lit_from_a_side(picture: UInt8, slope: tuple[float, float]) -> UInt8:
    """Return an image under light that changes from left to right and from top to bottom by these shares."""
    height, width, _ = picture.shape
    across, down = np.linspace(-0.5, 0.5, width)[None, :], np.linspace(-0.5, 0.5, height)[:, None]
    return to_bytes(picture * (1 + slope[0] * across + slope[1] * down)[..., None])


def coverage(outline: tuple[tuple[float, float], ...], width: int, height: int) -> Float32:
    """Return the coverage of every pixel, 0…1, by a polygon given in shares of width and height."""
    fine = np.zeros((height * _FINE, width * _FINE), np.uint8)
    corners = np.rint(np.array(outline) * (width * _FINE, height * _FINE)).astype(np.int32)
    cv2.fillPoly(fine, [corners], 255)
    mean = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(mean, np.float32) / np.float32(255)


def edge(pixels: Float32) -> Float32:
    """Return a soft edge: 0 outside, 1 inside, linear over one pixel."""
    return np.clip(pixels, 0.0, 1.0)


def mixed(one: NDArray[np.float32] | Colour, other: NDArray[np.float32] | Colour, share: Float32 | float) -> Float32:
    """Return ``one``, of which ``share`` is replaced by ``other``."""
    a, b = np.asarray(one, np.float32), np.asarray(other, np.float32)
    return np.asarray(a + (b - a) * share, np.float32)


def to_bytes(picture: NDArray[np.floating]) -> UInt8:
    """Return grey levels, rounded and clipped to 0…255."""
    rounded: UInt8 = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return rounded
