"""Weak lines between the multiples of a strong one show a slower fundamental; its own folded harmonics do not."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.divisors import other_lines, slower_by
from streamer.periodicity.lines import Lines, find_lines, threshold
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.sinusoid import fit_harmonics

TIMES_S = np.arange(300) / 30
MEMBERS = np.array([0])


def spectrum(wave: Float64) -> tuple[Lines, Float64]:
    series = (wave + 0.2 * default_rng(0).standard_normal(wave.size)).astype(np.float32)[:, None]
    return find_lines(series, 30.0), np.asarray(series, np.float64)


def divisor(wave: Float64, hz: float, harmonics: tuple[int, ...]) -> int:
    lines, series = spectrum(wave)
    sampling = Sampling.of(TIMES_S)
    fit = fit_harmonics(series.astype(np.float32), sampling.times_s, hz, harmonics, np.ones(1))
    return slower_by(lines, MEMBERS, fit, harmonics, sampling)


@pytest.mark.parametrize("n_blades", [2, 3, 4, 5])
def test_weak_lines_of_one_darker_blade_show_the_shaft(n_blades: int) -> None:
    shaft_hz = 1.93
    wave = 5 * np.sin(2 * np.pi * n_blades * shaft_hz * TIMES_S)
    for k in range(1, n_blades):
        wave = wave + 0.3 * np.sin(2 * np.pi * k * shaft_hz * TIMES_S + k)
    assert divisor(wave, n_blades * shaft_hz, (1,)) == n_blades


def test_folded_harmonics_of_pulses_show_no_slower_one() -> None:
    wave = np.where((9.02 * TIMES_S) % 1 < 0.1, 10.0, 0.0)  # lines near 3, 6 and 12 too
    assert divisor(wave, 9.02, (1, 2, 3, 4)) == 1


def test_one_other_line_is_not_enough() -> None:
    wave = 5 * np.sin(2 * np.pi * 6 * TIMES_S) + np.sin(2 * np.pi * 2 * TIMES_S)
    assert divisor(wave, 6.0, (1,)) == 1


def test_other_lines_are_listed_the_highest_first() -> None:
    turns = 2 * np.pi * TIMES_S
    lines, _ = spectrum(5 * np.sin(6 * turns) + np.sin(2.5 * turns) + 2 * np.sin(9.1 * turns))
    limits = np.full(1, threshold(300), np.float32)
    others = other_lines(lines, MEMBERS, round(6 / lines.bin_hz), limits) * lines.bin_hz
    assert others.tolist() == pytest.approx([9.1, 2.5], abs=0.03)
