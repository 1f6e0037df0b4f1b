"""How much moves in a stream of images, as a level."""

from __future__ import annotations

import math
from collections import deque

import cv2
import numpy as np

from streamer.messages import Float32, UInt8

GRID = (32, 18)  # columns and rows of cells: a mean over so many pixels leaves little of the sensor's noise
LAG_S = 0.1  # images are compared over so much time: at many images per second, neighbours hardly differ
STILL_DB = -80.0  # what a scene without any movement counts as


class Movement:
    """Level of movement: the cell whose brightness has changed most since a tenth of a second ago, dB of full scale.

    A cell that goes from black to white has 0 dB, one grey level is −48 dB.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, Float32]] = deque()

    def restart(self) -> None:
        """Compare nothing to come with what was before."""
        self._past.clear()

    def push(self, pixels: UInt8, time_s: float) -> float:
        """Return the level of an image, shape (height, width, 3), captured at ``time_s``."""
        height, width = pixels.shape[:2]
        cells = cv2.resize(pixels, (min(GRID[0], width), min(GRID[1], height)), interpolation=cv2.INTER_AREA)
        grey = cells.astype(np.float32).mean(axis=2)
        self._past.append((time_s, grey))
        while len(self._past) > 2 and self._past[1][0] <= time_s - LAG_S + 1e-9:
            self._past.popleft()
        change = float(np.abs(grey - self._past[0][1]).max()) / 255.0
        return max(20 * math.log10(change), STILL_DB) if change else STILL_DB
