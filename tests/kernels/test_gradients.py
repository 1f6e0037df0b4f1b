"""Sums of gradients over cells against numpy."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32, Float64
from streamer.kernels.gradients import gradient_sums


def _smoothed(image: Float64, axis: int) -> Float64:
    before, after = np.roll(image, 1, axis), np.roll(image, -1, axis)
    return 0.25 * before + 0.5 * image + 0.25 * after


def _slope(image: Float64, axis: int) -> Float64:
    return 0.5 * (np.roll(image, -1, axis) - np.roll(image, 1, axis))


def _by_numpy(before: Float32, now: Float32, height: int, width: int) -> Float64:
    a, b = before.astype(np.float64), now.astype(np.float64)
    middle = 0.5 * (a + b)
    gx, gy = _smoothed(_slope(middle, 1), 0), _smoothed(_slope(middle, 0), 1)
    t = _smoothed(_smoothed(b - a, 0), 1)
    products = np.stack([gx * gx, gx * gy, gy * gy, gx * t, gy * t])
    products[:, [0, -1]] = 0
    products[:, :, [0, -1]] = 0
    n_rows, n_columns = a.shape[0] // height, a.shape[1] // width
    sums: Float64 = products.reshape(5, n_rows, height, n_columns, width).sum((2, 4)).reshape(5, -1)
    return sums


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 6), st.integers(1, 7), st.integers(1, 5), st.integers(1, 5), st.integers(0, 1 << 30))
@example(18, 32, 4, 4, 0)
@example(1, 1, 1, 1, 0)  # no point has neighbours on all sides
def test_the_sums_are_those_of_numpy(n_rows: int, n_columns: int, height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, now = rng.uniform(0, 255, (2, n_rows * height, n_columns * width)).astype(np.float32)
    out = np.full((5, n_rows * n_columns), np.nan, np.float32)
    gradient_sums(before, now, height, width, np.full((8, n_columns * width), np.nan, np.float32), out)
    np.testing.assert_allclose(out, _by_numpy(before, now, height, width), rtol=2e-4, atol=2.0)


@pytest.mark.parametrize(("vx", "vy"), [(0.3, 0.0), (0.0, -0.4), (-0.5, 0.25)])
def test_a_plane_wave_moves_as_it_does(vx: float, vy: float) -> None:
    y, x = np.mgrid[:24, :32].astype(np.float64)

    def scene(at: float) -> Float32:
        u, v = x - vx * at, y - vy * at
        return np.asarray(128 + 40 * np.sin(u / 2.5) + 30 * np.cos(v / 3.1 + u / 7), np.float32)

    out = np.zeros((5, 1), np.float32)
    gradient_sums(scene(0.0), scene(1.0), 24, 32, np.zeros((8, 32), np.float32), out)
    xx, xy, yy, xt, yt = out[:, 0].astype(float)
    found = -np.linalg.solve([[xx, xy], [xy, yy]], [xt, yt])
    np.testing.assert_allclose(found, [vx, vy], atol=0.03)
