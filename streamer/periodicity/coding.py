"""Recognise the key images of a video coder, which change every cell faintly and periodically."""

from __future__ import annotations

import numpy as np

from streamer.periodicity.fundamental import Found
from streamer.periodicity.lines import Lines
from streamer.periodicity.sampling import Sampling

MIN_CELLS = 16  # fewer cannot tell a coder from a lamp
FAINT = 0.5  # grey levels: amplitude that coders' blinking stays below in every cell
FAINTER = 0.2  # the same where the pattern is too short to be told by its form
SHARP = 0.3  # power of the harmonics against the fundamental's; a sawtooth of five images has 0.38, others more
MAX_IMAGES = 60
STANDS = 4.0  # times the noise: a harmonic is there …
COMPLETE = 0.75  # … and of so many of them
TOLERANCE = 0.2  # of the resolution


def coding_bin(lines: Lines, period: Found, sampling: Sampling, n_cells: int) -> float | None:
    """Return the bin whose multiples probably come from the coder rather than from the scene; None if none does.

    Coders repeat a pattern of coarse and fine images after a whole number of them (12, 15, 30 …, or 4 where images
    are predicted from both sides), and what it does to the grey of a cell jumps from one image to the next: the
    period, faint, has all harmonics, of which any may be the strongest.
    """
    if n_cells < MIN_CELLS or np.abs(period.fit.amplitude).max() > FAINT:
        return None
    last = lines.power.shape[1] - 1
    fold = period.fit.hz / sampling.fps
    for n_images in range(2, MAX_IMAGES + 1):
        order = round(fold * n_images)
        miss_hz = abs(period.fit.hz - order * sampling.fps / n_images)
        if order < 1 or miss_hz > TOLERANCE / sampling.duration_s:
            continue
        comb = sampling.fps / n_images / lines.bin_hz
        bins = np.minimum(np.rint(comb * np.arange(1, n_images // 2 + 1)), last).astype(np.int64)
        if order == 1 and n_images <= 3:  # no room for a harmonic
            return comb if np.abs(period.fit.amplitude).max() < FAINTER else None
        if order == 1:
            power, noise = lines.power[period.members][:, bins], lines.noise[period.members][:, bins]
            net = np.where(power > STANDS * noise, power, 0).sum(axis=0)
            return comb if net[1:].sum() > SHARP * net[0] else None
        stands = np.median(lines.excess[period.members][:, bins], axis=0) > STANDS
        if np.mean(stands) >= COMPLETE:
            return comb
    return None
