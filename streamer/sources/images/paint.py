"""Building blocks of the demo camera's images: natural texture, soft edges, light, and a camera's noise.

Colours are blue-green-red in grey levels, as in OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, UInt8

_OVERSAMPLING = 4  # outlines are drawn so many times larger and averaged, for smooth edges

Colour = tuple[float, float, float]


class CameraNoise:
    """Noise of a small camera's sensor, different for every image.

    Parameters
    ----------
    rng : Generator
        Makes the noise field.
    width, height : int
        Size of the images in pixels.
    sigma : float
        Standard deviation in grey levels.
    """

    _MARGIN = 64

    def __init__(self, rng: np.random.Generator, width: int, height: int, sigma: float) -> None:
        size = (height + self._MARGIN, width + self._MARGIN, 3)
        self._field = to_bytes(rng.standard_normal(size, np.float32) * np.float32(sigma) + 32)

    def add(self, image: UInt8, rng: np.random.Generator) -> None:
        """Add a random section of the noise field to an image, in place: a hundredth of the cost of new noise."""
        y, x = rng.integers(0, self._MARGIN, 2)
        piece = self._field[y : y + image.shape[0], x : x + image.shape[1]]
        cv2.addWeighted(image, 1.0, piece, 1.0, -32.0, image)


def texture(rng: np.random.Generator, width: int, height: int, slope: float) -> Float32:
    """Return noise with the spectrum of natural images: its amplitude falls as frequency to the power −slope.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Mean 0, variance 1.
    """
    rows, columns = 2 * height, 2 * width  # a section of a larger field, whose opposite edges would match
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((rows, columns))) / frequency**slope, (rows, columns))
    field = field[:height, :width]
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def plaster(rng: np.random.Generator, width: int, height: int, colour: Colour) -> UInt8:
    """Return the image of a slightly uneven wall."""
    return to_bytes(np.array(colour, np.float32) * (1 + 0.06 * texture(rng, width, height, 1.0)[..., None]))


def lit_from_a_side(image: UInt8, slope: tuple[float, float]) -> UInt8:
    """Return an image under light whose brightness changes by these fractions from left to right and top to bottom."""
    height, width, _ = image.shape
    across, down = np.linspace(-0.5, 0.5, width)[None, :], np.linspace(-0.5, 0.5, height)[:, None]
    return to_bytes(image * (1 + slope[0] * across + slope[1] * down)[..., None])


def coverage(outline: tuple[tuple[float, float], ...], width: int, height: int) -> Float32:
    """Return how much of every pixel a polygon covers, 0…1; its corners are fractions of width and height."""
    fine = np.zeros((height * _OVERSAMPLING, width * _OVERSAMPLING), np.uint8)
    corners = np.rint(np.array(outline) * (width * _OVERSAMPLING, height * _OVERSAMPLING)).astype(np.int32)
    cv2.fillPoly(fine, [corners], 255)
    mean = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(mean, np.float32) / np.float32(255)


def edge(pixels: Float32) -> Float32:
    """Return the coverage near an edge from the distance inside it in pixels: 0 outside, 1 inside, linear between."""
    return np.clip(pixels, 0.0, 1.0)


def mixed(one: NDArray[np.float32] | Colour, other: NDArray[np.float32] | Colour, share: Float32 | float) -> Float32:
    """Return the mixture of ``one`` and ``other`` in which ``other`` has a weight of ``share``, 0…1."""
    a, b = np.asarray(one, np.float32), np.asarray(other, np.float32)
    return np.asarray(a + (b - a) * share, np.float32)


def to_bytes(image: NDArray[np.floating]) -> UInt8:
    """Return grey levels rounded and clipped to 0…255."""
    rounded: UInt8 = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return rounded
