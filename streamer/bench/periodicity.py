"""How good and how honest measured periods are: against the Cramér–Rao bound, and on noise without a period."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table as RichTable

from streamer.messages import Float32, Float64
from streamer.periodicity.temporal import measure_temporal

FPS = 30.0
GRID = (18, 32)
SNRS_DB = (-10, -5, 0, 5, 10, 20)
WINDOW_S = 8.0  # of noise on the whole grid
MAX_RATIO = 1.5  # RMS error against the bound
COVERAGE = (0.90, 0.98)
MAX_FALSE = 0.01


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What came of sinusoids of one signal-to-noise ratio."""

    times: str  # how the images were spaced
    snr_db: int
    n_trials: int
    n_detected: int
    ratio: float  # RMS error against the Cramér–Rao bound
    coverage: float  # share of errors within two stated standard uncertainties
    stated: float  # stated uncertainty against the bound, RMS
    gross: int  # errors beyond the resolution

    @property
    def met(self) -> bool:
        """Whether error and stated uncertainty are as they should be."""
        return self.n_detected == 0 or (self.ratio <= MAX_RATIO and COVERAGE[0] <= self.coverage <= COVERAGE[1])


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How often a period was seen in noise without one."""

    noise: str
    n_windows: int
    n_false: int

    @property
    def met(self) -> bool:
        """Whether it was seldom enough."""
        return self.n_false <= MAX_FALSE * self.n_windows


def accuracies(n_trials: int) -> Iterator[Accuracy]:
    """Measure single sinusoids of 2 … 10 s at any frequency from 2 / duration to 0.45 of the image rate."""
    for times, sample in SAMPLINGS.items():
        for snr_db in SNRS_DB:
            rng = np.random.default_rng(abs(snr_db))
            yield _accuracy(times, sample, snr_db, n_trials, rng)


def _accuracy(
    name: str, sample: Callable[[int, np.random.Generator], Float64], snr_db: int, n_trials: int,
    rng: np.random.Generator,
) -> Accuracy:  # fmt: skip
    errors, sigmas, bounds, widths = [], [], [], []
    for _ in range(n_trials):
        times_s = sample(round(FPS * rng.uniform(2.0, 10.0)), rng)
        hz = rng.uniform(2.0 * FPS / times_s.size, 0.45 * FPS)
        amplitude = math.sqrt(2 * 10 ** (snr_db / 10))  # in noise of variance 1
        wave = amplitude * np.sin(2 * np.pi * (hz * times_s + rng.uniform()))
        series = (wave + rng.standard_normal(times_s.size)).astype(np.float32)[:, None]
        found = measure_temporal(series, times_s, (1, 1))
        if found is not None:
            errors.append(found.hz - hz)
            sigmas.append(found.hz_sigma)
            widths.append(found.resolution_hz)
            bounds.append(cramer_rao_hz(amplitude, 1.0, times_s))
    error, sigma, bound = np.array(errors), np.array(sigmas), np.array(bounds)
    if not errors:
        return Accuracy(name, snr_db, n_trials, 0, math.nan, math.nan, math.nan, 0)
    return Accuracy(
        name,
        snr_db,
        n_trials,
        len(errors),
        float(np.sqrt(np.mean((error / bound) ** 2))),
        float(np.mean(np.abs(error) <= 2 * sigma)),
        float(np.sqrt(np.mean((sigma / bound) ** 2))),
        int(np.sum(np.abs(error) > np.array(widths))),
    )


def cramer_rao_hz(amplitude: float, variance: float, times_s: Float64) -> float:
    """Smallest standard uncertainty of any unbiased estimate of a sinusoid's frequency, in hertz.

    With Σ (t − t̄)² = n T² / 12 for n even times over T it is √(6 σ² / (π² A² n T²)) (Rife & Boorstyn 1974).
    """
    spread = float(np.sum((times_s - times_s.mean()) ** 2))
    return math.sqrt(2 * variance / (amplitude**2 * spread)) / (2 * math.pi)


def _even(n: int, rng: np.random.Generator) -> Float64:
    return np.arange(n) / FPS


def _jittered(n: int, rng: np.random.Generator) -> Float64:
    return (np.arange(n) + 0.1 * rng.standard_normal(n).clip(-4, 4)) / FPS


def _dropped(n: int, rng: np.random.Generator) -> Float64:
    return np.arange(n)[rng.uniform(size=n) > 0.05] / FPS


SAMPLINGS: dict[str, Callable[[int, np.random.Generator], Float64]] = {
    "even": _even,
    "jitter 10 %": _jittered,
    "5 % dropped": _dropped,
}
