"""Images → mean optical flow on a grid of cells, for movement that does not change the mean grey of a cell."""

from __future__ import annotations

import cv2
import numpy as np

from streamer.arrays import UInt8
from streamer.features.history import TimedHistory

MAX_WIDTH = 320  # pixels across of the image that flow is computed in: the time grows with their number


class FlowSeries(TimedHistory):
    """Mean signed velocity in every cell over the newest pairs of images, with the interface of ``CellSeries``.

    Dense inverse search (Kroeger et al., 2016) as OpenCV has it, on the grey image reduced to at most 320 pixels
    across. A row holds the horizontal velocities of all cells (to the right), then the vertical ones (downwards), in
    pixels of the image pushed per second, at the instant midway between the two images. The first image gives no row.

    Parameters
    ----------
    n_rows, n_columns : int
        Grid of cells, whose edges may lie within pixels.
    capacity : int
        Rows held.
    """

    def __init__(self, n_rows: int, n_columns: int, capacity: int) -> None:
        super().__init__(2 * n_rows * n_columns, capacity)
        self.n_rows, self.n_columns = n_rows, n_columns
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._before: UInt8 | None = None
        self._before_s = 0.0

    def reset(self) -> None:
        """Drop all images."""
        super().reset()
        self._before = None

    def push(self, image: UInt8, time_s: float) -> None:
        """Add one image.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width) or (height, width, 3)
            Grey, or blue-green-red.
        time_s : float
            Its capture time, later than that of the image before.
        """
        if self._before is not None and not time_s > self._before_s:
            raise ValueError(f"time_s={time_s} must be later than that of the image before")
        height, width = image.shape[:2]
        small = _reduced(image)
        before, before_s = self._before, self._before_s
        if before is not None and before.shape == small.shape:
            interval_s = time_s - before_s
            row, copy = self._append_at(before_s + 0.5 * interval_s)
            flow = self._search.calc(before, small, None)  # type: ignore[call-overload]
            means = cv2.resize(flow, (self.n_columns, self.n_rows), interpolation=cv2.INTER_AREA)
            n_cells = self.n_rows * self.n_columns
            np.multiply(means[:, :, 0].ravel(), width / small.shape[1] / interval_s, out=row[:n_cells])
            np.multiply(means[:, :, 1].ravel(), height / small.shape[0] / interval_s, out=row[n_cells:])
            copy[:] = row
        self._before, self._before_s = small, time_s


def _reduced(image: UInt8) -> UInt8:
    """Return a grey copy, reduced to means of whole blocks of pixels where it is wider than ``MAX_WIDTH``."""
    height, width = image.shape[:2]
    block_px = -(-width // MAX_WIDTH)
    if block_px > 1:
        size = width // block_px, max(1, height // block_px)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    else:
        image = image.copy()  # the caller may write the next image into the same array
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
