"""Still pictures for the study: handwritten digits, synthetic textures, and photographs to test on only."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from streamer.arrays import Int64, Rng, UInt8
from streamer.system import unicode_name
from streamer.training.pattern import camera
from streamer.training.pattern.plane import view
from streamer.training.pattern.scene import MOTIFS
from streamer.training.pattern.scenery import scenery

TEXTURES = ("none", "stripes", "grid", "hexagonal", "rings", "woven")
SIDE = 96  # width and height of a texture, pixels
FINEST_PX, COARSEST_PX = 5.0, 16.0  # range of a texture's period: six periods at least, all within small kernels
TILT = 0.2  # change of scale by perspective, from the centre to an edge
PHOTOGRAPHS = {
    "grid": ("left0?.jpg", "chessboard.png", "brick.png"),
    "none": ("astronaut.png", "baboon.jpg", "camera.png", "coffee.png", "coins.png", "fruits.jpg", "grass.png"),
}


def images_folder() -> Path:
    """Return the folder that may hold ``digits.png`` and photographs: data/images of $STREAMER_SHARED."""
    return Path(os.environ.get("STREAMER_SHARED", "../shared")) / "data" / "images"


def load_digits(folder: Path) -> tuple[UInt8, Int64, str]:
    """Return handwritten digits.

    Parameters
    ----------
    folder : Path
        Folder that may hold ``digits.png`` of the OpenCV samples: 5,000 digits of 20 × 20 px, 500 of each in order.
        Without it, the digits of scikit-learn are taken.

    Returns
    -------
    pictures : ndarray of uint8, shape (n, height, width)
    labels : ndarray, shape (n,)
        0 … 9.
    source : str
        Which collection they are from.
    """
    path = folder / "digits.png"
    sheet = _read_grey(path) if path.is_file() else None
    if sheet is not None and sheet.shape == (1000, 2000):
        cells = sheet.reshape(50, 20, 100, 20).transpose(0, 2, 1, 3).reshape(5000, 20, 20)
        return np.asarray(cells, np.uint8), np.repeat(np.arange(10), 500), "digits.png of OpenCV, 5,000 of 20 × 20 px"
    from sklearn.datasets import load_digits as load_small_digits

    small = load_small_digits()  # 8 × 8 px, 0 … 16; enlarged, as the image FFT begins at 16 px
    enlarged = [cv2.resize(image, (20, 20), interpolation=cv2.INTER_CUBIC) for image in small.images]
    pictures = np.clip(np.stack(enlarged) * (255 / 16), 0, 255).astype(np.uint8)
    return pictures, np.asarray(small.target, np.int64), "load_digits of scikit-learn, 1,797 of 8 × 8 px"


def _read_grey(path: Path) -> UInt8 | None:
    with unicode_name(path) as name:
        grey = cv2.imread(name, cv2.IMREAD_GRAYSCALE)
    return None if grey is None else np.asarray(grey, np.uint8)


def make_texture(label: str, rng: Rng) -> UInt8:
    """Return a random grey picture of a label of ``TEXTURES``, SIDE × SIDE px.

    The pattern covers the whole picture, turned, tilted, unevenly lit, blurred, noisy, and often compressed; a
    picture of ``none`` shows things, landscapes or noise with the same light, lens and sensor.
    """
    if label == "none":
        scene, finest = scenery(SIDE, rng), COARSEST_PX
    else:
        plane = view(SIDE, rng, TILT)
        finest = float(np.exp(rng.uniform(np.log(FINEST_PX), np.log(COARSEST_PX))))
        centre = rng.uniform(-0.3, 0.3, 2) * SIDE / finest  # of rings, near the middle; other patterns have any offset
        shift = centre if label == "rings" else rng.uniform(0.0, 40.0, 2)
        u, v = (axis / np.float32(finest) + np.float32(s) for axis, s in zip((plane.u, plane.v), shift, strict=True))
        scene = MOTIFS[label](u, v, rng)
    scene = camera.blur(camera.light(scene, rng), rng, min(1.5, 0.2 * finest))
    contrast = float(rng.uniform(0.3, 1.0))
    picture = camera.record(camera.expose(scene, rng, contrast), rng, 0.2 * contrast * rng.random() ** 2)
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)


def load_photographs(folder: Path) -> tuple[list[UInt8], list[str]]:
    """Return those of PHOTOGRAPHS that are in a folder, their centre squares reduced to SIDE px, and their labels.

    Chessboards and bricks are ``grid``; people, things and grass are ``none``.
    """
    pictures: list[UInt8] = []
    labels: list[str] = []
    for label, patterns in PHOTOGRAPHS.items():
        for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
            grey = _read_grey(path)
            if grey is None:
                continue
            side = min(grey.shape)
            top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
            square = grey[top : top + side, left : left + side]
            pictures.append(np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8))
            labels.append(label)
    return pictures, labels
