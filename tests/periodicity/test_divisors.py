"""The other lines of the series that carry a line."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.divisors import other_lines
from streamer.periodicity.lines import Lines, find_lines, threshold

TIMES_S = np.arange(300) / 30
MEMBERS = np.array([0])


def spectrum(wave: Float64) -> tuple[Lines, Float64]:
    series = (wave + 0.2 * default_rng(0).standard_normal(wave.size)).astype(np.float32)[:, None]
    return find_lines(series, 30.0), np.asarray(series, np.float64)


def test_other_lines_are_listed_the_highest_first() -> None:
    turns = 2 * np.pi * TIMES_S
    lines, _ = spectrum(5 * np.sin(6 * turns) + np.sin(2.5 * turns) + 2 * np.sin(9.1 * turns))
    limits = np.full(1, threshold(300), np.float32)
    others = other_lines(lines, MEMBERS, round(6 / lines.bin_hz), limits) * lines.bin_hz
    assert others.tolist() == pytest.approx([9.1, 2.5], abs=0.03)
