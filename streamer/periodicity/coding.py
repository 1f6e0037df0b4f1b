"""Key images: video coders blink, faintly and periodically."""

from __future__ import annotations

import numpy as np

from streamer.periodicity.fundamental import Found
from streamer.periodicity.lines import Lines
from streamer.periodicity.sampling import Sampling

MIN_CELLS = 16  # fewer cannot tell a coder from a lamp
FAINT = 0.5  # grey levels: amplitude that coders' blinking stays below in every cell
FAINTER = 0.2  # the same where the pattern is too short to be told by its form
SHARP = 0.4  # power of the harmonics against the fundamental's; a sawtooth has 0.64, a single image's blink more
TOLERANCE = 0.2  # of the resolution


def is_coding(lines: Lines, period: Found, sampling: Sampling, n_cells: int) -> bool:
    """Whether a period is probably how the video was coded, and nothing in front of the camera.

    Coders repeat a pattern of coarse and fine images after a whole number of them (12, 15, 30 …, or 4 where images
    are predicted from both sides), and what it does to the grey of a cell jumps from one image to the next.
    """
    images = sampling.fps / period.fit.hz
    miss_hz = abs(period.fit.hz - sampling.fps / round(images))
    if n_cells < MIN_CELLS or miss_hz > TOLERANCE / sampling.duration_s:
        return False
    if np.abs(period.fit.amplitude).max() > (FAINT if images > 3.5 else FAINTER):
        return False
    if images <= 3.5:  # no room for a harmonic
        return True
    last = lines.power.shape[1] - 1
    bins = [min(round(j * period.bin), last) for j in range(1, int((last + 1) / period.bin) + 1)]
    net = np.maximum(lines.power[period.members][:, bins] - lines.noise[period.members][:, bins], 0).sum(axis=0)
    return bool(net[1:].sum() > SHARP * net[0])
