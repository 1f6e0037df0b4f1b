"""Spectra of series, and the power of each frequency relative to the noise around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32

MIN_CYCLES = 2.0  # least number of cycles in the window
PADDING = 2  # bins per 1 / duration; with the Hann taper, a line between two bins loses 0.4 dB
GUARD = 2 * PADDING  # half width of a line's main lobe in bins
LOG_MEAN = 0.5772  # log of the mean power of Gaussian noise minus the mean of its log (Euler's constant)
DRIFT_DEGREE = 3  # of the polynomial that is removed
FALSE_ALARMS = 0.002  # probability for each window and level of the pyramid of cells
HALF_DOF = 20.0  # half the degrees of freedom of the measured noise
VOTE_EXCESS = 10.0  # a cell votes for a line where its power is so many times the noise
DARK = 1e-10  # grey levels squared, for a finite logarithm of series that never change


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Spectra of many series."""

    power: Float32  # shape (n_series, n_bins): a sinusoid of amplitude a has a² in its bin
    noise: Float32  # same shape: power expected in a bin by the spectrum around it
    excess: Float32  # same shape: power / noise
    bin_hz: float  # width of a bin
    first: int  # first bin in which lines are searched …
    last: int  # … and the bin after the last


def find_lines(series: Float32, fps: float) -> Lines:
    """Compute the spectra of series and their noise.

    A cubic is removed from each series and a Hann taper applied, so that the leakage of drift falls with the sixth
    power of the frequency. The noise at a frequency is the greatest of

    - the log-mean over the octave above it, over at least 12 / duration (below it where the spectrum ends),
    - the log-mean of the bins 2 to 8 / duration to either side, since a broad maximum is no line,
    - the log-mean over up to two octaves below, extrapolated with the inverse square of the frequency (random walk).

    Other lines hardly change a log-mean.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Sampled evenly, in grey levels.
    fps : float
        Images per second.
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
    """Return the excess that noise reaches in one of so many bins with probability ``FALSE_ALARMS``.

    This is a quantile of the F distribution with 2 and 40 degrees of freedom, since the noise is measured too.
    """
    return HALF_DOF * (math.pow(n_tests / FALSE_ALARMS, 1 / HALF_DOF) - 1)


def peak(lines: Lines, k: int) -> float:
    """Return the place of a line between bins, from a parabola through the logarithms of the series that carry it."""
    carries = lines.excess[:, k] > VOTE_EXCESS
    if not carries.any() or not 1 <= k < lines.power.shape[1] - 1:
        return float(k)
    shape = (lines.power[carries, k - 1 : k + 2] / lines.noise[carries, k : k + 1]).sum(axis=0)
    a, b, c = np.log(shape + np.float32(1e-20)).tolist()
    curve = a - 2 * b + c
    return k + min(max(0.5 * (a - c) / curve, -0.75), 0.75) if curve < 0 else float(k)


def height_near(lines: Lines, bin_: float) -> Float32:
    """Return the highest power near a bin relative to the noise, of all series; 0 outside the spectrum."""
    k = round(bin_)
    if not lines.first - 1 <= k < lines.power.shape[1] - 1:
        return np.zeros(lines.power.shape[0], np.float32)
    result: Float32 = lines.excess[:, k - 1 : k + 2].max(axis=1)
    return result


def _noise(power: Float32) -> Float32:
    """Return the noise of spectra, shape (n_series, n_bins); see :func:`find_lines`."""
    n_series, n_bins = power.shape
    log_sum = np.zeros((n_series, n_bins + 1), np.float32)
    np.cumsum(np.log(power + np.float32(DARK)), axis=1, out=log_sum[:, 1:])
    bins = np.arange(n_bins)

    def log_sums(begin: np.ndarray, end: np.ndarray) -> tuple[Float32, np.ndarray]:
        begin, end = np.clip(begin, PADDING, n_bins), np.clip(end, PADDING, n_bins)
        return log_sum[:, end] - log_sum[:, begin], np.maximum(end - begin, 0).astype(np.float32)

    above, n_above = log_sums(bins + GUARD, 2 * bins + 24 * PADDING)
    below, n_below = log_sums(bins - 24 * PADDING, bins - GUARD + 1)  # where there is too little above
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
    """Return the smallest even number 2ᵃ 3ᵇ 5ᶜ that is not below a length."""
    best = 1 << (at_least - 1).bit_length()
    for five in (1, 5, 25, 125):
        for three in (1, 3, 9, 27, 81):
            odd = five * three
            rest = -(-at_least // odd)
            best = min(best, odd << max(1, (rest - 1).bit_length()))
    return best
