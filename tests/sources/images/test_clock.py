"""Capture times of live images: kernel times while they are plausible, else times of arrival."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.sources.images.clock import ImageClock, StreamClock


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


def test_the_cameras_times_are_used_though_images_arrive_unevenly() -> None:
    clock, rng = StreamClock(), np.random.default_rng(0)
    stated_s = 77.0 + np.arange(600) / 15 * (1 + 2e-4)  # its clock is slow by 200 ppm
    late_s = 0.1 + rng.exponential(0.03, 600) + 0.5 * (np.arange(600) % 97 == 50)
    arrived_s = np.maximum.accumulate(1000.0 + np.arange(600) / 15 + late_s)
    found = [clock.stamp(float(stated_s[k]), float(arrived_s[k])) for k in range(600)]
    assert clock.trusts_camera
    np.testing.assert_allclose([time_s for time_s, _ in found], stated_s - 77.0, atol=1e-6)
    captured_s = np.array([captured_s for _, captured_s in found])
    assert (captured_s <= arrived_s + 1e-5).all()
    # The fastest image so far tells how old all are.
    assert np.ptp((captured_s - 1000.0 - stated_s + 77.0)[300:]) < 0.02


@pytest.mark.parametrize("stated_fps", [25.0, 20.0, 15.4])
def test_a_rate_that_is_stated_in_place_of_times_is_found_out(stated_fps: float) -> None:
    clock, rng = StreamClock(), np.random.default_rng(0)
    arrived_s = 1000.0 + np.arange(600) / 15 + rng.exponential(0.02, 600)
    times_s = [clock.stamp(k / stated_fps, float(arrived_s[k]))[0] for k in range(600)]
    assert not clock.trusts_camera
    assert all(after > before for before, after in pairwise(times_s))
    assert times_s[-1] - times_s[-101] == pytest.approx(float(arrived_s[-1] - arrived_s[-101]))


@pytest.mark.parametrize("stated_s", [[0.0, 0.1, 0.05, 0.2], [math.nan] * 4, [0.0, 9.0, 9.1, 9.2]])
def test_times_that_cannot_be_are_those_of_arrival(stated_s: list[float]) -> None:
    clock = StreamClock()
    times_s = [clock.stamp(stated, 50.0 + 0.1 * k)[0] for k, stated in enumerate(stated_s)]
    assert not clock.trusts_camera
    np.testing.assert_allclose(times_s, [0.0, 0.1, 0.2, 0.3], atol=1e-6)
