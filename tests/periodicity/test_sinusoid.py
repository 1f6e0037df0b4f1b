"""The fit of a sinusoid reaches the Cramér–Rao bound and states its own uncertainty."""

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from streamer.arrays import Float32, Float64
from streamer.periodicity.sinusoid import HarmonicFit, fit_harmonics

N = 240
TIMES_S = (np.arange(N) - (N - 1) / 2) / 30
T = 8.0


def fit(series: Float64, hz: float, harmonics: tuple[int, ...] = (1,), times_s: Float64 = TIMES_S) -> HarmonicFit:
    values: Float32 = np.atleast_2d(series.T).T.astype(np.float32)
    values = values.reshape(times_s.size, -1)
    return fit_harmonics(values, times_s, hz, harmonics, np.ones(values.shape[1]))


def waves(hz: float, amplitudes: tuple[float, ...], phase: float) -> Float64:
    terms = [a * np.sin(2 * np.pi * k * (hz * TIMES_S + phase)) for k, a in enumerate(amplitudes, 1)]
    return np.asarray(np.sum(terms, axis=0))


def bound_hz(amplitudes: tuple[float, ...]) -> float:
    """Return the Cramér–Rao bound √(6 σ² / (π² Σ k² A_k² n T²)) for σ = 1."""
    information = sum(k**2 * a**2 for k, a in enumerate(amplitudes, 1))
    return float(np.sqrt(6 / (np.pi**2 * information * N * T**2)))


@pytest.mark.parametrize("amplitudes", [(2.0,), (1.0, 0.7, 0.5)])
def test_errors_are_near_the_bound_and_within_two_sigma(amplitudes: tuple[float, ...]) -> None:
    rng = default_rng(1)
    errors, sigmas = [], []
    for _ in range(300):
        hz = rng.uniform(0.7, 4.4)
        series = waves(hz, amplitudes, rng.uniform()) + rng.standard_normal(N)
        result = fit(series, hz + rng.uniform(-0.3, 0.3) / T, tuple(range(1, len(amplitudes) + 1)))
        errors.append(result.hz - hz)
        sigmas.append(result.hz_sigma)
    error, sigma = np.array(errors), np.array(sigmas)
    bound = bound_hz(amplitudes)
    assert 0.9 < np.sqrt(np.mean(error**2)) / bound < 1.15
    assert 0.92 < np.mean(np.abs(error) < 2 * sigma) < 0.985
    assert np.median(sigma) == pytest.approx(bound, rel=0.1)


def test_series_add_their_information_unless_their_noise_is_common() -> None:
    def spread(noise_of: str) -> tuple[float, float]:
        errors, sigmas = [], []
        for seed in range(120):
            rng = default_rng(seed)
            common = np.repeat(rng.standard_normal((N, 1)), 16, axis=1)
            noise = common if noise_of == "all" else rng.standard_normal((N, 16))
            result = fit(waves(2.3, (1.0,), 0.1)[:, None] + noise, 2.31)
            errors.append(result.hz - 2.3)
            sigmas.append(result.hz_sigma)
        return float(np.std(errors)), float(np.median(sigmas))

    alone, stated = spread("each")
    assert alone == pytest.approx(bound_hz((1.0,)) / 4, rel=0.2)
    assert stated == pytest.approx(alone, rel=0.25)
    together, stated = spread("all")
    assert together == pytest.approx(bound_hz((1.0,)), rel=0.2)
    assert stated == pytest.approx(together, rel=0.25)


def test_drift_does_not_bias_the_frequency() -> None:
    drift = 20 * TIMES_S + 3 * TIMES_S**2 + 100
    result = fit(waves(1.7, (1.0,), 0.3) + drift + 0.01 * default_rng(2).standard_normal(N), 1.72)
    assert abs(result.hz - 1.7) < 4 * result.hz_sigma
    assert result.hz_sigma < 2e-4


def test_uneven_times() -> None:
    rng: Generator = default_rng(3)
    times_s = np.sort(rng.uniform(-4, 4, N))
    series = np.sin(2 * np.pi * 21.3 * times_s + 1) + 0.1 * rng.standard_normal(N)
    result = fit(series, 21.32, times_s=times_s)
    assert abs(result.hz - 21.3) < 4 * result.hz_sigma


def test_amplitude_and_phase() -> None:
    result = fit(np.stack([2 * np.cos(2 * np.pi * 3 * TIMES_S + 0.5), 0.5 * np.sin(2 * np.pi * 3 * TIMES_S)], 1), 3.01)
    assert result.amplitude[0, 0] == pytest.approx(2 * np.exp(0.5j), abs=1e-4)
    assert result.amplitude[0, 1] == pytest.approx(-0.5j, abs=1e-4)
    assert result.signal == pytest.approx([2, 0.125], rel=1e-3)


def test_the_residual_near_the_frequency_distinguishes_drift_from_a_period() -> None:
    rng = default_rng(4)
    period = fit(waves(0.7, (2.0,), 0.2) + 0.5 * rng.standard_normal(N), 0.71)
    walk = fit(rng.standard_normal(N).cumsum(), 0.71)
    assert period.signal[0] > 20 * period.near[0]
    assert walk.signal[0] < 5 * walk.near[0]
