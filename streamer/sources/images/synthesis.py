"""Objects of the demo camera's scene, each periodic in time or in space: a fan, a lamp and a striped cloth.

An object is prepared once (tens of milliseconds) and then renders the image of any instant in less than a
millisecond. Colours are blue-green-red, as in OpenCV.
"""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np

from streamer.arrays import UInt8
from streamer.sources.images.paint import Colour, coverage, edge, lit_from_a_side, mixed, plaster, texture, to_bytes

_SHUTTER_S = 1 / 90  # exposure: the rotor is blurred by what it turns in this time


class SceneObject(Protocol):
    """Protocol of one moving object and what surrounds it."""

    def render(self, time_s: float) -> UInt8:
        """Return the image of one instant.

        Parameters
        ----------
        time_s : float
            Seconds since the object appeared.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            The object's own array, valid until the next call.
        """


class Fan:
    """Wall fan that turns, with light blades in front of a dark housing.

    Parameters
    ----------
    rng : Generator
        For the texture of the wall.
    width, height : int
        Size of the image in pixels.
    n_blades : int
        Number of blades; they are equal, so that the image repeats with every passing blade.
    blades_hz : float
        Blades that pass a point per second.
    """

    def __init__(self, rng: np.random.Generator, width: int, height: int, n_blades: int, blades_hz: float) -> None:
        self._degrees_per_s = 360.0 * blades_hz / n_blades
        wall = lit_from_a_side(plaster(rng, width, height, (150, 166, 170)), (0.35, -0.2))
        self._centre = (0.5 * width, 0.47 * height)
        x, y = (round(c * 16) for c in self._centre)
        radius = 0.36 * height
        stand = np.array([[x - 70, y], [x + 70, y], [x + 130, 16 * height], [x - 130, 16 * height]], np.int32)
        cv2.fillPoly(wall, [stand], (78, 70, 62), cv2.LINE_AA, 4)
        # Shadow and rim. The rotor, copied in later, ends under the rim.
        shadow = np.zeros((height, width), np.uint8)
        cv2.circle(shadow, (x + 16 * 9, y + 16 * 8), round(radius * 1.09 * 16), 255, -1, cv2.LINE_AA, 4)
        shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), 7.0), np.uint8)
        wall = to_bytes(wall * (1 - 0.4 * shadow[..., None] / 255.0))
        self._rim = ((x, y), round(radius * 16))
        self._mask = np.zeros((height, width), np.uint8)
        cv2.circle(self._mask, (x, y), self._rim[1], 255, -1, shift=4)
        self._wall = wall
        self._rotor = self._render_rotor(width, height, radius, n_blades)
        self._turned: UInt8 = np.empty_like(wall)
        self._image: UInt8 = np.empty_like(wall)

    def _render_rotor(self, width: int, height: int, radius: float, n_blades: int) -> UInt8:
        """Return the rotor at angle 0, blurred by its motion, on the dark of the housing."""
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        x, y = columns - self._centre[0], self._centre[1] - rows
        r, angle = np.hypot(x, y) / radius, np.degrees(np.arctan2(y, x))
        sector = 360.0 / n_blades
        half = sector * (0.26 + 0.10 * r)  # half width of a blade in degrees, growing outwards
        housing, near, far = ((46, 40, 34), (214, 205, 190), (150, 128, 104))
        turned_deg = np.linspace(0.0, self._degrees_per_s * _SHUTTER_S, 7)
        image = np.zeros((height, width, 3), np.float32)
        for turned in turned_deg:
            across = (angle - turned + 55 * r + sector / 2) % sector - sector / 2  # blades are swept back
            blade = edge((half - np.abs(across)) * np.radians(r) * radius + 0.5) * edge((0.95 - r) * radius)
            light = (0.5 + 0.5 * across / half)[..., None]
            image += mixed(mixed(far, near, light), housing, 1 - blade[..., None]) / turned_deg.size
        hub = edge((0.2 - r) * radius)[..., None]
        return to_bytes(mixed(image, (120, 112, 104) * (1.25 - 2.2 * r[..., None]), hub))

    def render(self, time_s: float) -> UInt8:
        """See :class:`SceneObject`; the fan turns counter-clockwise."""
        turn = cv2.getRotationMatrix2D(self._centre, self._degrees_per_s * time_s % 360.0, 1.0)
        cv2.warpAffine(self._rotor, turn, self._rotor.shape[1::-1], self._turned, cv2.INTER_LINEAR)
        self._image[:] = self._wall
        cv2.copyTo(self._turned, self._mask, self._image)
        centre, radius = self._rim
        cv2.circle(self._image, centre, radius, (92, 86, 80), 6, cv2.LINE_AA, 4)
        cv2.circle(self._image, centre, radius + 24, (176, 170, 160), 1, cv2.LINE_AA, 4)
        return self._image


