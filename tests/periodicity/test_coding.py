"""The pattern of a video coder's key images is recognised; other periods of whole images are not."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.messages import Temporal
from streamer.periodicity.temporal import measure_temporal

GRID = (18, 32)
N = 300
RNG_SEED = 1


def measure(wave: Float64, strength: Float64) -> Temporal:
    noise = default_rng(RNG_SEED).normal(0, 0.05, (N, strength.size))
    series = 120 + wave[:, None] * strength + noise
    return measure_temporal(series.astype(np.float32), np.arange(N) / 30, GRID)


def strengths(scale: float) -> Float64:
    return default_rng(2).normal(0, scale, GRID[0] * GRID[1]).clip(-2 * scale, 2 * scale)


@pytest.mark.parametrize("period", [4, 5, 6, 12, 15, 30])
def test_a_faint_and_sharp_period_is_coding(period: int) -> None:
    blink = (np.arange(N) % period == 0).astype(np.float64)
    saw = np.arange(N) % period / period
    assert measure(blink, strengths(0.2)).status == "none"
    assert measure(saw, strengths(0.2)).status == "none"


def test_a_faint_pattern_of_three_images_is_coding() -> None:
    assert measure((np.arange(N) % 3 == 0).astype(np.float64), strengths(0.1)).status == "none"


@pytest.mark.parametrize("period", [6, 10, 30])
def test_a_smooth_or_strong_period_is_not_coding(period: int) -> None:
    smooth = np.sin(2 * np.pi * np.arange(N) / period)
    faint = measure(smooth, strengths(0.2))
    assert faint.hz == pytest.approx(30 / period, abs=0.01)
    strong = measure((np.arange(N) % period < period / 2).astype(np.float64), np.full(GRID[0] * GRID[1], 20.0))
    assert strong.hz == pytest.approx(30 / period, abs=0.01)


def test_a_real_period_is_found_beside_coding() -> None:
    blink = (np.arange(N) % 12 == 0).astype(np.float64)[:, None] * strengths(0.2)
    noise = default_rng(3).normal(0, 0.05, blink.shape)
    noise[:, 40:50] += 0.3 * np.sin(2 * np.pi * 1.3 * np.arange(N) / 30)[:, None]
    result = measure_temporal((blink + noise).astype(np.float32), np.arange(N) / 30, GRID)
    assert result.hz == pytest.approx(1.3, abs=0.01)
    assert result.components[0].n_cells == 10


def test_cells_that_jump_at_key_images_of_several_distances_have_no_period() -> None:
    rng = default_rng(4)
    key = np.isin(np.arange(N), [*range(0, 100, 24), *range(100, N, 25)])
    jumps = np.cumsum(np.where(key, rng.normal(0, 0.3, (GRID[0] * GRID[1], N)), 0), axis=1).T
    kept = 120 + jumps + np.where(key, 0.4, 0)[:, None] + rng.normal(0, 0.01, jumps.shape)
    assert measure_temporal(kept.astype(np.float32), np.arange(N) / 30, GRID).status == "none"
