"""Means over a polar grid against numpy.bincount."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streamer.features.polar_grid import polar_grid
from streamer.features.settings import largest_fft_length
from streamer.kernels.load import load

small_sizes = st.sampled_from([n for n in range(32, 325) if largest_fft_length(n) == n])


@settings(deadline=None, max_examples=40)
@given(small_sizes, small_sizes, st.integers(4, 80), st.integers(4, 60), st.integers(0, 1 << 30))
@example(256, 256, 64, 36, 0)
@example(64, 64, 256, 180, 0)  # more rings and cells than samples
def test_polar_means_are_those_of_bincount(height: int, width: int, n_radii: int, n_angles: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(-8.0, 2.0, height * (width // 2 + 1)).astype(np.float32)
    grid = polar_grid(height, width, n_radii, n_angles)
    polar, profile = np.full((n_radii, n_angles), np.nan, np.float32), np.full(n_radii, np.nan, np.float32)
    sums = np.full(n_angles, np.nan, np.float32)
    load("streamer.kernels.polar", "polar_means")(values, grid.places, grid.lengths, grid.cells, sums, polar, profile)
    fy = np.repeat(np.fft.fftfreq(height), width // 2 + 1)
    fx = np.tile(np.fft.rfftfreq(width), height)
    lowest = 2.0 / min(height, width)
    ring = np.floor((np.hypot(fx, fy) - lowest) / (0.5 - lowest) * n_radii + 1e-9).astype(int)
    angle = np.round(np.degrees(np.arctan2(-fy, fx)) * n_angles / 180 + 1e-9).astype(int) % n_angles
    for k in range(n_radii):
        in_ring = ring == k
        if not in_ring.any():
            assert profile[k] == profile[k - 1]
            assert (polar[k] == profile[k]).all()
            continue
        assert profile[k] == pytest.approx(values[in_ring].mean(dtype=np.float64), abs=1e-4)
        counts = np.bincount(angle[in_ring], minlength=n_angles)
        totals = np.bincount(angle[in_ring], values[in_ring], minlength=n_angles)
        expected = np.where(counts > 0, totals / np.maximum(counts, 1), profile[k])
        np.testing.assert_allclose(polar[k], expected, atol=1e-4)
