"""The matrix of situations: each is made as stated, and its verdicts are bad when they must be."""

import math
from dataclasses import replace

import numpy as np
import pytest

from streamer.bench.rhythms import SITUATIONS, RhythmAccuracy, compare, measure_situation, render
from streamer.bench.situations import COLUMNS, N_CELLS, ROWS, sinusoid
from streamer.periodicity.temporal import measure_temporal


def test_there_are_at_least_24_situations() -> None:
    assert len(SITUATIONS) >= 24


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_situation_has_series_of_the_grid_at_times_that_increase(name: str) -> None:
    made = SITUATIONS[name](np.random.default_rng(1))
    assert made.series.shape == (made.times_s.size, N_CELLS)
    assert np.isfinite(made.series).all()
    assert (np.diff(made.times_s) > 0).all()
    assert bool(made.truths_hz) or not made.stated


def test_right_wrong_and_missed_rhythms_are_told_apart() -> None:
    made = sinusoid(np.random.default_rng(2))
    result = measure_temporal(made.series, made.times_s, (ROWS, COLUMNS))
    ((hz, _),) = made.truths_hz
    assert compare(made, result) == (False, {0}, [abs(result.hz - hz) <= 2 * result.hz_sigma])
    other = replace(made, truths_hz=((hz + 1, hz + 1),))
    assert compare(other, result) == (True, set(), [])
    assert compare(replace(other, also_hz=(hz,)), result) == (False, set(), [])
    assert compare(made, replace(result, components=())) == (False, set(), [])


@pytest.mark.parametrize(
    "name", ["sinusoid", "two objects", "switch", "pulse train", "vibration, H.264", "still, H.264", "1/f noise"]
)
def test_situations_meet_their_targets(name: str) -> None:
    row = measure_situation(name, iter(range(6)))
    assert (row.n_trials, row.n_gross) == (6, 0)
    assert row.n_missed <= 1


def test_verdicts_and_table() -> None:
    assert RhythmAccuracy("switch", 200, 1, 400, 9, 390, 0.93).met
    assert not RhythmAccuracy("switch", 200, 2, 400, 9, 390, 0.93).met
    assert not RhythmAccuracy("switch", 200, 0, 400, 9, 390, 0.80).met
    assert RhythmAccuracy("water", 200, 0, 0, 0, 0, math.nan).met
    (table,) = render([RhythmAccuracy("water", 200, 0, 0, 0)])
    assert table.row_count == 1
