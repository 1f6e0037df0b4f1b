"""The frequency of a lamp, mains or PWM, from the bands that a rolling shutter makes of its flicker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from streamer.arrays import Complex128, Float32, Float64
from streamer.messages import Temporal, TemporalComponent
from streamer.periodicity.aliases import MAINS_HZ, MAINS_TOLERANCE
from streamer.periodicity.folding import folded
from streamer.periodicity.sampling import Sampling

GROUPS = 8  # of columns, whose rows are averaged apart
LEAST_IMAGES, MOST_IMAGES = 24, 256
LEAST_BANDS = 0.6  # in an image; slower light looks like a change of exposure
FINEST_PX = 4.0  # rows of a band
POINTS_A_BAND = 4  # frequencies that are looked at for each band more in an image
STILL = 2.0  # resolutions from bands that stand still, which the scene may have as well
MIRRORED = 1.0  # resolutions around the opposite movement …
TO_AND_FRO = 0.3  # … whose relative power shows that what is seen moves to and fro, as no light does
CLEAR = 60.0  # power of a line relative to what lies around it at the same number of bands
DECIDED = 12.0  # the same by which one of the frequencies that look alike from image to image must exceed another
PARTS_DOWN = 4  # of the image; with the groups of columns so many times 8 parts
AMPLITUDES_WITHIN = 0.2  # by which relative amplitudes of the parts may differ from their median …
PHASES_WITHIN = 0.2  # … and radians their phases; things that move, unlike light, differ
UNEVEN = 0.05  # spread of the parts' brightness, relative to its mean: without it a wave that moves looks like light
DARK = 16.0  # grey levels below which a part shows no light
MOST = 0.75  # share of the parts that must be bright, and of these that must agree
MOST_HARMONICS = 12  # of flashes …
EXPLAINED, EXPLAINED_BY_MAINS = 0.75, 0.5  # … and the least share of all changes of the rows that these explain
HARMONICS = 3  # of which grey may see folds
LEAST_SHARE = 0.4  # amplitude of a fundamental, relative to its strongest harmonic
MAX_ORDER = 5  # of the harmonic that the strongest line may be


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """What is left of the rows' brightness when each one's mean over time is taken out."""

    relative: Float64  # shape (n_images, n_rows): mean over all columns, relative, minus 1
    of_groups: Float32  # shape (n_images, n_rows, n_groups)
    levels: Float64  # shape (n_rows, n_groups): mean over time
    sampling: Sampling
    row_s: float

    @classmethod
    def of(cls, values: Float32, sampling: Sampling, row_s: float) -> Bands:
        """Return them from mean grey of all rows in groups of columns, shape (n_images, n_rows · n_groups)."""
        levels = values.reshape(values.shape[0], -1, GROUPS)
        mean = np.maximum(levels.mean(axis=0, dtype=np.float64), 1.0)
        of_groups = (levels / mean.astype(np.float32) - 1.0).astype(np.float32)
        rows = levels.mean(axis=2, dtype=np.float64)
        relative = rows / np.maximum(rows.mean(axis=0), 1.0) - 1.0
        return cls(relative, of_groups, mean, sampling, row_s)

    @property
    def height_s(self) -> float:
        """Seconds from the first row to the last."""
        return float(self.relative.shape[1] * abs(self.row_s))

    def of_rows(self, hz: Float64) -> Complex128:
        """Return the spectrum of each image along its rows, shape (n_images, n_hz)."""
        n = self.relative.shape[1]
        taper = np.hanning(n + 2)[1:-1]
        wave = np.exp(-2j * np.pi * np.outer(np.arange(n) * self.row_s, hz)) * taper[:, None] / taper.sum()
        return np.asarray(self.relative @ wave.real + 1j * (self.relative @ wave.imag))

    def amplitude(self, hz: float) -> complex:
        """Return the amplitude of a lamp of this frequency, whose phase goes on from row to row and image to image."""
        along = self.of_rows(np.array([hz]))[:, 0]
        return complex(2 * np.mean(along * np.exp(-2j * np.pi * hz * self.sampling.times_s)))


def with_lamp(found: Temporal, values: Float32, times_s: Float64, grid: tuple[int, int], row_s: float) -> Temporal:
    """Return a measurement with the lamp that flickers in bands along the rows, if one does.

    A rolling shutter exposes row y of the image at t at the time t + y · row_s. The number of bands in an image gives
    the frequency to about one part of them, their movement from image to image its exact place within an image rate.
    A lamp lights all columns alike, in relation to their own brightness; what moves does not.

    Parameters
    ----------
    found : Temporal
        What the cells show.
    values : ndarray of float32, shape (n_images, n_rows · GROUPS)
        Mean grey of every row of pixels in ``GROUPS`` groups of columns.
    times_s : ndarray of float64, shape (n_images,)
        Capture times.
    grid : tuple of int
        Rows and columns of the cells of ``found``.
    row_s : float
        Time from one row to the next; negative where the lowest is exposed first.
    """
    if found.status in ("too_short", "too_irregular") or values.shape[0] < LEAST_IMAGES:
        return found
    sampling = Sampling.of(np.asarray(times_s, np.float64))
    lamp = find_lamp(Bands.of(values, sampling, row_s), grid)
    if lamp is None:
        return found
    later_s = max(1.0 / found.resolution_hz - sampling.duration_s, 0.0)
    lamp = replace(lamp, start_s=later_s, end_s=later_s + sampling.duration_s)
    return replace(found, status="found", components=joined(found.components, lamp, sampling))


def find_lamp(bands: Bands, grid: tuple[int, int]) -> TemporalComponent | None:
    """Return the lamp in bands along the rows; None where there is none beyond doubt."""
    sampling = bands.sampling
    step_hz = 1.0 / (POINTS_A_BAND * bands.height_s)
    n_hz = int(1.0 / (FINEST_PX * abs(bands.row_s)) / step_hz)
    row_hz = np.asarray(step_hz * np.arange(math.ceil(LEAST_BANDS * POINTS_A_BAND), max(n_hz, 4)), np.float64)
    n = sampling.times_s.size
    image_hz = (np.arange(2 * n) / (2 * n) - 0.5) * sampling.fps  # with the sense in which bands move
    taper = np.hanning(n + 2)[1:-1]
    turns = np.exp(-2j * np.pi * np.outer(image_hz, sampling.times_s)) * taper / taper.sum()
    power = np.abs(turns @ bands.of_rows(row_hz)) ** 2  # (2 n, n_row_hz)
    noise = np.median(power, axis=0) / math.log(2) + 1e-16
    moves = np.abs(image_hz) > STILL / sampling.duration_s
    excess = np.where(moves[:, None], power / noise, 0.0)
    k, column = np.unravel_index(int(np.argmax(np.where(excess > CLEAR, power, 0.0))), power.shape)
    if excess[k, column] <= CLEAR:
        return None
    mirrored = power[np.abs(image_hz + image_hz[k]) < MIRRORED / sampling.duration_s, column].max(initial=0.0)
    if mirrored > TO_AND_FRO * power[k, column]:
        return None
    level = float(noise[column])
    ranked = _ranked(bands, float(image_hz[k]), float(row_hz[column]), level)
    hz, height = ranked[0]
    divided = _fundamental(bands, hz, level)
    hz, sigma = _refined(bands, divided or hz)
    if folded(hz, sampling.fps) < STILL / sampling.duration_s or not _is_light(bands, hz):
        return None
    others = () if divided else tuple(sorted(each for each, power in ranked[1:] if height - power < DECIDED))
    nominal = [each for each in MAINS_HZ if abs(hz - each) < MAINS_TOLERANCE * each + 3 * sigma]
    amplitude = bands.amplitude(hz)
    grey = float(bands.levels.mean())
    heat = np.ones(grid, np.float32)
    return TemporalComponent(
        hz=hz,
        hz_sigma=sigma,
        snr_db=10 * math.log10(float(excess[k, column])),
        n_cells=heat.size,
        heat=heat,
        what="mains" if nominal else "lamp",
        amplitude=abs(amplitude) * grey,
        harmonics=(amplitude * grey,),
        alias_hz=others,
        alias_cut="rows",
        mains_hz=nominal[0] if nominal else None,
        seen_in=("rows",),
    )


def joined(
    components: Sequence[TemporalComponent], lamp: TemporalComponent, sampling: Sampling
) -> tuple[TemporalComponent, ...]:
    """Return what cells show with the lamp, in the place of what they show of its fundamental and harmonics, folded."""
    reach_hz = 1.0 / sampling.duration_s
    folds = [folded(order * lamp.hz, sampling.fps) for order in range(1, HARMONICS + 1)]
    same = [
        each
        for each in components
        if any(abs(folded(each.hz, sampling.fps) - fold) < reach_hz + 3 * each.hz_sigma for fold in folds)
    ]
    seen_in = tuple(dict.fromkeys([*(name for each in same for name in each.seen_in), *lamp.seen_in]))
    lamp = replace(lamp, seen_in=seen_in)
    if not same:
        return (*components, lamp)
    return tuple(lamp if each is same[0] else each for each in components if each not in same[1:])


def _ranked(bands: Bands, image_hz: float, row_hz: float, noise: float) -> list[tuple[float, float]]:
    """Return the frequencies that move alike from image to image, with their power, the most probable first."""
    fps = bands.sampling.fps
    reach_hz = 2.0 / bands.height_s + fps
    first, last = ((row_hz + side * reach_hz - image_hz) / fps for side in (-1, 1))
    tried = [image_hz + order * fps for order in range(math.ceil(first), math.floor(last) + 1)]
    best = max((hz for hz in tried if hz > 0), key=lambda hz: abs(bands.amplitude(hz)))
    shift_hz = _refined(bands, best)[0] - best
    powers = [(hz + shift_hz, abs(bands.amplitude(hz + shift_hz)) ** 2 / 4 / noise) for hz in tried if hz > 0]
    return sorted(powers, key=lambda each: -each[1])


def _fundamental(bands: Bands, hz: float, noise: float) -> float | None:
    """Return the frequency of which this is a harmonic, where that is in the bands too; None where it is not."""
    least = max(math.sqrt(4 * CLEAR * noise), LEAST_SHARE * abs(bands.amplitude(hz)))
    for order in range(MAX_ORDER, 1, -1):
        if hz / order * bands.height_s > LEAST_BANDS and abs(bands.amplitude(hz / order)) > least:
            return hz / order
    return None


def _refined(bands: Bands, hz: float) -> tuple[float, float]:
    """Return a frequency and its standard uncertainty, from the phase that the bands have in each image.

    It is the slope of a straight line through the phases (Tretter 1985); its uncertainty is that of white noise, and of
    what the phases turn beyond a straight line.
    """
    times_s = bands.sampling.times_s
    for _ in range(2):
        along = bands.of_rows(np.array([hz]))[:, 0] * np.exp(-2j * np.pi * hz * times_s)
        n_parts = max(3, min(16, times_s.size // 6))
        parts = [each for each in np.array_split(np.arange(times_s.size), n_parts) if each.size]
        means = np.array([along[each].mean() for each in parts])
        middle_s = np.array([times_s[each].mean() for each in parts])
        phase = np.unwrap(np.angle(means)) / (2 * np.pi)
        slope, offset = np.polyfit(middle_s, phase, 1)
        hz += float(slope)
    turned = phase - (slope * middle_s + offset)
    size = max(float(np.abs(means).mean()), 1e-12)
    noise = math.sqrt(float(np.mean([along[each].var() / each.size for each in parts])) / 2) / size / (2 * np.pi)
    spread_s = float(np.sqrt(np.sum((middle_s - middle_s.mean()) ** 2)))
    return hz, math.hypot(max(noise, float(turned.std())), 1e-6) / spread_s * math.sqrt(n_parts / (n_parts - 2))


def _is_light(bands: Bands, hz: float) -> bool:
    """Return whether all parts of the image, brighter and darker ones, have the bands alike, as light makes them."""
    nominal = any(abs(hz - each) < MAINS_TOLERANCE * each for each in MAINS_HZ)
    powers = [abs(bands.amplitude(order * hz)) ** 2 / 2 for order in range(1, MOST_HARMONICS + 1)]
    if sum(powers) < (EXPLAINED_BY_MAINS if nominal else EXPLAINED) * float(bands.relative.var()):
        return False  # as where a whole scene moves by, of which this is a part
    n_images, n_rows, _ = bands.of_groups.shape
    over = np.exp(-2j * np.pi * hz * bands.sampling.times_s) / n_images
    of_rows = np.einsum("t,trg->rg", over, bands.of_groups, optimize=True)
    of_rows *= np.exp(-2j * np.pi * hz * np.arange(n_rows) * bands.row_s)[:, None]
    edges = np.linspace(0, n_rows, PARTS_DOWN + 1).astype(np.int64)
    parts = [(slice(top, end), of_rows[top:end].mean(axis=0)) for top, end in pairwise(edges.tolist())]
    amplitude = np.concatenate([mean for _, mean in parts])
    levels = np.concatenate([bands.levels[rows].mean(axis=0) for rows, _ in parts])
    bright = levels > DARK
    if np.mean(bright) < MOST:
        return False
    if not nominal and float(np.std(levels[bright])) < UNEVEN * float(np.mean(levels[bright])):
        return False
    mean = complex(np.median(amplitude[bright].real), np.median(amplitude[bright].imag))
    if not abs(mean):
        return False
    ratio = amplitude[bright] / mean
    alike = (np.abs(np.abs(ratio) - 1) < AMPLITUDES_WITHIN) & (np.abs(np.angle(ratio)) < PHASES_WITHIN)
    return float(np.mean(alike)) >= MOST
