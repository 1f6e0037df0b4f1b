"""Read one picture file whole, at the depth that it has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.file_check import check_readable
from streamer.sources.images.opencv import load_opencv
from streamer.sources.images.picture_faults import damage_of, unknown_format
from streamer.sources.images.picture_size import check_size, stated_size
from streamer.system import quiet_stderr
from streamer.text import file_size

MAX_PIXEL_BYTES = 32  # of a picture file: red, green, blue and transparency of 64 bits …
MAX_HEADER_BYTES = 64 << 20  # … and what else it may hold: profiles, thumbnails, notes
_SHALLOW = (np.uint8, np.uint16)  # what OpenCV gives as colours whatever the file holds


def read_pixels(path: Path, images: ImageSettings) -> NDArray[Any]:
    """Return the pixels of a picture, grey or blue-green-red, turned upright by its EXIF entry; of several the first.

    Raises
    ------
    UserError
        When the file is missing, unreadable, damaged, no picture, or larger than ``max_megapixels``.
    """
    check_readable(path, "a picture")
    try:
        with path.open("rb") as file:
            try:
                width, height = stated_size(file)
            except ValueError as error:
                file.seek(0)
                why = str(error) if "known format" not in str(error) else unknown_format(file.read(64))
                raise _broken(path, why) from None
            check_size(f"file={path}", width, height, images)
            n_bytes, n_most = os.fstat(file.fileno()).st_size, MAX_PIXEL_BYTES * width * height + MAX_HEADER_BYTES
            if n_bytes > n_most:
                raise UserError(f"file={path} must be as small as {width}×{height} pixels; it has {file_size(n_bytes)}")
            file.seek(0)
            data = np.fromfile(file, np.uint8, n_bytes)
    except OSError as error:
        raise _broken(path, error.strerror or "it cannot be read") from None
    pixels = decoded(data)
    if pixels is None:
        raise _broken(path, damage_of(data))
    return pixels


def decoded(data: NDArray[np.uint8]) -> NDArray[Any] | None:
    """Return the pixels of a picture in memory at their own depth; None where they cannot be decoded."""
    cv2 = load_opencv()
    with quiet_stderr():  # where libpng, libtiff and OpenCV report damage
        try:
            # Decode from memory: imread returns a truncated picture as whole, filled up with grey.
            pixels = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
        except cv2.error:
            pixels = None
        if pixels is not None:
            return np.asarray(pixels)
        try:
            pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)  # floating-point grey, and whole numbers of 32 bits
        except cv2.error:
            pixels = None
    return None if pixels is None or pixels.dtype in _SHALLOW else np.asarray(pixels)


def _broken(path: Path, why: str) -> UserError:
    return UserError(f"file={path} must be a whole picture (png, jpg, tif, …); {why}: save or copy it again")
