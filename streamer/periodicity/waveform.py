"""How probable a fundamental frequency is as the cause of series, whatever their waveform and however it folds."""

from __future__ import annotations

import math

import numpy as np

from streamer.arrays import Float64

# Number of harmonics, exponent of their order with which their power falls, and greatest scale (what is beyond the
# highest of them is noise): sharp edges, edges smoothed by the exposure, fans, few lines.
WAVEFORMS = ((40, 2, 40.0), (24, 2, math.inf), (12, 2, math.inf), (12, 0, math.inf), (6, 1, math.inf), (3, 0, math.inf))
SCALES = np.logspace(-3, 7, 21)  # power of the waveform relative to that of the noise in one image
UNEVEN = 0.003  # of its power, by which a real rhythm is not quite the same in each period
DRIFT_DEGREE = 3
TINY = 1e-12


def log_evidence(y: Float64, times_s: Float64, hz: float) -> float:
    """Return the log probability of series, up to a constant, if they repeat with a frequency.

    Harmonics are Gaussian amplitudes whose variance falls with their order, in one of a few ways; they are integrated
    out, and the noise is the most probable (Bretthorst, Bayesian Spectrum Analysis and Parameter Estimation, 1988).
    Harmonics enter at the capture times, so they fold as they do in the images, onto each other if they must; and a
    fundamental that is too slow is less probable, since it allows for lines that are not there.

    Parameters
    ----------
    y : ndarray, shape (n_images, n_series)
        Without drift; see `without_drift`.
    times_s : ndarray, shape (n_images,)
        Capture times relative to about the middle.
    hz : float
        Fundamental.
    """
    n = times_s.size
    freedom = n - DRIFT_DEGREE - 1
    total = np.sum(y**2, axis=0)
    order = np.arange(1, min(WAVEFORMS[0][0], n // 4) + 1)
    phase = 2 * np.pi * hz * times_s[:, None] * order
    waves = np.stack([np.cos(phase), np.sin(phase)], axis=2).reshape(n, -1)  # cosine and sine of each, one by one
    waves = without_drift(waves, times_s)
    products, inner = waves.T @ waves, waves.T @ y
    logs = []
    for n_orders, slope, most in WAVEFORMS:
        shape = np.repeat(order[:n_orders] ** (-slope / 2), 2)
        power, turn = np.linalg.eigh(products[: shape.size, : shape.size] * np.outer(shape, shape))
        power = np.maximum(power, 0.0)
        along = (turn.T @ (inner[: shape.size] * shape[:, None])) ** 2  # (2 · n_orders, n_series)
        scales = SCALES[most >= SCALES][:, None]
        rest = np.maximum(total - scales / (1 + scales * power) @ along, 0.0) + UNEVEN * total + TINY
        volume = np.sum(np.log1p(scales * power), axis=1)[:, None]
        each = -0.5 * volume - 0.5 * freedom * np.log(rest / freedom)  # (n_scales, n_series)
        logs.append(float(np.sum(each.max(axis=0))))
    return float(np.logaddexp.reduce(logs)) - math.log(len(logs))


def without_drift(y: Float64, times_s: Float64) -> Float64:
    """Return columns without the cubic that fits them best."""
    base = np.linalg.qr(np.polynomial.legendre.legvander(times_s / np.abs(times_s).max(), DRIFT_DEGREE))[0]
    return np.asarray(y - base @ (base.T @ y))


def principal(series: Float64, share: float = 0.1, n_most: int = 3) -> Float64:
    """Return the few sums of series that hold what they have in common: the strongest, and others nearly as strong.

    A rhythm has one waveform in all cells, up to its size and sign, or a few; so its cells are no independent evidence.
    """
    power, turn = np.linalg.eigh(series.T @ series)
    kept = np.flatnonzero(power >= share * power[-1])[-n_most:]
    return np.asarray(series @ turn[:, kept])
