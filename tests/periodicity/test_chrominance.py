"""POS and CHROM keep what blood does to the colour of skin, and cancel what is the same in all channels."""

import numpy as np
import pytest

from streamer.arrays import Float64
from streamer.periodicity.chrominance import PROJECTIONS, Projection, projected

FPS, N = 30.0, 300
T = np.arange(N) / FPS
AXES = {
    "POS": (np.array([-1.0, 1.0, 0.0]), np.array([1.0, 1.0, -2.0]), 1.0),
    "CHROM": (np.array([0.0, -2.0, 3.0]), np.array([-1.5, 1.0, 1.5]), -1.0),
}


def by_definition(relative: Float64, projection: Projection) -> Float64:
    """Return the same window by window, as the papers have it."""
    first, second, sign = AXES[projection]
    length = round(1.6 * FPS)
    total, count = np.zeros(N), np.zeros(N)
    for begin in range(N - length + 1):
        window = 1.0 + relative[begin : begin + length]
        window = window / window.mean(axis=0)
        a, b = window @ first, window @ second
        h = a + sign * a.std() / b.std() * b
        total[begin : begin + length] += h - h.mean()
        count[begin : begin + length] += 1
    return np.asarray(total / count)


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_running_sums_give_what_the_windows_one_by_one_give(projection: Projection) -> None:
    relative = np.random.default_rng(0).normal(0.0, 0.01, (N, 3)) + 0.1 * np.sin(T)[:, None]
    np.testing.assert_allclose(projected(relative, FPS, projection), by_definition(relative, projection), atol=1e-9)


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_light_that_changes_all_channels_alike_cancels_and_blood_stays(projection: Projection) -> None:
    blood = np.outer(0.004 * np.sin(2 * np.pi * 1.2 * T), [0.53, 0.77, 0.33])
    light = 1.0 + 0.05 * np.sin(2 * np.pi * 0.9 * T) + np.where(T > 5.0, 0.2, 0.0)
    relative = light[:, None] * (1.0 + blood) / light.mean() - 1.0
    wave = projected(relative, FPS, projection)
    power = np.abs(np.fft.rfft(wave * np.hanning(N))) ** 2
    # 1.2 Hz against 0.9 Hz of a light twelve times as strong, which CHROM cancels in part where blood is beside it.
    assert power[12] > (1e3 if projection == "POS" else 30) * power[9]
    alone = projected((light / light.mean() - 1.0)[:, None] + np.zeros((1, 3)), FPS, projection)
    assert np.abs(alone).max() < 1e-9
