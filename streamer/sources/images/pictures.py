"""Picture files, named by a path, a folder or a glob: as a source that plays them, and read one by one."""

from __future__ import annotations

import contextlib
import glob
import math
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import Image, ImageFormat
from streamer.sources.base import BeginImages
from streamer.sources.file_check import check_readable
from streamer.sources.images.depth import Levels, eight_bits, levels_of
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.page_count import n_pages
from streamer.sources.images.picture_file import read_pixels
from streamer.sources.images.playback import play_images
from streamer.sources.start_time import start_of_file
from streamer.system import is_folder, is_there
from streamer.tasks import PICTURE_SUFFIXES

N_LEVELLED = 64  # pictures of a sequence, spread over it, of which the values say what is black and what white
MAX_COVERING = 4.0  # area of a scaled picture, relative to the area that is used, from which on it is cut first
FPS = 10.0  # image rate of a sequence of pictures where the user states none


class PictureSource:
    """Source that plays pictures once, in the natural order of their names (2 before 10).

    A picture of another size than the first is scaled until it covers that size, and its middle is used: periodic
    patterns keep their angles, and there are no edges of black bars. Damaged pictures count as skipped.

    Parameters
    ----------
    path : str
        A picture, a folder or a glob of them.
    settings : SourceSettings
        ``realtime`` and those of its time are used.
    images : ImageSettings
        ``fps`` is the rate at which they were captured, 10 images/s where 0; ``roi``, ``rotate`` and
        ``downscale`` are used too.

    Raises
    ------
    UserError
        When there is no picture, or none of them can be read.
    """

    medium: Final = "images"
    is_live = False
    stuck = False

    def __init__(self, path: str, settings: SourceSettings, images: ImageSettings) -> None:
        self.uri = f"file:{path}"
        self.is_paced, self._images_settings = settings.realtime, images
        self._paths = picture_paths(Path(path).expanduser())
        # Of a sequence without a known rate only the first picture's time would be true.
        is_timed = bool(settings.start or images.fps) or len(self._paths) == 1
        self.start_epoch_s = start_of_file(self._paths[0], settings) if is_timed else math.nan
        self._damaged: list[Path] = []
        self._n_resized = 0
        self._levels: Levels | None = None
        first = self._first()
        if first.dtype != np.uint8:
            self._levels = levels_of(self._spread())
        self._n_paged = sum(n_pages(path) > 1 for path in self._paths)
        self._width, self._height = first.shape[1], first.shape[0]
        self._geometry = Geometry(images, self._width, self._height)
        self.image_format = ImageFormat(
            self._geometry.width, self._geometry.height, images.fps or FPS, Path(path).name or str(path)
        )

    @property
    def note(self) -> str:
        """Number of pictures so far that could not be read or had another size, and how values are scaled."""
        parts = []
        if self._damaged:
            parts.append(f"{len(self._damaged)} of {len(self._paths)} pictures unreadable ({self._damaged[0].name} …)")
        if self._n_resized:
            parts.append(f"{self._n_resized} pictures resized to the first one's {self._width}×{self._height}")
        if self._n_paged:
            parts.append(f"{self._n_paged} files hold several pictures, of which the first is used")
        if self._levels and self._levels.note:
            parts.append(self._levels.note)
        return "; ".join(parts)

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Play the pictures into the ring; see :class:`streamer.sources.Source`."""
        play_images(self._images(), begin(self.image_format), stop, self.is_paced)

    def _first(self) -> NDArray[Any]:
        """Return the pixels of the first picture that can be read."""
        for path in self._paths:
            try:
                return read_pixels(path, self._images_settings)
            except UserError as error:
                reason = error
        raise reason

    def _spread(self) -> Iterator[NDArray[Any]]:
        """Return pictures from all over the sequence, without those that are damaged."""
        for path in self._paths[:: math.ceil(len(self._paths) / N_LEVELLED)]:
            with contextlib.suppress(UserError):
                yield read_pixels(path, self._images_settings)

    def _images(self) -> Iterator[Image]:
        self._damaged, self._n_resized = [], 0
        n_done = 0  # pictures delivered or skipped so far
        first: int | None = None
        for number, path in enumerate(self._paths):
            try:
                pixels = eight_bits(read_pixels(path, self._images_settings), self._levels)
            except UserError:
                self._damaged.append(path)
                continue
            if pixels.shape[:2] != (self._height, self._width):
                self._n_resized += 1
                pixels = _covering(pixels, self._width, self._height)
            first = number if first is None else first
            time_s = (number - first) / self.image_format.fps
            yield Image(self._geometry.apply(pixels), number, number - n_done, time_s, time_s)
            n_done = number + 1


def picture_paths(path: Path) -> list[Path]:
    """Return the picture files that a path means, in the natural order of their names.

    Parameters
    ----------
    path : Path
        A picture, a folder (without hidden files and the folders inside it) or a glob.

    Raises
    ------
    UserError
        When there is none.
    """
    if is_folder(path):
        found = [file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.name[0] != "."]
        if not found:
            raise UserError(f"folder={path} must hold pictures ({', '.join(sorted(PICTURE_SUFFIXES))}); it holds none")
    elif glob.has_magic(str(path)) and not is_there(path):
        found = [Path(name) for name in glob.glob(str(path), recursive=True)]  # noqa: PTH207 (absolute patterns too)
        found = [file for file in found if file.suffix.lower() in PICTURE_SUFFIXES]
        if not found:
            raise UserError(f"pictures={path} must match at least one picture; check the pattern and put it in quotes")
    else:
        check_readable(path, "a picture, a video or a folder of pictures")
        found = [path]
    return sorted(found, key=_natural)


def read_picture(path: Path, images: ImageSettings) -> UInt8:
    """Return the pixels of one picture, as :func:`read_noted_picture` does."""
    return read_noted_picture(path, images)[0]


def read_noted_picture(path: Path, images: ImageSettings) -> tuple[UInt8, str]:
    """Read one picture, with region of interest, downscale and rotation applied.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF, BMP, GIF, WebP, PGM or PPM.
    images : ImageSettings
        ``roi``, ``rotate``, ``downscale`` and ``max_megapixels`` are used.

    Returns
    -------
    pixels : ndarray of uint8, shape (height, width, 3)
        Blue-green-red, turned upright by its EXIF entry; deeper values are scaled to 8 bits by what they hold (see
        ``depth.py``), transparency is ignored.
    note : str
        How they were scaled; empty where that is usual.

    Raises
    ------
    UserError
        When the file is missing, unreadable, damaged, no picture, or larger than ``max_megapixels``.
    """
    deep = read_pixels(path, images)
    levels = levels_of([deep])
    pixels = eight_bits(deep, levels)
    return Geometry(images, pixels.shape[1], pixels.shape[0]).apply(pixels), levels.note if levels else ""


def _covering(pixels: UInt8, width: int, height: int) -> UInt8:
    """Scale a picture until it covers a size, and return its middle."""
    import cv2

    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    if scale**2 * pixels.shape[0] * pixels.shape[1] > MAX_COVERING * width * height:
        # Of a long strip most would be scaled up only to be cut off: a few bytes would become gigabytes.
        rows, columns = (min(n, math.ceil(m / scale) + 2) for n, m in zip(pixels.shape, (height, width), strict=False))
        top, left = (pixels.shape[0] - rows) // 2, (pixels.shape[1] - columns) // 2
        pixels = pixels[top : top + rows, left : left + columns]
    size = max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale))
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.asarray(scaled[y : y + height, x : x + width], np.uint8)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return the sort key of a name by which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]
