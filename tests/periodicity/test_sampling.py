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
