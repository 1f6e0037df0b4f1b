"""Tracing a line of the spectrum to its fundamental and the cells that carry it."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.cells import Pyramid
from streamer.periodicity.fundamental import Period, find_fundamental
from streamer.periodicity.lines import find_lines, threshold
from streamer.periodicity.sampling import Sampling

TIMES_S = np.arange(300) / 30
GRID = (4, 6)


def trace(series: Float64, hz: float) -> Period | None:
    """Trace the line at ``hz`` in the series of a grid to its fundamental."""
    pyramid = Pyramid.of(series.astype(np.float32), GRID)
    lines = find_lines(pyramid.series, 30.0)
    limits = np.repeat([threshold(300 * n) for n in pyramid.counts], pyramid.counts).astype(np.float32)
    return find_fundamental(pyramid, lines, Sampling.of(TIMES_S), limits, round(hz / lines.bin_hz))


def noise(seed: int) -> Float64:
    return default_rng(seed).standard_normal((300, 24))


@pytest.mark.parametrize("divisor", [1, 2, 3])
def test_the_strongest_line_may_be_any_of_the_first_harmonics(divisor: int) -> None:
    series = noise(1)
    for k in (1, 2, 3, 4):
        amplitude = 4.0 if k == divisor else 1.5
        series[:, 3] += amplitude * np.sin(2 * np.pi * k * (1.9 * TIMES_S + 0.1 * k))
    found = trace(series, 1.9 * divisor)
    assert found is not None
    assert found.fit.hz == pytest.approx(1.9, abs=0.01)
    assert found.carriers.tolist() == [3]
    assert set(found.harmonics) >= {1, 2, 3}


def test_lines_near_a_common_divisor_are_two_periods() -> None:
    series = noise(2)
    series[:, 3] += 4 * np.sin(2 * np.pi * 4.0 * TIMES_S) + 1.5 * np.sin(2 * np.pi * 2.05 * TIMES_S)
    found = trace(series, 4.0)
    assert found is not None
    assert found.fit.hz == pytest.approx(4.0, abs=0.01)


def test_drift_is_not_taken_for_the_fundamental_of_a_faster_line() -> None:
    series = noise(3)
    series[:, 3] += 4 * np.sin(2 * np.pi * 0.9 * TIMES_S) + 10 * np.sin(2 * np.pi * 0.29 * TIMES_S + 1)
    found = trace(series, 0.9)
    assert found is not None
    assert found.fit.hz == pytest.approx(0.9, abs=0.03)


def test_drift_is_no_period() -> None:
    series = 0.2 * noise(4) + 3 * noise(5).cumsum(axis=0)
    assert all(trace(series, hz) is None for hz in (0.25, 0.3, 0.4))


def test_blocks_carry_a_line_that_is_too_weak_in_single_cells() -> None:
    series = noise(6) + 0.3 * np.sin(2 * np.pi * 3.3 * TIMES_S)[:, None]
    found = trace(series, 3.3)
    assert found is not None
    assert found.carriers.min() >= 24
    assert found.fit.hz == pytest.approx(3.3, abs=0.02)
