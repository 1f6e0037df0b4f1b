"""Least-squares fit of a sinusoid and its harmonics on the capture times, with the frequency's uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32, Float64

N_STEPS = 8  # most steps of Gauss–Newton
SLOW_CYCLES = 4.0  # cycles in the window from which drift differs from periods by its spectrum
NEAR_THRESHOLD = 10.0  # relative increase of σ, times the inverse signal-to-noise power of the whole window
MAX_STEP = 0.25  # largest step relative to 1 / duration
# Frequencies beside each harmonic where its noise is measured, relative to 1 / duration.
NOISE_OFFSETS = np.concatenate([np.arange(-8.5, -1.0), np.arange(1.5, 9.0)])


@dataclass(frozen=True, slots=True, eq=False)
class HarmonicFit:
    """A fundamental fitted to several series together; each has its own amplitudes and phases."""

    hz: float  # frequency of the fundamental
    hz_sigma: float  # its standard uncertainty
    amplitude: np.ndarray  # complex, shape (n_harmonics, n_series): Re(amplitude · e^{i 2π k hz t})
    signal: Float64  # shape (n_series,): mean power of the harmonics
    noise: Float64  # shape (n_series,): mean power of the residual …
    near: Float64  # shape (n_series,): … and of its part at about the same frequency


def fit_harmonics(
    series: Float32, times_s: Float64, hz: float, harmonics: tuple[int, ...], noise: Float64
) -> HarmonicFit:
    """Fit a fundamental and its harmonics to series, starting near ``hz``.

    The method is separable least squares (Golub & Pereyra 1973, with Kaufman's derivative): Gauss–Newton on the one
    nonlinear parameter, with the linear ones (polynomial drift; a cosine and a sine for each harmonic and series)
    projected out.
    For one series of n images over a duration T with one sinusoid of amplitude A in white noise σ² it reaches the
    Cramér–Rao bound (Rife & Boorstyn 1974; Kay, Modern Spectral Estimation 1988, eq. 13.39 …)

        var(f) ≥ 6 σ² / (π² A² n T²),

    and the information of harmonics adds up as Σ k² A_k², that of series as their sum.

    Parameters
    ----------
    series : ndarray, shape (n_images, n_series)
    times_s : ndarray, shape (n_images,)
        Capture times in seconds, relative to about the middle.
    hz : float
        Starting frequency, within 0.5 / duration of the result.
    harmonics : tuple of int
        Multiples of the frequency that are fitted.
    noise : ndarray, shape (n_series,)
        Variance of each series; its inverse is the weight of the series, so only ratios change the result.
    """
    y = series.astype(np.float64)
    y -= y.mean(axis=0)
    n = times_s.size
    duration_s = float(times_s[-1] - times_s[0]) * n / (n - 1)
    u = times_s / (duration_s / 2)
    degree = 1 if hz * duration_s < SLOW_CYCLES else 3  # a higher degree would fit a slow period as drift
    drift = np.polynomial.legendre.legvander(u, degree)
    order = np.array(harmonics, np.float64)
    weight = 1 / noise

    def project(hz: float) -> tuple[Float64, Float64, Float64, Float64]:
        phase = 2 * np.pi * hz * times_s[:, None] * order
        waves = np.concatenate([np.cos(phase), np.sin(phase)], axis=1)
        q, r = np.linalg.qr(np.concatenate([drift, waves], axis=1))
        inner = q.T @ y
        rest = y - q @ inner
        coefficients = np.linalg.solve(r, inner)[degree + 1 :]  # (2 · n_harmonics, n_series)
        slope = times_s[:, None] * waves
        slope -= q @ (q.T @ slope)
        return waves, coefficients, rest, slope

    k = order.size
    step_limit = MAX_STEP / duration_s
    for _ in range(N_STEPS):
        _, c, rest, slope = project(hz)
        # ∂/∂ω (a cos kωt + b sin kωt) = k t (b cos kωt − a sin kωt)
        turned = np.concatenate([c[k:], -c[:k]]) * np.tile(order, 2)[:, None]
        score = float(np.sum(weight * np.sum(turned * (slope.T @ rest), axis=0)))
        information = float(np.sum(weight * np.sum(turned * (slope.T @ slope @ turned), axis=0)))
        step = score / information / (2 * np.pi)
        hz += float(np.clip(step, -step_limit, step_limit))
        if abs(step) < 1e-4 * step_limit:
            break
    waves, c, rest, slope = project(hz)
    turned = np.concatenate([c[k:], -c[:k]]) * np.tile(order, 2)[:, None]
    information = float(np.sum(weight * np.sum(turned * (slope.T @ slope @ turned), axis=0)))
    amplitude = c[:k] - 1j * c[k:]
    levels = np.array([
        _level(rest @ (weight * a.conj()), times_s, j * hz, duration_s) for a, j in zip(amplitude, order, strict=True)
    ])  # fmt: skip
    spread = np.sum(slope[:, :k] ** 2 + slope[:, k:] ** 2, axis=0)  # Σ t² without what drift and waves explain
    hz_sigma = math.sqrt(0.5 * float(np.sum(order**2 * levels * spread))) / information / (2 * math.pi)
    # First-order term of a threshold effect: a line is found where noise has increased it, and so looks stronger.
    hz_sigma *= 1 + NEAR_THRESHOLD * (2 * math.pi * hz_sigma * duration_s) ** 2 / 6
    # A frequency that changes during the window (t² in the phase) is uncertain by the amount of the change.
    wave_base = np.linalg.qr(np.concatenate([drift, waves], axis=1))[0]
    slope_base = np.linalg.qr(slope)[0]
    bend = _without(_without((times_s**2)[:, None] * waves, wave_base), slope_base)
    bend_information = float(np.sum(weight * np.sum(turned * (bend.T @ bend @ turned), axis=0)))
    bend_spread = np.sum(bend[:, :k] ** 2 + bend[:, k:] ** 2, axis=0)
    bend_sigma = math.sqrt(0.5 * float(np.sum(order**2 * levels * bend_spread))) / bend_information
    bent = float(np.sum(weight * np.sum(turned * (bend.T @ rest), axis=0))) / bend_information
    if abs(bent) > 4 * bend_sigma:
        hz_sigma = math.hypot(hz_sigma, abs(bent) / math.pi * duration_s / math.sqrt(12))
    steady_rest = _without(_without(rest, slope_base), np.linalg.qr(bend)[0])
    return HarmonicFit(
        hz,
        hz_sigma,
        amplitude,
        np.mean((waves @ c) ** 2, axis=0),
        np.mean(rest**2, axis=0),
        _near(rest if hz * duration_s < SLOW_CYCLES else steady_rest, times_s, hz, duration_s),
    )


def _without(columns: Float64, base: Float64) -> Float64:
    """Return columns without their projection on an orthonormal base."""
    result: Float64 = columns - base @ (base.T @ columns)
    return result


def _near(rest: Float64, times_s: Float64, hz: float, duration_s: float) -> Float64:
    """Return the mean power of the residual up to 4 / duration from the frequency.

    With many cycles the nearest modes are left out: they contain the effect of an amplitude that grows or decays, which
    is removed from the residual only as far as it is linear or quadratic in time.
    """
    cycles = hz * duration_s
    away = np.arange(-4.0, 5.0) if cycles < SLOW_CYCLES else np.array([-4.0, -3.0, -2.0, 2.0, 3.0, 4.0])
    modes = cycles + away
    modes = modes[modes > 0.5]
    waves = np.exp(-2j * np.pi * times_s[:, None] * modes / duration_s)
    result: Float64 = 2 * np.sum(np.abs(waves.T @ rest) ** 2, axis=0) / times_s.size**2
    return result


def _level(pooled: np.ndarray, times_s: Float64, hz: float, duration_s: float) -> float:
    """Return the spectral level of a complex series beside a frequency, per image.

    The series is the weighted sum of all series that the fit uses. So the level contains the noise that they have in
    common, and the side bands of a frequency that is not quite steady.
    """
    beside_hz = hz + NOISE_OFFSETS / duration_s
    beside_hz = beside_hz[(beside_hz > 1 / duration_s)]
    waves = np.exp(-2j * np.pi * times_s[:, None] * beside_hz)
    return float(np.mean(np.abs(pooled @ waves) ** 2)) / times_s.size
