"""Image rate and numbers of images from capture times, and even resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.periodicity.sampling import Sampling


@given(fps=st.floats(1, 1000), n=st.integers(16, 400), start=st.floats(-10, 1e5))
def test_even_times(fps: float, n: int, start: float) -> None:
    sampling = Sampling.of(start + np.arange(n) / fps)
    assert sampling.fps == pytest.approx(fps, rel=1e-6)
    assert sampling.duration_s == pytest.approx(n / fps, rel=1e-6)
    assert sampling.is_even
    series = np.ones((n, 2), np.float32)
    assert sampling.evened(series) is series


@given(seed=st.integers(0, 1000))
def test_missing_images_are_counted_and_the_rate_is_that_of_the_camera(seed: int) -> None:
    rng = np.random.default_rng(seed)
    there = rng.uniform(size=300) > 0.1
    there[[0, -1]] = True
    times_s = (np.arange(300)[there] + rng.uniform(-0.1, 0.1, there.sum())) / 26
    sampling = Sampling.of(times_s)
    np.testing.assert_array_equal(sampling.number, np.flatnonzero(there))
    assert abs(sampling.fps - 26) < 5 * sampling.fps_sigma
    assert sampling.fps_sigma < 0.003
    assert not sampling.is_even
    assert sampling.jitter_s == pytest.approx(0.2 / np.sqrt(12) / 26, rel=0.25)


def test_evened_series_are_at_even_times() -> None:
    rng = np.random.default_rng(0)
    times_s = (np.arange(200) + rng.uniform(-0.2, 0.2, 200))[rng.uniform(size=200) > 0.05] / 30
    sampling = Sampling.of(times_s)
    straight = (3 * sampling.times_s + 2).astype(np.float32)[:, None]
    evened = sampling.evened(straight)[:, 0]
    assert evened.shape == (int(sampling.number[-1]) + 1,)
    np.testing.assert_allclose(np.diff(evened)[2:-2], 3 / sampling.fps, atol=1e-4)
    wave = np.sin(2 * np.pi * 1.5 * sampling.times_s).astype(np.float32)[:, None]
    spectrum = np.abs(np.fft.rfft(sampling.evened(wave)[:, 0] * np.hanning(evened.size)))
    assert np.argmax(spectrum) == pytest.approx(1.5 * evened.size / sampling.fps, abs=0.6)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_bursts_are_told_from_jitter(n: int) -> None:
    rng = np.random.default_rng(n)
    number = np.arange(300)
    arrival_s = (number // n + 1) * n / 30 + rng.exponential(0.002, 300 // n + 1)[number // n] + 0.001 * (number % n)
    assert Sampling.of(arrival_s).comes_in_bursts
    late_s = number / 30 + rng.uniform(0, 0.02, 300)
    assert not Sampling.of(late_s).comes_in_bursts
    assert not Sampling.of(number[rng.random(300) > 0.33] / 30).comes_in_bursts


def test_heavy_jitter_does_not_make_images_missing_nor_the_rate_higher() -> None:
    rng = np.random.default_rng(1)
    times_s = np.maximum.accumulate(np.arange(400) / 30 + rng.normal(0, 0.02, 400)) + 1e-9 * np.arange(400)
    sampling = Sampling.of(times_s)
    assert sampling.fps == pytest.approx(30, rel=0.01)
    assert sampling.number[-1] == 399


def test_a_rate_that_falls_is_no_jitter() -> None:
    times_s = np.cumsum(np.repeat([1 / 30, 1 / 15, 1 / 10], 100))
    sampling = Sampling.of(times_s)
    assert not sampling.comes_in_bursts
    assert sampling.number[-1] > 299  # of the median rate, 15 a second, some are missing
