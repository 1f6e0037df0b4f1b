"""The evidence for a fundamental knows folding, waveforms and the cost of allowing too much."""

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.periodicity.waveform import log_evidence, principal, without_drift

TIMES_S = np.arange(300) / 30 - 5


def pulses(hz: float, duty: float) -> Float64:
    wave = 10.0 * ((hz * TIMES_S + 0.3) % 1 < duty) + 0.5 * default_rng(1).standard_normal(TIMES_S.size)
    return without_drift(wave[:, None], TIMES_S)


@pytest.mark.parametrize(("hz", "duty"), [(0.83, 0.1), (2.63, 0.4), (7.31, 0.1), (11.3, 0.15)])
def test_the_true_fundamental_is_more_probable_than_multiples_divisors_and_folded_lines(hz: float, duty: float) -> None:
    y = pulses(hz, duty)
    truth = log_evidence(y, TIMES_S, hz)
    others = [hz / 2, hz / 3, 2 * hz, 3 * hz, 30 - 2 * hz, 30 - 3 * hz, (30 - hz) / 2, (30 + hz) / 3]
    assert all(log_evidence(y, TIMES_S, other) < truth - 5 for other in others)


def test_aliases_are_as_probable() -> None:
    y = pulses(7.31, 0.1)
    assert log_evidence(y, TIMES_S, 7.31) == pytest.approx(log_evidence(y, TIMES_S, 37.31), abs=1e-3)


def test_a_weak_line_between_the_strong_ones_is_evidence_of_a_slower_fundamental() -> None:
    turns = 2 * np.pi * 1.9 * TIMES_S
    wave = 5 * np.sin(4 * turns) + np.sin(turns) + np.sin(3 * turns)
    y = without_drift((wave + 0.5 * default_rng(2).standard_normal(300))[:, None], TIMES_S)
    assert log_evidence(y, TIMES_S, 1.9) > log_evidence(y, TIMES_S, 7.6) + 20
    lone = without_drift((5 * np.sin(4 * turns) + default_rng(3).standard_normal(300))[:, None], TIMES_S)
    assert log_evidence(lone, TIMES_S, 7.6) > log_evidence(lone, TIMES_S, 1.9) + 2


def test_drift_is_taken_out_and_cells_with_the_same_waveform_are_one_series() -> None:
    assert np.abs(without_drift((3 + TIMES_S + TIMES_S**3)[:, None], TIMES_S)).max() < 1e-9
    wave = np.sin(2 * np.pi * 3 * TIMES_S)[:, None]
    assert principal(wave * [1.0, -2.0, 0.5]).shape == (300, 1)
    assert principal(np.hstack([wave, np.cos(2 * np.pi * 3 * TIMES_S)[:, None]])).shape == (300, 2)
