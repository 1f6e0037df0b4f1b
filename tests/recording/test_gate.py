"""When a level rises out of its own noise: a pure state machine over levels and times."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.recording.gate import Gate, Span

BLOCK_S = 0.01
NOISE_DB = -60.0


def gate(trigger_db: float = 10.0, lowest_db: float = -80.0, longest_s: float = 10.0) -> Gate:
    return Gate(trigger_db, lowest_db, pause_s=0.5, shortest_s=0.05, longest_s=longest_s)


def spans(levels_db: list[float], judge: Gate | None = None) -> list[Span]:
    judge = judge or gate()
    found = [span for k, level in enumerate(levels_db) for span in judge.push(k * BLOCK_S, (k + 1) * BLOCK_S, level)]
    return found + judge.end(is_cut=True)


def levels(length_s: float, *loud: tuple[float, float, float], noise_db: float = NOISE_DB) -> list[float]:
    """Noise with spans that are louder: beginning, end and level of each."""
    rng = np.random.default_rng(0)
    made = rng.normal(noise_db, 0.5, round(length_s / BLOCK_S))
    for first_s, last_s, level_db in loud:
        made[round(first_s / BLOCK_S) : round(last_s / BLOCK_S)] = level_db
    return [float(level) for level in made]


def test_each_burst_is_one_span_from_its_first_to_its_last_loud_block() -> None:
    found = spans(levels(8.0, (2.0, 2.3, -20.0), (4.0, 4.1, -45.0), (6.0, 6.6, -30.0)))
    assert [(round(s.first_s, 2), round(s.last_s, 2)) for s in found] == [(2.0, 2.3), (4.0, 4.1), (6.0, 6.6)]
    assert not any(span.is_cut for span in found)


def test_noise_alone_and_what_stays_below_the_trigger_give_nothing() -> None:
    assert spans(levels(20.0, (5.0, 6.0, NOISE_DB + 8.0))) == []


def test_what_falls_a_little_below_the_trigger_goes_on() -> None:
    (span,) = spans(levels(6.0, (2.0, 2.2, -20.0), (2.2, 3.4, NOISE_DB + 9.0)))
    assert span.last_s == pytest.approx(3.4)


def test_pauses_shorter_than_the_pause_do_not_end_a_span_and_longer_ones_do() -> None:
    assert len(spans(levels(6.0, (2.0, 2.2, -20.0), (2.65, 2.9, -20.0)))) == 1
    assert len(spans(levels(6.0, (2.0, 2.2, -20.0), (2.75, 2.9, -20.0)))) == 2


def test_a_click_is_no_take() -> None:
    assert spans(levels(6.0, (2.0, 2.04, -10.0))) == []
    assert len(spans(levels(6.0, (2.0, 2.05, -10.0)))) == 1


@pytest.mark.parametrize("first_s", [0.0, 0.05, 0.4, 0.9])
def test_a_burst_in_the_second_in_which_the_noise_is_learnt_is_found(first_s: float) -> None:
    (span,) = spans(levels(4.0, (first_s, first_s + 0.3, -20.0)))
    assert span.first_s == pytest.approx(first_s)
    assert span.last_s == pytest.approx(first_s + 0.3)


def test_even_if_the_stream_ends_before_the_noise_is_known() -> None:
    (span,) = spans(levels(0.7, (0.2, 0.4, -20.0)))
    assert span.first_s == pytest.approx(0.2)


def test_noise_that_rises_becomes_the_noise() -> None:
    judge = gate()
    made = levels(3.0) + levels(20.0, noise_db=-35.0)
    (span,) = spans(made, judge)
    assert span.last_s - span.first_s == pytest.approx(10.0)  # ended as too long; then it is the noise
    assert judge.noise_db == pytest.approx(-35.0, abs=1.0)
    assert len(spans(levels(5.0, (2.0, 2.3, -20.0), noise_db=-35.0))) == 1


def test_slow_changes_of_the_noise_are_followed() -> None:
    drift = np.linspace(0.0, 25.0, 6000)
    assert spans([float(a + b) for a, b in zip(levels(60.0), drift, strict=True)]) == []


def test_after_a_span_that_was_ended_nothing_begins_before_it_has_sunk() -> None:
    found = spans(levels(9.0, (2.0, 5.0, -20.0), (6.0, 6.3, -20.0)), gate(longest_s=2.0))
    assert [(round(s.first_s, 2), round(s.last_s, 2)) for s in found] == [(2.0, 4.0), (6.0, 6.3)]


def test_digital_silence_has_a_lowest_trigger() -> None:
    judge = gate(lowest_db=-70.0)
    assert spans(levels(5.0, (2.0, 3.0, -75.0), noise_db=-120.0), judge) == []
    assert judge.trigger_db == -70.0


def test_what_is_loud_to_the_end_is_cut_off_and_what_is_not_is_not() -> None:
    (span,) = spans(levels(3.0, (2.0, 3.0, -20.0)))
    assert span.is_cut
    (span,) = spans(levels(3.0, (2.0, 2.8, -20.0)))
    assert not span.is_cut


def test_the_trigger_is_unknown_until_the_noise_is() -> None:
    judge = gate()
    assert judge.is_learning
    assert math.isnan(judge.trigger_db)
    spans(levels(2.0), judge)
    assert judge.trigger_db == pytest.approx(NOISE_DB + 10.0, abs=1.0)
    assert judge.release_db == pytest.approx(judge.trigger_db - 1.5)


@given(
    bursts=st.lists(st.tuples(st.integers(5, 60), st.integers(0, 40)), min_size=1, max_size=8),
    lead=st.integers(0, 150),
)
def test_no_loud_block_is_outside_the_spans(bursts: list[tuple[int, int]], lead: int) -> None:
    made = levels(1.0)[:lead]
    loud: list[int] = []
    for n_loud, n_quiet in bursts:
        loud += range(len(made), len(made) + n_loud)
        made += [-20.0] * n_loud + [NOISE_DB] * (100 + n_quiet)
    found = spans(made)
    covered = {k for s in found for k in range(round(s.first_s / BLOCK_S), round(s.last_s / BLOCK_S))}
    assert covered == set(loud)
    assert len(found) == len(bursts)
