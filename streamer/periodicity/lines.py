"""Compute spectra of series, and how far each frequency stands out of the noise around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32

MIN_CYCLES = 2.0  # in the window
PADDING = 2  # bins per 1 / duration: with the Hann taper a line between bins loses 0.4 dB
GUARD = 2 * PADDING  # bins to either side that a line's main lobe reaches
LOG_MEAN = 0.5772  # mean of log(power) of Gaussian noise lies so much below the log of its mean (Euler's constant)
DRIFT_DEGREE = 3
FALSE_ALARMS = 0.002  # of a window, for each level of the pyramid of cells
HALF_DOF = 20.0
DARK = 1e-10  # grey levels squared: keeps the logarithm of a series that never changes finite


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Spectra of many series."""

    power: Float32  # shape (n_series, n_bins): a sinusoid of amplitude a has a² in its bin
    noise: Float32  # same shape: what the spectrum around a bin makes expect in it
    excess: Float32  # power / noise
    bin_hz: float
    first: int  # bins from here …
    last: int  # … to before here are measured


def find_lines(series: Float32, fps: float) -> Lines:
    """Return the spectra of evenly sampled series, shape (n_images, n_series), against their own noise.

    A cubic through each series is removed and a Hann taper applied: what a drift leaks falls with the sixth power
    of the frequency. The noise at a frequency is the greatest of

    - the log-mean over the octave above and at least 12 / duration of it (below it where the spectrum ends),
    - the log-mean of the bins 2 to 8 / duration to either side: a broad hump is no line,
    - the log-mean of up to two octaves below, falling with the square of the frequency as a random walk does.

    Log-means hardly notice other lines.
    """
    n = series.shape[0]
    rows = np.ascontiguousarray(series.T) - series[0][:, None]
    drift = np.linalg.qr(np.polynomial.legendre.legvander(np.linspace(-1, 1, n), DRIFT_DEGREE))[0].astype(np.float32)
    rows -= (rows @ drift) @ drift.T
    taper = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)).astype(np.float32)
    rows *= taper * np.float32(2 / taper.sum())
    n_fft = _fast_length(PADDING * n)
    spectrum = np.fft.rfft(rows, n_fft, axis=1)
    power = np.square(spectrum.real, dtype=np.float32)
    power += np.square(spectrum.imag, dtype=np.float32)
    cycles_per_bin = n / n_fft
    first = int(np.ceil(MIN_CYCLES / cycles_per_bin - 0.25))
    noise = _noise(power)
    return Lines(power, noise, np.divide(power, noise, dtype=np.float32), fps / n_fft, first, power.shape[1] - GUARD)


def threshold(n_tests: int) -> float:
    """Return the level that noise reaches in one of so many bins with probability `FALSE_ALARMS`, in units of
    the noise.

    Quantile of the F distribution with 2 and 40 degrees of freedom: the noise is measured, too.
    """
    return HALF_DOF * (math.pow(n_tests / FALSE_ALARMS, 1 / HALF_DOF) - 1)


def _noise(power: Float32) -> Float32:
    n_series, n_bins = power.shape
    log_sum = np.zeros((n_series, n_bins + 1), np.float32)
    np.cumsum(np.log(power + np.float32(DARK)), axis=1, out=log_sum[:, 1:])
    bins = np.arange(n_bins)

    def log_sums(begin: np.ndarray, end: np.ndarray) -> tuple[Float32, np.ndarray]:
        begin, end = np.clip(begin, PADDING, n_bins), np.clip(end, PADDING, n_bins)
        return log_sum[:, end] - log_sum[:, begin], np.maximum(end - begin, 0).astype(np.float32)

    above, n_above = log_sums(bins + GUARD, 2 * bins + 24 * PADDING)
    below, n_below = log_sums(bins - 12 * PADDING, bins - GUARD + 1)
    enough = n_above >= 12 * PADDING
    wide = np.where(enough, above, above + below) / np.maximum(np.where(enough, n_above, n_above + n_below), 1)
    above, n_above = log_sums(bins + GUARD, bins + 8 * PADDING + 1)
    below, n_below = log_sums(bins - 8 * PADDING, bins - GUARD + 1)
    near = (above + below) / np.maximum(n_above + n_below, 1)
    slope = 2 * np.log(np.maximum(bins, 1))
    slope_sum = np.concatenate([[0.0], np.cumsum(slope)])
    begin = np.maximum(bins // 4, 1)
    end = np.maximum(bins - GUARD + 1, begin)
    n_red = end - begin
    rise = (slope_sum[end] - slope_sum[begin]) / np.maximum(n_red, 1) - slope
    red = (log_sum[:, end] - log_sum[:, begin]) / np.maximum(n_red, 1).astype(np.float32) + rise.astype(np.float32)
    level = np.maximum(np.maximum(wide, near), np.where(n_red > 0, red, -np.inf).astype(np.float32))
    noise: Float32 = np.exp(level + np.float32(LOG_MEAN)) + np.float32(DARK)
    return noise


def _fast_length(at_least: int) -> int:
    """Return the smallest even 2ᵃ 3ᵇ 5ᶜ not below a length."""
    best = 1 << (at_least - 1).bit_length()
    for five in (1, 5, 25, 125):
        for three in (1, 3, 9, 27, 81):
            odd = five * three
            rest = -(-at_least // odd)
            best = min(best, odd << max(1, (rest - 1).bit_length()))
    return best
