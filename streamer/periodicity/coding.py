"""Recognise the pattern of a video coder's key images, a faint period in every cell."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32
from streamer.periodicity.fundamental import Period
from streamer.periodicity.lines import Lines
from streamer.periodicity.sampling import Sampling

MIN_CELLS = 16  # fewer cells do not distinguish a coder from a lamp
FAINT = 0.5  # grey levels; a coder's pattern has a lower amplitude in every cell
FAINTER = 0.2  # the same for a pattern too short to be recognised by its harmonics
SHARP = 0.3  # least power of the harmonics relative to the fundamental; a sawtooth of five images has 0.38, others more
FAINTER_STILL = 0.3  # the same for a pattern whose length varies …
ADAPTIVE_IMAGES = 5.5  # … which has fewer images than this …
WIDE = 0.25  # … and is in more than this fraction of the cells
FAINT_JUMPS = 1.0  # the same for a series that stands still but for a few jumps …
JUMPY = 20.0  # … which has a kurtosis of its differences of more than this (Gaussian noise has 3) …
RATHER_JUMPY, BURIED = 8.0, 0.1  # … or than this, if the period has less than this fraction of the noise
MAX_IMAGES = 60  # longest pattern
PRESENT = 4.0  # power of a present harmonic relative to the noise …
COMPLETE = 0.75  # … and the fraction of harmonics that must be present
TOLERANCE = 0.2  # of a frequency, relative to the resolution


def coding_bin(lines: Lines, period: Period, sampling: Sampling, n_cells: int, series: Float32) -> float | None:
    """Return the bin whose multiples probably come from the coder rather than from the scene; None if there is none.

    Coders repeat a pattern of coarse and fine images after a whole number of images (12, 15, 30 …, or 4 where images
    are predicted from both sides). It makes the grey of a cell jump from one image to the next; so its period is faint
    and has all harmonics, any of which may be the strongest.
    """
    if n_cells < MIN_CELLS or np.abs(period.fit.amplitude).max() > FAINT_JUMPS:
        return None
    last = lines.power.shape[1] - 1
    spread = period.carriers.size if period.carriers.max() < n_cells else n_cells
    peak = float(np.abs(period.fit.amplitude).max())
    if peak < FAINT_JUMPS and _jumps(series[:, period.members], period):
        return period.bin
    if period.fit.hz * ADAPTIVE_IMAGES > sampling.fps and peak < FAINTER_STILL and spread > WIDE * n_cells:
        return period.bin  # a pattern that the coder chooses anew for each group of images
    if peak > FAINT:
        return None
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
            net = np.where(power > PRESENT * noise, power, 0).sum(axis=0)
            return comb if net[1:].sum() > SHARP * net[0] else None
        present = np.median(lines.excess[period.members][:, bins], axis=0) > PRESENT
        if np.mean(present) >= COMPLETE:
            return comb
    return None


def _jumps(series: Float32, period: Period) -> bool:
    """Return whether cells stand still between a few jumps, as where a coder copies them from image to image."""
    steps = np.diff(series.astype(np.float64), axis=0)
    steps -= steps.mean(axis=0)
    kurtosis = float(np.median(np.mean(steps**4, axis=0) / np.maximum(np.mean(steps**2, axis=0) ** 2, 1e-30)))
    ratio = float(period.fit.signal.sum()) / max(float(period.fit.noise.sum()), 1e-30)
    return kurtosis > JUMPY or (kurtosis > RATHER_JUMPY and ratio < BURIED)
