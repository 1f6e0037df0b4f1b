"""Measure the accuracy of temporal measurements: against the Cramér–Rao bound, and on noise alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator
from rich.table import Table as RichTable

from streamer.arrays import Float64
from streamer.bench.camera_noise import FPS, N_COLUMNS, N_ROWS, NOISES, camera_noise
from streamer.bench.trials import COVERAGE, MAX_FALSE, table, trials, verdict
from streamer.periodicity.temporal import measure_temporal

SNRS_DB = (-10, -5, 0, 5, 10, 20)  # per image
WINDOW_S = 8.0  # of noise
MIN_TRIALS, MIN_WINDOWS = 40, 4
MAX_RATIO = 1.5  # RMS error / Cramér–Rao bound
MIN_DETECTED = 0.5  # where a smaller share is detected, noise chooses which, and there is no target


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Results on sinusoids of one signal-to-noise ratio, with images at one kind of times."""

    times: str
    snr_db: int
    n_trials: int
    n_detected: int
    ratio: float = math.nan  # RMS of error / Cramér–Rao bound, of those detected
    coverage: float = math.nan  # share of errors within two stated standard uncertainties
    stated: float = math.nan  # RMS of stated uncertainty / bound
    n_gross: int = 0  # errors beyond 1 / duration

    @property
    def met(self) -> bool | None:
        """Whether error and stated uncertainty are within the targets; None if too few were detected."""
        if self.n_detected < MIN_DETECTED * self.n_trials:
            return None
        return self.ratio <= MAX_RATIO and COVERAGE[0] <= self.coverage <= COVERAGE[1]


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Number of windows of noise in which a period was measured."""

    noise: str
    n_windows: int
    n_false: int

    @property
    def met(self) -> bool:
        """Whether false alarms are rare enough."""
        return self.n_false <= math.ceil(MAX_FALSE * self.n_windows)


def accuracy(seconds: float) -> Iterator[Accuracy | FalseAlarms]:
    """Measure sinusoids in white noise, then noise alone; takes about ``seconds``.

    Sinusoids are single series of 2 … 10 s at 30 images per second, with any frequency from 2 / duration to 0.45 of
    the image rate. Noise is 576 cells over 8 s. A false-alarm rate of 1 % takes more than a minute to measure.
    """
    share_s = seconds / (len(SAMPLINGS) * len(SNRS_DB) + len(NOISES))
    for times in SAMPLINGS:
        for snr_db in SNRS_DB:
            yield measure_accuracy(times, snr_db, trials(share_s, MIN_TRIALS))
    for kind in NOISES:
        yield measure_false_alarms(kind, trials(share_s, MIN_WINDOWS))


def measure_accuracy(times: str, snr_db: int, trials: Iterator[int]) -> Accuracy:
    """Measure one sinusoid per trial, at image times of a kind in `SAMPLINGS`."""
    rng = np.random.default_rng(100 + snr_db)
    rows, n_trials = [], 0
    amplitude = math.sqrt(2 * 10 ** (snr_db / 10))  # in noise of variance 1
    for _ in trials:
        n_trials += 1
        duration_s = rng.uniform(2.0, 10.0)
        times_s = SAMPLINGS[times](round(FPS * duration_s), rng)
        hz = rng.uniform(2.0 / duration_s, 0.45 * FPS)
        wave = amplitude * np.sin(2 * np.pi * (hz * times_s + rng.uniform()))
        series = (wave + rng.standard_normal(times_s.size)).astype(np.float32)[:, None]
        found = measure_temporal(series, times_s, (1, 1))
        if found.components:
            rows.append((found.hz - hz, found.hz_sigma, cramer_rao_hz(amplitude, times_s), found.resolution_hz))
    if not rows:
        return Accuracy(times, snr_db, n_trials, 0)
    error, sigma, bound, resolution = np.array(rows).T
    return Accuracy(
        times,
        snr_db,
        n_trials,
        len(rows),
        float(np.sqrt(np.mean((error / bound) ** 2))),
        float(np.mean(np.abs(error) <= 2 * sigma)),
        float(np.sqrt(np.mean((sigma / bound) ** 2))),
        int(np.count_nonzero(np.abs(error) > resolution)),
    )


def measure_false_alarms(kind: str, trials: Iterator[int]) -> FalseAlarms:
    """Measure windows of camera noise of a kind in `NOISES`."""
    n_images = round(FPS * WINDOW_S)
    times_s = np.arange(n_images) / FPS
    rng = np.random.default_rng(len(kind))
    found = [measure_temporal(camera_noise(kind, n_images, rng), times_s, (N_ROWS, N_COLUMNS)) for _ in trials]
    return FalseAlarms(kind, len(found), sum(bool(each.components) for each in found))


def cramer_rao_hz(amplitude: float, times_s: Float64) -> float:
    """Return the smallest possible σ of an unbiased estimate of a sinusoid's frequency in noise of variance 1.

    √(2 / (A² Σ (t − t̄)²)) / 2π, which for n even times over T is √(6 / (π² A² n T²)) (Rife & Boorstyn 1974).
    """
    spread = float(np.sum((times_s - times_s.mean()) ** 2))
    return math.sqrt(2 / (amplitude**2 * spread)) / (2 * math.pi)


def _spaced(n_images: int, rng: Generator, jitter: float = 0.0, missing: float = 0.0) -> Float64:
    """Return image times in seconds, with jitter in intervals, from which a share is missing."""
    numbers = np.arange(n_images) + jitter * rng.standard_normal(n_images).clip(-4, 4)
    result: Float64 = numbers[rng.uniform(size=n_images) >= missing] / FPS
    return result


SAMPLINGS: dict[str, Callable[[int, Generator], Float64]] = {
    "even": _spaced,
    "jitter 10 %": partial(_spaced, jitter=0.1),
    "5 % dropped": partial(_spaced, missing=0.05),
}


def render(rows: list[Accuracy | FalseAlarms]) -> list[RichTable]:
    """Return the results of `accuracy` as two tables."""
    sinusoids = table("frequency of a sinusoid in noise, 2 … 10 s at 30 images/s, error / Cramér–Rao bound")
    for name in ("images", "dB", "trials", "detected", "error", "stated", "within 2σ", "gross", ""):
        sinusoids.add_column(name, justify="left" if name == "images" else "right", no_wrap=True)
    alarms = table("false periods, 576 cells, 8 s at 30 images/s")
    for name in ("noise", "windows", "false", ""):
        alarms.add_column(name, justify="left" if name == "noise" else "right", no_wrap=True)
    for row in rows:
        if isinstance(row, FalseAlarms):
            alarms.add_row(row.noise, str(row.n_windows), str(row.n_false), verdict(row.met))
            continue
        detected = f"{row.n_detected / max(row.n_trials, 1):.0%}"
        figures = [f"× {row.ratio:.2f}", f"× {row.stated:.2f}", f"{row.coverage:.1%}", str(row.n_gross)]
        figures = figures if row.n_detected else ["–"] * 4
        sinusoids.add_row(row.times, str(row.snr_db), str(row.n_trials), detected, *figures, verdict(row.met))
    return [sinusoids, alarms]
