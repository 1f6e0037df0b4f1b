"""Region of interest, downscale and rotation of images."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.errors import UserError

if TYPE_CHECKING:
    from streamer.kernels.resizing import Resizer

MIN_PX = 16  # least width and height; smaller images hold no measurable pattern
ROTATE_FLAGS = {90: 0, 180: 1, 270: 2}  # degrees clockwise → cv2.RotateFlags


class Geometry:
    """Crop images to the region of interest, reduce them behind a low-pass filter, then rotate them.

    Parameters
    ----------
    settings : ImageSettings
        ``roi``, ``downscale`` and ``rotate`` are used. The region is in pixels of the source; columns and rows at
        its right and lower edge that do not fill a whole block of ``downscale`` pixels are left out.
    width, height : int
        Size of the source's images in pixels.

    Attributes
    ----------
    width, height : int
        Size of the delivered images in pixels.
    keeps_all : bool
        Whether images are delivered as they are.

    Raises
    ------
    UserError
        When the region does not lie inside the images, or less than 16 × 16 pixels would be left.
    """

    def __init__(self, settings: ImageSettings, width: int, height: int) -> None:
        x, y, roi_width, roi_height = settings.roi or (0, 0, width, height)
        if x + roi_width > width or y + roi_height > height:
            raise UserError(
                f"roi={list(settings.roi)} must lie inside the {width} × {height} pixels that the source gives; "
                "choose x + width and y + height within them"
            )
        block_px = settings.downscale
        columns, rows = roi_width // block_px, roi_height // block_px
        if columns < MIN_PX or rows < MIN_PX:
            raise UserError(
                f"downscale={block_px} must leave at least {MIN_PX} × {MIN_PX} pixels of {roi_width} × {roi_height}; "
                "choose less, or larger images"
            )
        self._rows = slice(y, y + rows * block_px)
        self._columns = slice(x, x + columns * block_px)
        self._resizer: Resizer | None = None
        if block_px > 1:
            from streamer.kernels.resizing import Resizer

            self._resizer = Resizer((rows * block_px, columns * block_px), (rows, columns))
        self._lock = threading.Lock()  # of the memory to reduce in: grey and colours of an image have a thread each
        self._rotate_flag = ROTATE_FLAGS.get(settings.rotate)
        self.keeps_all = (columns, rows) == (width, height) and self._rotate_flag is None
        self.width, self.height = (rows, columns) if settings.rotate in (90, 270) else (columns, rows)

    def apply(self, pixels: UInt8) -> UInt8:
        """Return an image as it is delivered.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (source height, source width, 3) or (source height, source width)

        Returns
        -------
        ndarray of uint8, shape (height, width, 3) or (height, width)
            A view of ``pixels`` where it is only cropped.
        """
        result = pixels[self._rows, self._columns]
        if self._resizer is not None or self._rotate_flag is not None:
            import cv2

            if self._resizer is not None:
                # Not a mean of each block: patterns finer than two pixels of the result would pass and look coarser.
                planes = [result[..., i] for i in range(result.shape[2])] if result.ndim == 3 else [result]
                with self._lock:
                    reduced = [self._resizer.push(plane).copy() for plane in planes]
                result = np.stack(reduced, axis=-1) if result.ndim == 3 else reduced[0]
            if self._rotate_flag is not None:
                # Nine times faster than copying a transposed view.
                result = cv2.rotate(result, self._rotate_flag)  # type: ignore[assignment]
        return result
