"""Recognise what a video coder makes of a scene: by the types of its images, or as a faint period in every cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamer.arrays import Float32
from streamer.messages import TemporalComponent
from streamer.periodicity.coded_types import CodedTypes
from streamer.periodicity.folding import folded
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
SCATTERED, IN_PHASE = 0.1, 0.5  # share of cells, and of their amplitudes in the same phase, of patterns of few images
MAX_IMAGES = 60  # longest pattern
PRESENT = 4.0  # power of a present harmonic relative to the noise …
COMPLETE = 0.75  # … and the fraction of harmonics that must be present
TOLERANCE = 0.2  # of a frequency, relative to the resolution
FAINT_OF_TYPES = 1.5  # grey levels; the same as FAINT where the types of the images have the same rhythm …
EXPLAINED = 0.4  # … and explain more than this share of its amplitude
FAINT_AT_KEYS = 5.0  # grey levels; stronger changes at key images are flashes that made the coder begin anew
TOLERANCE_MIXED = 0.25  # the same of a mixture of a rhythm and the coder's
MAX_MIXED = 0.7  # amplitude of a mixture relative to the rhythm that it is of
MIXED_ORDERS = 3  # highest harmonic of a rhythm that mixes with the coder's rhythm
MIXED_CELLS = 0.5  # least share of its cells that the rhythm has too
AT_KEYS = 0.35  # share of all changes that come with key images, from which these are what is seen


def coding_bin(
    lines: Lines, period: Period, sampling: Sampling, n_cells: int, series: Float32, types: CodedTypes | None = None
) -> float | None:
    """Return the bin whose multiples probably come from the coder rather than from the scene; None if there is none.

    Coders repeat a pattern of coarse and fine images after a whole number of images (12, 15, 30 …, or 4 where images
    are predicted from both sides). It makes the grey of a cell jump from one image to the next; so its period is faint
    and has all harmonics, any of which may be the strongest.
    """
    if n_cells < MIN_CELLS:
        return None
    if types is not None and _is_of_types(period, series, types):
        return period.bin
    if np.abs(period.fit.amplitude).max() > FAINT_JUMPS:
        return None
    last = lines.power.shape[1] - 1
    spread = period.carriers.size if period.carriers.max() < n_cells else n_cells
    peak = float(np.abs(period.fit.amplitude).max())
    if peak < FAINT_JUMPS and _jumps(series[:, period.members], period):
        return period.bin
    if period.fit.hz * ADAPTIVE_IMAGES > sampling.fps and peak < FAINTER_STILL and spread > WIDE * n_cells:
        return period.bin  # a pattern that the coder chooses anew for each group of images
    if _is_of_few_images(period, sampling, n_cells):
        return period.bin
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


def mixtures(components: Sequence[TemporalComponent], types: CodedTypes) -> list[TemporalComponent]:
    """Return the components that are another one as the coder shows it: better in some types of images than in others.

    A rhythm whose amplitude changes with the types has lines at the sums and differences of its multiples and theirs.
    """
    fps, bases_hz = types.sampling.fps, types.base_hz()
    reach_hz = TOLERANCE_MIXED / types.sampling.duration_s
    mixed = []
    for each in components:
        for other in components:
            has = float(((each.heat > 0) & (other.heat > 0)).sum()) > MIXED_CELLS * each.n_cells
            if not has or each.amplitude > MAX_MIXED * other.amplitude:
                continue
            places = [
                folded(order * other.hz + side * hz, fps)
                for order in range(1, MIXED_ORDERS + 1)
                for hz in bases_hz
                for side in (-1, 1)
            ]
            if any(abs(each.hz - place) < reach_hz + 3 * each.hz_sigma for place in places):
                mixed.append(each)
                break
    return mixed


def _is_of_few_images(period: Period, sampling: Sampling, n_cells: int) -> bool:
    """Return whether a rhythm of two, three or four images is up in as many cells as it is down, and in many.

    So short a pattern has few harmonics by which it could be recognised.
    """
    step = any(abs(period.fit.hz - sampling.fps / n) * sampling.duration_s < TOLERANCE for n in (2, 3, 4))
    first = period.fit.amplitude[0]
    return step and period.carriers.size > SCATTERED * n_cells and abs(first.sum()) < IN_PHASE * np.abs(first).sum()


def _jumps(series: Float32, period: Period) -> bool:
    """Return whether cells stand still between a few jumps, as where a coder copies them from image to image."""
    steps = np.diff(series.astype(np.float64), axis=0)
    steps -= steps.mean(axis=0)
    kurtosis = float(np.median(np.mean(steps**4, axis=0) / np.maximum(np.mean(steps**2, axis=0) ** 2, 1e-30)))
    ratio = float(period.fit.signal.sum()) / max(float(period.fit.noise.sum()), 1e-30)
    return kurtosis > JUMPY or (kurtosis > RATHER_JUMPY and ratio < BURIED)


def _is_of_types(period: Period, series: Float32, types: CodedTypes) -> bool:
    """Return whether a rhythm comes and goes with the types of the coded images, and is faint or all in key images."""
    values = series[:, period.members]
    peak = float(np.abs(period.fit.amplitude).max())
    if peak < FAINT_AT_KEYS and types.key_share(values) > AT_KEYS:
        return True
    if peak > FAINT_OF_TYPES or types.line_hz(period.fit.hz) is None or types.is_smooth(values):
        return False
    return types.explained(values, period.fit.hz) > EXPLAINED