class Lamp:
    """Table lamp in a dark room whose brightness varies periodically.

    Parameters
    ----------
    rng : Generator
        For the texture of the wall.
    width, height : int
        Size of the image in pixels.
    flicker_hz : float
        Periods of the brightness per second.
    """

    def __init__(self, rng: np.random.Generator, width: int, height: int, flicker_hz: float) -> None:
        self._flicker_hz = flicker_hz
        colour = plaster(rng, width, height, (120, 150, 170)).astype(np.float32)
        table_y = 0.78
        parts: tuple[tuple[Colour, tuple[tuple[float, float], ...]], ...] = (
            ((92, 80, 66), ((0.08, 0.14), (0.34, 0.14), (0.34, 0.52), (0.08, 0.52))),  # a picture on the wall …
            ((150, 176, 168), ((0.11, 0.18), (0.31, 0.18), (0.31, 0.48), (0.11, 0.48))),
            ((96, 122, 88), ((0.11, 0.40), (0.18, 0.30), (0.24, 0.36), (0.31, 0.27), (0.31, 0.48), (0.11, 0.48))),
            ((58, 84, 118), ((0.0, table_y), (1.0, table_y - 0.02), (1.0, 1.0), (0.0, 1.0))),  # … and a table
            ((70, 60, 150), ((0.17, 0.74), (0.38, 0.735), (0.385, 0.785), (0.175, 0.79))),  # two books
            ((130, 110, 60), ((0.19, 0.70), (0.36, 0.695), (0.36, 0.737), (0.19, 0.742))),
            ((60, 66, 74), ((0.655, 0.52), (0.675, 0.52), (0.68, 0.80), (0.65, 0.80))),  # stem and foot of the lamp
            ((60, 66, 74), ((0.60, 0.80), (0.73, 0.80), (0.745, 0.835), (0.585, 0.835))),
        )
        for paint, outline in parts:
            colour = mixed(colour, paint, coverage(outline, width, height)[..., None])
        shade = coverage(((0.60, 0.26), (0.73, 0.26), (0.80, 0.53), (0.53, 0.53)), width, height)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        distance = np.hypot((columns / width - 0.665) * 1.15, rows / height - 0.50)
        beam = edge((np.abs(rows / height - 0.40) - 0.10) * 14)  # more light leaves above and below the shade
        light = (0.25 + 0.75 * beam) * 0.16 / (0.10 + distance**2)
        glow = np.array((120, 196, 250), np.float32) * (1.05 - 0.35 * np.abs(columns / width - 0.665) / 0.13)[..., None]
        self._dark = to_bytes(mixed(colour * 0.34, (70, 96, 112), shade[..., None]))
        warm = np.array((0.62, 0.84, 1.0), np.float32)
        self._lit = to_bytes(mixed(colour * warm * light[..., None], glow * 0.8, shade[..., None]))
        self._image: UInt8 = np.empty_like(self._dark)

    def render(self, time_s: float) -> UInt8:
        """See :class:`SceneObject`."""
        phase = 2 * math.pi * self._flicker_hz * time_s
        brightness = 0.58 + 0.26 * math.sin(phase) + 0.07 * math.sin(2 * phase + 0.8)
        cv2.addWeighted(self._dark, 1.0, self._lit, brightness, 0.0, self._image)
        return self._image


class Cloth:
    """Striped cloth with soft shadows that moves past the camera, perpendicular to its stripes.

    Parameters
    ----------
    rng : Generator
        For the yarn and the shadows of folds.
    width, height : int
        Size of the image in pixels.
    period_px, angle_deg : float
        Period and direction of the stripes; see :class:`streamer.messages.LatticeVector`.
    stripes_hz : float
        Stripes that pass a point per second.
    duration_s : float
        Seconds until the cloth begins again; its length follows from this.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        width: int,
        height: int,
        period_px: float,
        angle_deg: float,
        stripes_hz: float,
        duration_s: float,
    ) -> None:
        angle = math.radians(angle_deg)
        speed = period_px * stripes_hz
        self._velocity = (speed * math.cos(angle), -speed * math.sin(angle))  # pixels per second, right and down
        self._duration_s = duration_s
        travel = [s * duration_s for s in self._velocity]
        # The cloth moves towards `angle`, so what is visible last lies farthest in the opposite direction.
        self._origin = tuple(max(t, 0.0) + 1.0 for t in travel)
        n_columns, n_rows = (math.ceil(n + abs(t)) + 3 for n, t in zip((width, height), travel, strict=True))
        rows, columns = np.mgrid[0:n_rows, 0:n_columns].astype(np.float32)
        along = (columns * math.cos(angle) - rows * math.sin(angle)) / np.float32(period_px)
        inside = 0.23 - np.abs(along - np.round(along))  # of the dark stripe, in periods
        yarn = 1 + 0.05 * texture(rng, n_columns, n_rows, 0.7)[..., None]
        stripe = edge(inside * period_px * 0.6 + 0.5)[..., None]
        self._cloth = to_bytes(mixed(mixed((176, 206, 222), (92, 66, 50), stripe), (60, 90, 200), 0.12) * yarn)
        folds = texture(rng, width // 2, height, 1.6)
        folds = np.asarray(cv2.resize(cv2.GaussianBlur(folds, (0, 0), 9.0), (width, height)), np.float32)
        self._shade = np.repeat(
            to_bytes(255 * np.clip(0.84 + 0.13 * folds / folds.std(), 0.4, 1))[..., None], 3, axis=2
        )
        self._image: UInt8 = np.empty((height, width, 3), np.uint8)

    def render(self, time_s: float) -> UInt8:
        """See :class:`SceneObject`."""
        moved_s = time_s % self._duration_s
        x, y = (o - s * moved_s for o, s in zip(self._origin, self._velocity, strict=True))
        shift = np.array([[1, 0, x], [0, 1, y]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(self._cloth, shift, self._image.shape[1::-1], self._image, flags)
        cv2.multiply(self._image, self._shade, self._image, 1 / 255)
        return self._image
