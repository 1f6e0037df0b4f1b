"""Capture times of a video file's images from its timestamps, its header or the user's image rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

MAX_FPS = 10_000.0  # a header or timestamps with more are wrong: 1e6 and 90000 are time bases, not image rates
ASSUMED_FPS = 25.0  # where neither timestamps nor header give an image rate
MAX_STEP_S = 86_400.0  # longest time between two images, in a time lapse
ROUNDING = 0.1  # relative difference of timestamps and the header's rate that rounding explains
MAX_GAP_S = 60.0  # a step of timestamps that is longer than this …
MAX_GAP_IMAGES = 100  # … and than so many images at the usual rate is a fault, not a pause


class ImageTimes:
    """Strictly increasing capture times of a video's images, one after another.

    An image rate that the user states replaces all timestamps of the file. Otherwise the first timestamps decide:
    where they do not strictly increase (B-frames in coding order, zeros, repetitions) or are faster than
    ``MAX_FPS``, all times are counted at the header's rate, because a mixture of good and bad steps would distort
    spectra in time. From the first later fault on, times are counted from the last good one at the usual step.

    Parameters
    ----------
    first_s : sequence of float
        Timestamps of the first images, seconds; at least one.
    header_fps : float
        Images per second in the header, which may be anything.
    stated_fps : float
        Images per second that the user states; 0 where they state none.

    Attributes
    ----------
    fps : float
        Images per second by the user, the timestamps or the header.
    note : str
        What is wrong with the timestamps; empty where nothing is.
    """

    def __init__(self, first_s: Sequence[float], header_fps: float, stated_fps: float = 0.0) -> None:
        self.note = ""
        self._first_s = first_s[0]
        self._last_s = 0.0
        self._n_images = 0
        self._anchor = 0, 0.0  # an image's index and time, from which the following are counted
        plausible = header_fps if 1.0 / MAX_STEP_S <= header_fps <= MAX_FPS else 0.0  # False for NaN
        steps = [after - before for before, after in pairwise(first_s)]
        self._counting = False
        if stated_fps:
            self.fps = stated_fps
            self._counting = True
        elif not steps and math.isfinite(self._first_s):
            self.fps = plausible or ASSUMED_FPS
        elif steps and all(0.0 < step <= MAX_STEP_S for step in steps) and median(steps) * MAX_FPS >= 1.0:
            step_s = median(steps)
            # Timestamps in whole milliseconds have steps of 33 ms where the header has 30 images/s.
            self.fps = plausible if abs(step_s * plausible - 1.0) < ROUNDING else 1.0 / step_s
        else:
            self.fps = plausible or ASSUMED_FPS
            self._counting = True
            rate = f"its header's {self.fps:g}" if plausible else f"an assumed {self.fps:g}"
            self.note = f"timestamps unusable: counted at {rate} images/s; state the true rate with --fps"

    def next(self, stamp_s: float, n_missing: int = 0) -> float:
        """Return the capture time of the next image.

        Parameters
        ----------
        stamp_s : float
            Its timestamp in the file, seconds.
        n_missing : int
            Images between the last one and this one that the file holds and that cannot be used.

        Returns
        -------
        float
            Seconds since the first image.
        """
        index = self._n_images + n_missing
        before, self._n_images = self._n_images - 1, index + 1
        if index == 0:
            return 0.0
        time_s = stamp_s - self._first_s
        if not self._counting and not self._follows(time_s):
            self._counting = True
            self._anchor = before, self._last_s
            self.note = f"timestamps wrong from image {index} on: counted on at {self.fps:g} images/s"
        if self._counting:
            anchor, anchor_s = self._anchor
            time_s = anchor_s + (index - anchor) / self.fps
        self._last_s = time_s
        return time_s

    def _follows(self, time_s: float) -> bool:
        step_s = time_s - self._last_s
        return 0.0 < step_s <= max(MAX_GAP_S, MAX_GAP_IMAGES / self.fps)
