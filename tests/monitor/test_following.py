"""Rhythms and patterns keep their rows and their trends from measurement to measurement."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.messages import LatticeVector, SpatialComponent, TemporalComponent
from streamer.monitor.following import BIN_S, KEPT_S, MOST, N_BINS, Following, following_patterns, following_rhythms
from streamer.monitor.snapshot import Followed


def rhythm(hz: float, column: int = 0, **changes: object) -> TemporalComponent:
    """A rhythm in one column of 4 × 4 cells."""
    heat = np.zeros((4, 4), np.float32)
    heat[:, column] = 1.0
    return replace(TemporalComponent(hz, 0.001, 20.0, 4, heat), **changes)  # type: ignore[arg-type]


def pattern(period_px: float, left: int = 0) -> SpatialComponent:
    return SpatialComponent("stripes", (LatticeVector(period_px, 0.01, 0.0, 0.1),), 0.5, 20.0, (left, 0, 40, 40), 0.1)


def measured(following: Following[TemporalComponent], at_s: float, *found: TemporalComponent) -> list[Followed]:  # type: ignore[type-arg]
    following.update(found, [at_s] * len(found), at_s, 0.125)
    return list(following.shown(at_s))


def rows(shown: list[Followed]) -> list[tuple[int, float]]:  # type: ignore[type-arg]
    return [(each.row, round(each.newest.hz, 3)) for each in shown]


def test_a_rhythm_keeps_its_row_whatever_the_order_of_significance() -> None:
    following = following_rhythms()
    assert rows(measured(following, 5, rhythm(2.1), rhythm(4.9, 2))) == [(0, 2.1), (1, 4.9)]
    assert rows(measured(following, 6, rhythm(4.91, 2), rhythm(2.1))) == [(0, 2.1), (1, 4.91)]
    assert rows(measured(following, 7, rhythm(7.3, 3), rhythm(4.9, 2), rhythm(2.1))) == [(0, 2.1), (1, 4.9), (2, 7.3)]


def test_one_that_drifts_is_the_same_and_one_that_jumps_is_another() -> None:
    following = following_rhythms()
    for second in range(20):
        shown = measured(following, second, rhythm(3.0 + 0.05 * second))
    assert rows(shown) == [(0, 3.95)]
    assert rows(measured(following, 20, rhythm(7.9))) == [(0, 3.95), (1, 7.9)]


def test_two_at_nearly_the_same_frequency_are_told_apart_by_their_places() -> None:
    following = following_rhythms()
    measured(following, 5, rhythm(2.10, 0), rhythm(2.14, 3))
    shown = measured(following, 6, rhythm(2.11, 3), rhythm(2.13, 0))
    assert [(each.row, int(np.argmax(each.newest.heat[0]))) for each in shown] == [(0, 0), (1, 3)]


def test_one_that_is_gone_keeps_its_row_for_a_while_and_says_since_when() -> None:
    following = following_rhythms()
    measured(following, 5, rhythm(2.1), rhythm(4.9, 2))
    shown = measured(following, 6, rhythm(4.9, 2))
    assert [(each.row, each.gone_s) for each in shown] == [(0, 1.0), (1, 0.0)]
    assert rows(measured(following, 6 + KEPT_S, rhythm(4.9, 2))) == [(1, 4.9)]  # which has not moved
    assert rows(measured(following, 17, rhythm(9.0, 1), rhythm(4.9, 2))) == [(0, 9.0), (1, 4.9)]


def test_one_that_comes_back_has_its_row_and_its_trend_again() -> None:
    following = following_rhythms()
    measured(following, 5, rhythm(2.1), rhythm(4.9, 2))
    measured(following, 30)
    measured(following, 60)
    assert list(following.shown(60)) == []
    (shown,) = measured(following, 90, rhythm(4.91, 2))
    assert shown.row == 1
    values = shown.trend[np.isfinite(shown.trend)]
    np.testing.assert_allclose(values, [4.9, 4.91], atol=1e-4)
    ages = N_BINS - 1 - np.flatnonzero(np.isfinite(shown.trend))
    assert (ages * BIN_S).tolist() == [85.0, 0.0]


def test_the_main_one_stays_it_while_it_is_found() -> None:
    following = following_rhythms()

    def main(at_s: float, *found: TemporalComponent) -> list[int]:
        return [each.row for each in measured(following, at_s, *found) if each.is_main]

    assert main(1, rhythm(7.5, what="coder")) == []  # what the coder made is none of the scene
    assert main(2, rhythm(2.1), rhythm(4.9, 2)) == [1]
    assert main(3, rhythm(4.9, 2), rhythm(2.1)) == [1]
    assert main(4, rhythm(4.9, 2)) == [1]
    assert main(8, rhythm(4.9, 2)) == [2]


def test_the_trend_is_the_mean_of_five_seconds_over_ten_minutes() -> None:
    following = following_rhythms()
    for second in range(1, 1300):
        shown = measured(following, second, rhythm(3.0 + 0.001 * (second // 5)))
    (only,) = shown
    assert only.trend.shape == (N_BINS,)
    np.testing.assert_allclose(only.trend[[0, -1]], [3.0 + 0.001 * (1295 // 5 - 119) + 0.0, 3.259], atol=1e-5)


def test_patterns_are_followed_by_period_and_place() -> None:
    following = following_patterns()
    following.update([pattern(12.0), pattern(20.0, 60)], [1.0, 1.0], 1.0)
    following.update([pattern(20.1, 60)], [2.0], 2.0)
    assert [(each.row, each.gone_s, each.is_main) for each in following.shown(2.5)] == [(0, 1.5, True), (1, 0.0, False)]


@given(
    st.lists(st.lists(st.floats(0, 50) | st.sampled_from([float("nan"), float("inf"), -1.0]), max_size=6), max_size=60),
    st.floats(0.1, 100),
)
def test_rows_are_never_shared_and_memory_is_bounded(measurements: list[list[float]], stride_s: float) -> None:
    following = following_rhythms()
    for k, values in enumerate(measurements):
        shown = measured(following, k * stride_s, *(rhythm(hz, k % 4) for k, hz in enumerate(values)))
        assert len({each.row for each in shown}) == len(shown) <= MOST
        assert len([each for each in shown if not each.gone_s]) == len(values)
        assert sum(each.is_main for each in shown) <= 1
        assert all(each.trend.size == N_BINS for each in shown)


@pytest.mark.parametrize("start_s", [0.0, 1e6])
def test_a_rhythm_that_ended_in_the_window_counts_for_when_it_was_there(start_s: float) -> None:
    following = following_rhythms()
    following.update([rhythm(3.0)], [start_s + 12.0], start_s + 20.0)
    (shown,) = following.shown(start_s + 20.0)
    assert np.flatnonzero(np.isfinite(shown.trend)).tolist() == [N_BINS - 3]


def test_what_is_shown_is_the_same_until_something_changes() -> None:
    following = following_rhythms()
    measured(following, 6, rhythm(2.1))
    assert following.shown(6.1) is following.shown(6.9)
    assert following.shown(11.0) is not following.shown(6.9)  # the trend has moved on
    before = following.shown(12.0)
    measured(following, 13)
    assert [each.gone_s for each in following.shown(13.5)] == [7.5]
    assert [each.gone_s for each in following.shown(14.5)] == [8.5]
    assert before is not following.shown(13.5)
