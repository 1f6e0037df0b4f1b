from hypothesis import given
from hypothesis import strategies as st

from streamer.sources.images.clock import ImageClock


def test_the_kernels_times_are_taken_as_they_are() -> None:
    clock = ImageClock(True)
    assert clock.stamp(100.0, 100.02) == (0.0, 100.0)
    time_s, captured_s = clock.stamp(100.04, 100.09)  # arrived late, captured in time
    assert (round(time_s, 9), round(captured_s, 9)) == (0.04, 100.04)
    assert clock.trusts_kernel


def test_another_clock_is_not_believed() -> None:
    for lie in (0.0, -0.001, 1.7e9, 50.0, 100.1):
        clock = ImageClock(True)
        assert clock.stamp(lie, 100.0) == (0.0, 100.0)
        assert not clock.trusts_kernel


def test_from_the_first_lie_on_the_arrival_counts_for_good() -> None:
    clock = ImageClock(True)
    clock.stamp(100.0, 100.01)
    clock.stamp(100.04, 100.05)
    assert clock.stamp(100.03, 100.09)[1] == 100.09  # a step backward
    assert clock.stamp(100.12, 100.13)[1] == 100.13  # true again, but changing back would be jitter


def test_without_a_kernel_only_the_arrival_counts() -> None:
    clock = ImageClock(False)
    assert clock.stamp(99.9, 100.0) == (0.0, 100.0)
    assert clock.stamp(100.0, 100.5) == (0.5, 100.5)


@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(0.0, 0.2)), min_size=1, max_size=40),
)
def test_times_always_rise_and_never_stray_from_the_arrival(trusted: bool, steps: list[tuple[float, float]]) -> None:
    clock = ImageClock(trusted)
    arrived_s, last_s = 1000.0, -1.0
    for age_s, interval_s in steps:
        arrived_s += interval_s
        time_s, captured_s = clock.stamp(arrived_s - age_s, arrived_s)
        assert time_s > last_s
        assert -2.51 <= captured_s - arrived_s <= 0.003
        last_s = time_s
