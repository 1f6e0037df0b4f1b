"""Capture times of live images: kernel times while they are plausible, else times of arrival."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.sources.images.clock import ImageClock


def test_plausible_kernel_times_are_used_unchanged() -> None:
    clock = ImageClock(True)
    assert clock.stamp(100.0, 100.02) == (0.0, 100.0)
    time_s, captured_s = clock.stamp(100.04, 100.09)  # late to arrive, not to be captured
    assert (round(time_s, 9), round(captured_s, 9)) == (0.04, 100.04)
    assert clock.trusts_kernel


def test_times_of_another_clock_are_not_used() -> None:
    for wrong_s in (0.0, -0.001, 1.7e9, 50.0, 100.1):
        clock = ImageClock(True)
        assert clock.stamp(wrong_s, 100.0) == (0.0, 100.0)
        assert not clock.trusts_kernel


def test_after_a_wrong_kernel_time_arrival_times_are_used_for_good() -> None:
    clock = ImageClock(True)
    clock.stamp(100.0, 100.01)
    clock.stamp(100.04, 100.05)
    assert clock.stamp(100.03, 100.09)[1] == 100.09  # a step backward
    assert clock.stamp(100.12, 100.13)[1] == 100.13  # plausible again, but changing back would be jitter


def test_without_kernel_times_arrival_times_are_used() -> None:
    clock = ImageClock(False)
    assert clock.stamp(99.9, 100.0) == (0.0, 100.0)
    assert clock.stamp(100.0, 100.5) == (0.5, 100.5)


@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(0.0, 0.2)), min_size=1, max_size=40),
)
def test_times_increase_and_stay_close_to_the_arrival(trusted: bool, steps: list[tuple[float, float]]) -> None:
    clock = ImageClock(trusted)
    arrived_s, last_s = 1000.0, -1.0
    for age_s, interval_s in steps:
        arrived_s += interval_s
        time_s, captured_s = clock.stamp(arrived_s - age_s, arrived_s)
        assert time_s > last_s
        assert -2.51 <= captured_s - arrived_s <= 0.003
        last_s = time_s
