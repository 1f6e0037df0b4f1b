"""A synthetic scene of periodic patterns with known truth, so that streamer can be tried without a camera."""

from __future__ import annotations

import itertools
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
from streamer.sources.images.synthesis import Act, Cloth, Fan, Lamp

WIDTH, HEIGHT = 320, 240
FPS = 30.0
ACT_S = 12.0  # of each of the three acts; then the first begins again
NOISE_SIGMA = 1.8  # grey levels

N_BLADES = 3
BLADES_HZ = 3.7  # no simple share of the image rate: harmonics that fold would fall on multiples of that share
FLICKER_HZ = 6.4  # 100 Hz mains folds to 10 Hz at this image rate, 120 Hz to 0; twice this is neither
STRIPES_HZ = 2.2
PERIOD_PX = 20.0
ANGLE_DEG = 30.0


@dataclass(frozen=True, slots=True)
class ImageTruth:
    """One act of the scene: what it shows from onset to offset, and its period in time or in space."""

    label: str  # as the shipped models name it
    onset_s: float
    offset_s: float
    hz: float | None = None
    period_px: float | None = None
    angle_deg: float | None = None  # as in streamer.messages.LatticeVector


class ImageScene:
    """A fan, a lamp and a cloth, one after another; made by :func:`image_scene`.

    Attributes
    ----------
    truth : tuple of ImageTruth
        By onset; the cloth has two entries, its stripes and its drift.
    n_images : int
        Before the scene begins again.
    """

    truth = (
        ImageTruth("rotation", 0.0, ACT_S, hz=BLADES_HZ),
        ImageTruth("flicker", ACT_S, 2 * ACT_S, hz=FLICKER_HZ),
        ImageTruth("stripes", 2 * ACT_S, 3 * ACT_S, period_px=PERIOD_PX, angle_deg=ANGLE_DEG),
        ImageTruth("drift", 2 * ACT_S, 3 * ACT_S, hz=STRIPES_HZ),
    )
    n_images = round(3 * ACT_S * FPS)

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._acts: tuple[Act, ...] = (
            Fan(rng, WIDTH, HEIGHT, N_BLADES, BLADES_HZ),
            Lamp(rng, WIDTH, HEIGHT, FLICKER_HZ),
            Cloth(rng, WIDTH, HEIGHT, PERIOD_PX, ANGLE_DEG, STRIPES_HZ, ACT_S),
        )
        self._noise = CameraNoise(rng, WIDTH, HEIGHT, NOISE_SIGMA)

    def draw(self, index: int) -> UInt8:
        """Return one image by its number, shape (240, 320, 3), blue-green-red; valid until the next call.

        The same seed and number give the same image; only the noise differs from one showing to the next.
        """
        act, act_s = divmod(index % self.n_images / FPS, ACT_S)
        image = self._acts[int(act)].draw(act_s)
        self._noise.add(image, np.random.default_rng((self._seed, index)))
        return image


def image_scene(seed: int = 0) -> ImageScene:
    """Make the scene: a spinning fan, a flickering lamp, a striped cloth drifting by.

    Parameters
    ----------
    seed : int
        Of the textures and the noise; what moves, and when, never changes.

    Returns
    -------
    ImageScene
        Three acts of 12 s at 30 images per second.
    """
    return ImageScene(seed)


class DemoCameraSource:
    """Source that plays the scene again and again until stopped.

    Parameters
    ----------
    settings : SourceSettings
        ``realtime`` counts.
    images : ImageSettings
        ``roi``, ``downscale`` and ``rotate`` count; the scene has a size and an image rate of its own.
    """

    uri = "demo:camera"
    medium: Final = "images"
    is_live = False
    note = ""
    stuck = False

    def __init__(self, settings: SourceSettings, images: ImageSettings) -> None:
        self._paced = settings.realtime
        self._geometry = Geometry(images, WIDTH, HEIGHT)

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Draw and play; see :class:`streamer.sources.ImageSource`."""
        ring = begin(ImageFormat(self._geometry.width, self._geometry.height, FPS, "demo scene"))
        play_images(self._endless_images(), ring, stop, self._paced)

    def _endless_images(self) -> Iterator[Image]:
        scene = image_scene()
        for index in itertools.count():
            yield Image(self._geometry.apply(scene.draw(index)), index, 0, index / FPS, 0.0)
