"""Weak lines between the multiples of a rhythm show a slower one; its own folded harmonics and other rhythms do not."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.between import Slower, slower
from streamer.periodicity.sampling import Sampling

TIMES_S = np.arange(300) / 30
NOTHING_KNOWN = np.zeros(0)


def options(wave: Float64, hz: float, harmonics: tuple[int, ...], times_s: Float64 = TIMES_S) -> list[Slower]:
    """Return the slower fundamentals of a wave in six cells with noise of their own."""
    series = wave[:, None] * np.linspace(0.5, 1.5, 6) + 0.2 * default_rng(0).standard_normal((wave.size, 6))
    return slower(series.astype(np.float32), Sampling.of(times_s), hz, harmonics, NOTHING_KNOWN)


def fan(n_blades: int, shaft_hz: float, size: float, times_s: Float64 = TIMES_S) -> Float64:
    wave = 20 * np.sin(2 * np.pi * n_blades * shaft_hz * times_s)
    for k in range(1, n_blades):
        wave = wave + size * np.sin(2 * np.pi * k * shaft_hz * times_s + k)
    return np.asarray(wave)


@pytest.mark.parametrize("n_blades", [2, 3, 4, 5, 6, 7])
def test_blades_that_differ_by_a_percent_show_the_shaft(n_blades: int) -> None:
    best = options(fan(n_blades, 1.93, 0.2), n_blades * 1.93, (1,))[0]
    assert best.divisor == n_blades
    assert best.is_shown
    assert best.log_odds > 20


def test_times_with_jitter_hide_no_line() -> None:
    times_s = TIMES_S + 0.003 * default_rng(1).standard_normal(300).clip(-3, 3)
    best = options(fan(5, 1.93, 0.3, times_s), 5 * 1.93, (1,), times_s)[0]
    assert (best.divisor, best.is_shown) == (5, True)


@pytest.mark.parametrize("hz", [1.93, 4.41, 7.77])
def test_a_sinusoid_and_noise_show_none(hz: float) -> None:
    assert options(20 * np.sin(2 * np.pi * hz * TIMES_S), hz, (1,)) == []


def test_what_folds_where_slower_ones_would_lie_cannot_be_told_from_them() -> None:
    wave = np.where((9.0 * TIMES_S + 0.31) % 1 < 0.1, 10.0, 0.0)  # lines at 3, 6 and 12 Hz too
    assert [(each.divisor, each.is_shown) for each in options(wave, 9.0, (1, 2, 3, 4))] == [(3, False)]


def test_one_other_line_is_named_at_most() -> None:
    wave = 5 * np.sin(2 * np.pi * 6 * TIMES_S) + np.sin(2 * np.pi * 2 * TIMES_S)
    assert [(each.divisor, each.is_shown) for each in options(wave, 6.0, (1,))] == [(3, False)]


def test_a_rhythm_beside_a_common_divisor_is_none() -> None:
    wave = 5 * np.sin(2 * np.pi * 6 * TIMES_S) + np.sin(2 * np.pi * 2.04 * TIMES_S) + np.sin(2 * np.pi * 4.05 * TIMES_S)
    assert all(each.divisor != 3 for each in options(wave, 6.0, (1,)))


def test_remains_of_what_was_known_before_are_no_lines() -> None:
    wave = fan(3, 1.93, 2.0)
    series = wave[:, None] + 0.2 * default_rng(0).standard_normal((300, 6))
    known_hz = np.array([1.93, 3.86, 7.72, 9.65, 13.51])
    assert slower(series.astype(np.float32), Sampling.of(TIMES_S), 5.79, (1,), known_hz) == []


def test_lines_that_fold_to_one_place_count_once() -> None:
    wave = 20 * np.sin(2 * np.pi * 7.0 * TIMES_S) + sum(np.sin(2 * np.pi * hz * TIMES_S) for hz in (3.0, 12.0))
    (sevenths,) = (each for each in options(wave, 7.0, (1,)) if each.divisor == 7)
    assert sevenths.present == (3, 12)  # 18 Hz would be at 12 Hz too


def test_a_rhythm_of_few_cycles_has_no_slower_one() -> None:
    assert options(np.sin(2 * np.pi * 0.7 * TIMES_S), 0.7, (1,)) == []
