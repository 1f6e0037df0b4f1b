"""Capture times of a video increase strictly and follow its timestamps while these are plausible."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.sources.images.timestamps import ImageTimes


@given(
    stamps=st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.floats(-10, 100), min_size=1, max_size=60),
    n_first=st.integers(1, 32),
    header_fps=st.floats(allow_nan=True, allow_infinity=True),
    stated_fps=st.just(0.0) | st.floats(1e-3, 1e5),
)
def test_times_increase_strictly_from_zero_for_any_timestamps_and_header(
    stamps: list[float], n_first: int, header_fps: float, stated_fps: float
) -> None:
    times = ImageTimes(stamps[:n_first], header_fps, stated_fps)
    assert 0.0 < times.fps < math.inf
    out = [times.next(stamp) for stamp in stamps]
    assert out[0] == 0.0
    assert all(after > before for before, after in pairwise(out))
    assert all(math.isfinite(time_s) for time_s in out)


@given(
    steps=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=60),
    start=st.floats(-1e3, 1e3),
    header_fps=st.sampled_from([0.0, math.nan, 1e6, 25.0]),
)
def test_good_timestamps_are_followed_exactly(steps: list[float], start: float, header_fps: float) -> None:
    stamps = start + np.concatenate([[0.0], np.cumsum(steps)])
    times = ImageTimes(stamps[:32].tolist(), header_fps)
    out = [times.next(stamp) for stamp in stamps.tolist()]
    np.testing.assert_allclose(out, stamps - stamps[0], atol=1e-9)
    assert times.note == ""


@pytest.mark.parametrize("wrong", [0.0, 5.0, -1.0, math.nan, math.inf, 1e9])
def test_after_a_wrong_timestamp_times_are_counted(wrong: float) -> None:
    stamps = [i / 50.0 for i in range(40)] + [wrong]  # some files end on 0.0
    times = ImageTimes(stamps[:32], 50.0)
    out = [times.next(stamp) for stamp in stamps]
    if wrong == 5.0:  # a pause
        assert (out[-1], times.note) == (5.0, "")
    else:
        assert out[-1] == pytest.approx(40 / 50.0)
        assert times.note == "timestamps wrong from image 40 on: counted on at 50 images/s"


@pytest.mark.parametrize(("header_fps", "expected"), [(0.0, 8.0), (25.0, 8.0), (8.001, 8.001)])
def test_the_rate_is_that_of_the_timestamps_unless_the_header_agrees(header_fps: float, expected: float) -> None:
    assert ImageTimes([k / 8 for k in range(32)], header_fps).fps == pytest.approx(expected, rel=1e-6)
