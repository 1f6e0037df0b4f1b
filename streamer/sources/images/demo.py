"""Demo source of images: a synthetic scene of periodic patterns whose times and frequencies are known."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.messages import Image, ImageFormat
from streamer.sources.base import BeginImages
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.paint import CameraNoise
from streamer.sources.images.playback import play_images
from streamer.sources.images.synthesis import Cloth, Fan, Lamp, SceneObject

WIDTH, HEIGHT = 320, 240
FPS = 30.0
PART_S = 12.0  # length of each of the three parts; then the first begins again
NOISE_SIGMA = 1.8  # grey levels

N_BLADES = 3
BLADES_HZ = 3.7  # no simple fraction of the image rate: folded harmonics would fall on multiples of it
FLICKER_HZ = 6.4  # 100 Hz mains folds to 10 Hz at this image rate, 120 Hz to 0; twice this is neither
STRIPES_HZ = 2.2
PERIOD_PX = 20.0
ANGLE_DEG = 30.0


@dataclass(frozen=True, slots=True)
class SceneTruth:
    """What the scene shows from onset to offset, and its period in time or in space."""

    label: str  # of the shipped models
    onset_s: float
    offset_s: float
    hz: float | None = None
    period_px: float | None = None
    angle_deg: float | None = None  # as in streamer.messages.LatticeVector


class CameraScene:
    """A spinning fan, a flickering lamp and a striped cloth drifting by: 12 s each at 30 images per second.

    Parameters
    ----------
    seed : int
        Of the textures and the noise. What moves, and when, never changes.

    Attributes
    ----------
    truth : tuple of SceneTruth
        By onset; the cloth has two entries, its stripes and its drift.
    n_images : int
        Number of images before the scene begins again.
    """

    truth = (
        SceneTruth("rotation", 0.0, PART_S, hz=BLADES_HZ),
        SceneTruth("flicker", PART_S, 2 * PART_S, hz=FLICKER_HZ),
        SceneTruth("stripes", 2 * PART_S, 3 * PART_S, period_px=PERIOD_PX, angle_deg=ANGLE_DEG),
        SceneTruth("drift", 2 * PART_S, 3 * PART_S, hz=STRIPES_HZ),
    )
    n_images = round(3 * PART_S * FPS)

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._objects: tuple[SceneObject, ...] = (
            Fan(rng, WIDTH, HEIGHT, N_BLADES, BLADES_HZ),
            Lamp(rng, WIDTH, HEIGHT, FLICKER_HZ),
            Cloth(rng, WIDTH, HEIGHT, PERIOD_PX, ANGLE_DEG, STRIPES_HZ, PART_S),
        )
        self._noise = CameraNoise(rng, WIDTH, HEIGHT, NOISE_SIGMA)

    def render(self, index: int) -> UInt8:
        """Render one image.

        Parameters
        ----------
        index : int
            Number of the image. The same seed and number give the same image; after ``n_images`` the scene
            repeats with new noise.

        Returns
        -------
        ndarray of uint8, shape (240, 320, 3)
            Blue-green-red; valid until the next call.
        """
        part, time_s = divmod(index % self.n_images / FPS, PART_S)
        image = self._objects[int(part)].render(time_s)
        self._noise.add(image, np.random.default_rng((self._seed, index)))
        return image


class DemoCameraSource:
    """Source that plays the scene again and again until it is stopped.

    Parameters
    ----------
    settings : SourceSettings
        ``realtime`` is used.
    images : ImageSettings
        ``roi``, ``downscale`` and ``rotate`` are used; the scene has a size and an image rate of its own.
    """

    uri = "demo:camera"
    medium: Final = "images"
    is_live = False
    note = ""
    stuck = False

    def __init__(self, settings: SourceSettings, images: ImageSettings) -> None:
        self.is_paced = settings.realtime
        self.start_epoch_s = None if self.is_paced else math.nan
        self._geometry = Geometry(images, WIDTH, HEIGHT)

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Render and play the scene; see :class:`streamer.sources.Source`."""
        ring = begin(ImageFormat(self._geometry.width, self._geometry.height, FPS, "demo scene"))
        play_images(self._endless_images(), ring, stop, self.is_paced)

    def _endless_images(self) -> Iterator[Image]:
        scene = CameraScene()
        for index in itertools.count():
            yield Image(self._geometry.apply(scene.render(index)), index, 0, index / FPS, 0.0)
