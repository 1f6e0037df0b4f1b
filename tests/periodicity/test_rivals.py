"""Fundamentals that explain the same lines are ranked, and those that are near are named with their odds."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.rivals import Fundamental, fundamentals, odds_of
from streamer.periodicity.sampling import Sampling

TIMES_S = np.arange(300) / 30


def ranked(wave: Float64, line_hz: float, others_hz: list[float]) -> list[Fundamental]:
    series = (wave + 0.3 * default_rng(0).standard_normal(wave.size))[:, None]
    return fundamentals(series, Sampling.of(TIMES_S), line_hz, np.array(others_hz))


def test_a_strongest_line_may_be_a_folded_harmonic() -> None:
    hz = 8.73  # second harmonic 17.46 folds to 12.54, the third to 3.81, the fourth to 4.92
    wave = sum(a * np.sin(2 * np.pi * k * hz * TIMES_S + k) for k, a in ((1, 3.0), (2, 5.0), (3, 3.0), (4, 2.0)))
    best = ranked(np.asarray(wave), 12.54, [8.73, 3.81, 4.92])[0]
    assert best.hz == pytest.approx(hz, abs=0.005)
    assert best.order == 2


def test_explanations_of_the_same_lines_are_rivals_and_others_are_not() -> None:
    wave = np.where((9.0 * TIMES_S + 0.31) % 1 < 0.1, 10.0, 0.0)
    found = ranked(wave, 9.0, [3.0, 6.0, 12.0])
    assert found[0].hz == pytest.approx(9.0, abs=0.005)
    rivals = odds_of(found[0], found, 0.1)
    assert [each.hz for each in rivals] == pytest.approx([3.0], abs=0.01)
    assert 1 <= rivals[0].odds < 50


def test_odds_are_cautious_and_never_below_one() -> None:
    chosen, near, far = Fundamental(3.0, 1, 10.0), Fundamental(4.0, 2, 12.0), Fundamental(5.0, 3, -100.0)
    assert [(each.hz, each.odds) for each in odds_of(chosen, [near, chosen, far], 0.1)] == [(4.0, 1.0)]


def test_the_line_alone_is_its_own_fundamental() -> None:
    (only,) = ranked(np.sin(2 * np.pi * 5 * TIMES_S), 5.0, [])
    assert only.hz == pytest.approx(5.0, abs=0.01)
    assert only.order == 1
