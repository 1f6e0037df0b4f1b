"""The stride is widened by a stated rule while a stream is behind, and narrowed when the load allows it."""

import pytest

from streamer.runtime.pace import MAX_FACTOR, Pace


def factors(pace: Pace, seconds: float, unread: float, load: float, start_s: float = 0.0) -> list[int]:
    """Return the factor at every tenth of a second."""
    found = []
    for k in range(round(seconds * 10)):
        pace.update(unread, load, start_s + k / 10)
        found.append(pace.factor)
    return found


def test_a_stream_that_keeps_up_is_left_alone() -> None:
    assert set(factors(Pace(), 100.0, unread=0.5, load=0.99)) == {1}


def test_a_stream_that_is_behind_for_a_second_gets_twice_the_stride_every_two_seconds() -> None:
    found = factors(Pace(), 6.0, unread=0.6, load=1.5)
    assert [found.index(factor) / 10 for factor in (2, 4, 8)] == [1.0, 3.0, 5.0]
    assert max(factors(Pace(), 100.0, unread=1.0, load=9.0)) == MAX_FACTOR


def test_a_single_slow_measurement_widens_nothing() -> None:
    pace = Pace()
    for k in range(50):
        assert set(factors(pace, 0.9, unread=0.9, load=1.0, start_s=2.0 * k)) == {1}
        assert set(factors(pace, 1.0, unread=0.1, load=1.0, start_s=2.0 * k + 0.9)) == {1}


def test_half_a_minute_of_little_load_halves_the_stride_again() -> None:
    pace = Pace()
    factors(pace, 4.0, unread=0.9, load=2.0)
    assert pace.factor == 4
    found = factors(pace, 65.0, unread=0.0, load=0.3, start_s=4.0)
    assert [found.index(factor) / 10 for factor in (2, 1)] == [30.0, 60.0]


@pytest.mark.parametrize(("unread", "load"), [(0.0, 0.45), (0.3, 0.1)])
def test_with_too_much_load_or_too_much_unread_it_stays_wide(unread: float, load: float) -> None:
    pace = Pace()
    factors(pace, 2.0, unread=0.9, load=2.0)
    assert set(factors(pace, 200.0, unread, load, start_s=2.0)) == {2}
