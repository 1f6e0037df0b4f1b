"""Measure the accuracy of spatial measurements: on synthetic lattices in noise, and on images without a pattern."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, default_rng
from rich.table import Table as RichTable

from streamer.arrays import Float64, UInt8
from streamer.bench.trials import COVERAGE, MAX_FALSE, table, trials, verdict
from streamer.periodicity.spatial import measure_spatial

SIDE = 256  # pixels
FINER = 4  # samples per pixel and axis; their mean is the pixel, as in a camera
AMPLITUDE = 38.0  # grey levels: contrast 0.3
NOISE_RMS = (2, 10, 30, 90)  # grey levels
PERIODS_PX = (6.0, 50.0)
LEAST_FOUND = 0.95  # where a smaller share of patterns is found, noise hides them, and σ has no target
MIN_TRIALS, MIN_IMAGES = 25, 40


@dataclass(frozen=True, slots=True)
class PatternAccuracy:
    """Results on synthetic patterns of one kind in noise; errors of all periods and angles together."""

    lattice: str
    noise_rms: int  # grey levels
    n_trials: int
    n_found: int  # as this kind of lattice
    bias: float  # mean error / σ
    ratio: float  # RMS of error / σ
    coverage: float  # share of errors within 2 σ

    @property
    def met(self) -> bool | None:
        """Whether the stated uncertainties hold; None if too few patterns were found."""
        if self.n_found < LEAST_FOUND * self.n_trials:
            return None
        return COVERAGE[0] <= self.coverage <= COVERAGE[1]


@dataclass(frozen=True, slots=True)
class FalsePatterns:
    """Number of images without a pattern in which a pattern was measured."""

    images: str
    n_images: int
    n_false: int

    @property
    def met(self) -> bool:
        """Whether false patterns are rare enough."""
        return self.n_false <= MAX_FALSE * self.n_images


def accuracy(seconds: float) -> Iterator[PatternAccuracy | FalsePatterns]:
    """Measure patterns of 6 … 50 px at any angle in white noise, then images without one; takes about ``seconds``."""
    share_s = seconds / (len(LATTICES) * len(NOISE_RMS) + len(PLAIN))
    for lattice in LATTICES:
        for noise_rms in NOISE_RMS:
            yield measure_accuracy(lattice, noise_rms, trials(share_s, MIN_TRIALS))
    for kind in PLAIN:
        yield measure_false_patterns(kind, trials(share_s, MIN_IMAGES))


def measure_accuracy(lattice: str, noise_rms: int, trials: Iterator[int]) -> PatternAccuracy:
    """Compare measured patterns with the synthetic ones of a kind in `LATTICES`, in noise of so many grey levels."""
    synthesise, kind = LATTICES[lattice]
    n_trials = n_found = 0
    errors: list[float] = []
    for trial in trials:
        rng = default_rng(trial)
        waves, truth = synthesise(float(np.exp(rng.uniform(*np.log(PERIODS_PX)))), rng.uniform(-90.0, 90.0), rng)
        components = measure_spatial(in_noise(waves, noise_rms, rng)).components
        n_trials += 1
        if not components or components[0].lattice != kind:
            continue
        n_found += 1
        for vector in components[0].vectors:
            period_px, angle_deg = min(truth, key=lambda wave: abs(_turn(vector.angle_deg - wave[1])))
            errors.append((vector.period_px - period_px) / vector.period_px_sigma)
            errors.append(_turn(vector.angle_deg - angle_deg) / vector.angle_deg_sigma)
    error = np.array(errors or [math.nan])
    return PatternAccuracy(
        lattice,
        noise_rms,
        n_trials,
        n_found,
        float(error.mean()),
        float(np.sqrt(np.mean(error**2))),
        float(np.mean(np.abs(error) <= 2)),
    )


def measure_false_patterns(kind: str, trials: Iterator[int]) -> FalsePatterns:
    """Count the patterns measured on images of a kind in `PLAIN`, which have none."""
    found = [bool(measure_spatial(PLAIN[kind](default_rng(trial))).components) for trial in trials]
    return FalsePatterns(kind, len(found), sum(found))


def in_noise(waves: Float64, noise_rms: float, rng: Generator) -> UInt8:
    """Return an image of waves of range −1…1, in white noise about middle grey."""
    return _grey(128 + AMPLITUDE * waves + noise_rms * rng.standard_normal(waves.shape))


def _grey(levels: Float64) -> UInt8:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _turn(degrees: float) -> float:
    """Return an angle between directions in the range −90 … 90 degrees."""
    return (degrees + 90) % 180 - 90


def phases(period_px: float, angle_deg: float, rng: Generator) -> Float64:
    """Return the phase of a wave in radians at each fine sample of the image, with a random start."""
    y, x = (np.mgrid[: SIDE * FINER, : SIDE * FINER] + 0.5) / FINER
    angle = math.radians(angle_deg)  # counter-clockwise, image rows downwards
    return np.asarray(2 * np.pi * ((x * math.cos(angle) - y * math.sin(angle)) / period_px + rng.uniform()), np.float64)


def _pixels(fine: Float64) -> Float64:
    return np.asarray(fine.reshape(SIDE, FINER, SIDE, FINER).mean(axis=(1, 3)), np.float64)


Waves = tuple[Float64, list[tuple[float, float]]]  # an image, range −1…1; period and angle of its base waves


def _sinusoid(period_px: float, angle_deg: float, rng: Generator) -> Waves:
    return _pixels(np.cos(phases(period_px, angle_deg, rng))), [(period_px, angle_deg)]


def _bars(period_px: float, angle_deg: float, rng: Generator) -> Waves:
    return _pixels(np.sign(np.cos(phases(period_px, angle_deg, rng)))), [(period_px, angle_deg)]


def _mesh(period_px: float, angle_deg: float, rng: Generator) -> Waves:
    base = [(period_px, angle_deg), (1.2 * period_px, angle_deg + 80)]
    waves = [np.cos(phases(*wave, rng)) for wave in base]
    return _pixels((waves[0] + waves[1]) / 2), base


def _chessboard(period_px: float, angle_deg: float, rng: Generator) -> Waves:
    across = [np.sign(np.cos(phases(period_px * math.sqrt(2), angle_deg + turn, rng))) for turn in (45, -45)]
    return _pixels(across[0] * across[1]), [(period_px, angle_deg), (period_px, angle_deg + 90)]


def _honeycomb(period_px: float, angle_deg: float, rng: Generator) -> Waves:
    a, b = (phases(period_px, angle_deg + turn, rng) for turn in (0, 60))
    waves = (np.cos(a) + np.cos(b) + np.cos(b - a)) / 3
    return _pixels(waves), [(period_px, angle_deg + turn) for turn in (0, 60, 120)]


LATTICES: dict[str, tuple[Callable[[float, float, Generator], Waves], str]] = {
    "stripes": (_sinusoid, "stripes"),
    "bars": (_bars, "stripes"),
    "mesh": (_mesh, "grid"),
    "chessboard": (_chessboard, "grid"),
    "hexagonal": (_honeycomb, "hexagonal"),
}


def _white(rng: Generator) -> UInt8:
    return _grey(128 + 20 * rng.standard_normal((SIDE, SIDE)))


def _one_over_f(rng: Generator) -> UInt8:
    spectrum = np.fft.rfft2(rng.standard_normal((2 * SIDE, 2 * SIDE)))  # cropped, so that it does not wrap around
    radius = np.hypot(np.fft.fftfreq(2 * SIDE)[:, None], np.fft.rfftfreq(2 * SIDE))
    levels = np.fft.irfft2(spectrum / np.maximum(radius, 0.5 / SIDE) ** rng.uniform(0.8, 1.3))[:SIDE, :SIDE]
    return _grey(128 + 40 * (levels - levels.mean()) / levels.std())


def _leaves(rng: Generator) -> UInt8:
    """Return dead leaves: discs and boxes of power-law sizes that hide each other.

    Lee, Mumford & Huang, IJCV 41, 2001.
    """
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    levels = np.full((SIDE, SIDE), 128.0)
    for _ in range(150):
        size = SIDE / 3 * rng.uniform(0.03, 1.0) ** 1.5
        angle, (cy, cx) = rng.uniform(0, np.pi), rng.uniform(0, SIDE, 2)
        u = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
        v = (y - cy) * math.cos(angle) - (x - cx) * math.sin(angle)
        is_disc = rng.uniform() < 0.5
        inside = np.hypot(u, v) < size if is_disc else (np.abs(u) < size) & (np.abs(v) < size * rng.uniform(0.2, 1.0))
        levels[inside] = rng.uniform(20, 235) + rng.uniform(-0.3, 0.3) * u[inside]
    return _grey(levels + rng.uniform(0.5, 5.0) * rng.standard_normal(levels.shape))


PLAIN: dict[str, Callable[[Generator], UInt8]] = {"white noise": _white, "1/f": _one_over_f, "dead leaves": _leaves}


def render(rows: list[PatternAccuracy | FalsePatterns]) -> list[RichTable]:
    """Return the results of `accuracy` as two tables."""
    lattices = table("period and angle of patterns of 6 … 50 px, contrast 0.3, in noise; errors in stated σ")
    for name in ("pattern", "noise", "trials", "found", "bias", "error", "within 2σ", ""):
        lattices.add_column(name, justify="left" if name == "pattern" else "right", no_wrap=True)
    plain = table("false patterns, 256 × 256")
    for name in ("images", "trials", "false", ""):
        plain.add_column(name, justify="left" if name == "images" else "right", no_wrap=True)
    for row in rows:
        if isinstance(row, FalsePatterns):
            plain.add_row(row.images, str(row.n_images), str(row.n_false), verdict(row.met))
            continue
        figures = [f"{row.bias:+.2f}", f"{row.ratio:.2f}", f"{row.coverage:.1%}"]
        found = f"{row.n_found / max(row.n_trials, 1):.0%}"
        lattices.add_row(row.lattice, str(row.noise_rms), str(row.n_trials), found, *figures, verdict(row.met))
    return [lattices, plain]
