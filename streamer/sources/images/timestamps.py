"""Turn the timestamps of a video file into strictly increasing capture times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

MAX_FPS = 10_000.0  # a header or timestamps that say more are wrong: 1e6 and 90000 are time bases, not rates
ASSUMED_FPS = 25.0  # where neither timestamps nor header say
MAX_STEP_S = 86_400.0  # between images of the slowest time lapse
ROUNDING = 0.1  # of a step, by which timestamps may differ from the header's rate
MAX_GAP_S = 60.0  # a step forward longer than this …
MAX_GAP_IMAGES = 100  # … and than so many usual ones is a fault, not a pause


class ImageTimes:
    """Capture times of consecutive images: the file's timestamps while they are plausible, counted from then on.

    A stated rate is followed without asking the file. Otherwise the first timestamps decide: where they do not
    strictly increase (B-frames in coding order, zeros, repetitions) or come faster than ``MAX_FPS``, all images are
    counted at the header's rate, as any mixture of good and bad steps would bend the spectra in time. Later
    faults are answered by counting on from the last good time at the usual step.

    Parameters
    ----------
    first_s : sequence of float
        Timestamps of the first images, seconds; at least one.
    header_fps : float
        Images per second as the file has it, which may be anything.
    stated_fps : float
        As the user has it; 0 where they do not say.
    """

    def __init__(self, first_s: Sequence[float], header_fps: float, stated_fps: float = 0.0) -> None:
        self.note = ""
        self._first_s = first_s[0]
        self._last_s = 0.0
        self._n_images = 0
        self._anchor = 0, 0.0  # an image's index and time, from which the following are counted
        plausible = header_fps if 1.0 / MAX_STEP_S <= header_fps <= MAX_FPS else 0.0  # not so for NaN
        steps = [after - before for before, after in pairwise(first_s)]
        self._counting = False
        if stated_fps:
            self.fps = stated_fps
            self._counting = True
        elif not steps and math.isfinite(self._first_s):
            self.fps = plausible or ASSUMED_FPS
        elif steps and all(0.0 < step <= MAX_STEP_S for step in steps) and median(steps) * MAX_FPS >= 1.0:
            step_s = median(steps)
            # timestamps in whole milliseconds have 33 where the header has 30 images/s
            self.fps = plausible if abs(step_s * plausible - 1.0) < ROUNDING else 1.0 / step_s
        else:
            self.fps = plausible or ASSUMED_FPS
            self._counting = True
            rate = f"its header's {self.fps:g}" if plausible else f"an assumed {self.fps:g}"
            self.note = f"timestamps unusable: counted at {rate} images/s; state the true rate with --fps"

    def next(self, stamp_s: float) -> float:
        """Return the capture time of the next image, seconds since the first, from its timestamp."""
        index, self._n_images = self._n_images, self._n_images + 1
        if index == 0:
            return 0.0
        time_s = stamp_s - self._first_s
        if not self._counting and not self._follows(time_s):
            self._counting = True
            self._anchor = index - 1, self._last_s
            self.note = f"timestamps wrong from image {index} on: counted on at {self.fps:g} images/s"
        if self._counting:
            anchor, anchor_s = self._anchor
            time_s = anchor_s + (index - anchor) / self.fps
        self._last_s = time_s
        return time_s

    def _follows(self, time_s: float) -> bool:
        step_s = time_s - self._last_s
        return 0.0 < step_s <= max(MAX_GAP_S, MAX_GAP_IMAGES / self.fps)
