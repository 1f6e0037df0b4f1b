"""Grey and two axes of colour of an image: stripes of two colours may have the same grey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from streamer.arrays import Float64, UInt8

Channel = Literal["grey", "red-green", "blue-yellow"]

LEAST_SPREAD = 1.5  # levels, standard deviation; less colour than this is noise and compression
N_LOOKED_AT = 128  # pixels each way that tell how much colour there is
# Half the difference of red and green, and of blue and their mean, about middle grey; rows of blue, green, red, 1.
_AXES: dict[Channel, Float64] = {
    "red-green": np.array([[0.0, -0.5, 0.5, 128.0]]),
    "blue-yellow": np.array([[0.5, -0.25, -0.25, 128.0]]),
}


@dataclass(frozen=True, slots=True, eq=False)
class ColourPlane:
    """An image as one number for each pixel."""

    channel: Channel
    levels: UInt8  # shape (height, width)
    gain: float  # by which differences are smaller than in the image
    block_px: int  # side of the blocks in which JPEG and many video coders store it


COLOURS: tuple[Channel, ...] = tuple(_AXES)


def planes(image: UInt8, colours: Sequence[Channel] = COLOURS, grey: UInt8 | None = None) -> Iterator[ColourPlane]:
    """Yield an image's grey, then its two axes of colour as far as there is any.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        Grey, or blue-green-red.
    colours : sequence of str
        The axes of colour that may be yielded.
    grey : ndarray of uint8, shape (height, width), optional
        The image in grey, where that is known already.
    """
    if image.ndim == 2:
        yield ColourPlane("grey", image, 1.0, 8)
        return
    if grey is None:
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    yield ColourPlane("grey", grey, 1.0, 8)
    step_y, step_x = (max(1, n // N_LOOKED_AT) for n in image.shape[:2])
    few = np.ascontiguousarray(image[::step_y, ::step_x])
    for channel in colours:
        axis = _AXES[channel]
        if float(cv2.transform(few, axis).std()) >= LEAST_SPREAD:
            yield ColourPlane(channel, np.asarray(cv2.transform(image, axis), np.uint8), 2.0, 16)
