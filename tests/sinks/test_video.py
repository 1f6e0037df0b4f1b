"""A constant rate from uneven capture times: every image is shown at its time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.sinks.video import even_times


def test_even_times_stay_as_they_are() -> None:
    fps, shown = even_times([5.0 + k / 29.97 for k in range(100)])
    assert fps == pytest.approx(29.97)
    assert shown == list(range(100))


def test_a_neighbour_is_shown_in_place_of_a_lost_image() -> None:
    times_s = [k / 25 for k in range(50) if k not in (10, 30, 31)]
    fps, shown = even_times(times_s)
    assert fps == pytest.approx(25.0)
    assert len(shown) == 50
    assert [times_s[k] * 25 for k in shown[:10]] == pytest.approx(range(10))
    assert shown[49] == len(times_s) - 1


@given(seed=st.integers(0, 1000), fps=st.floats(5.0, 200.0), dropped=st.floats(0.0, 0.2), jitter=st.floats(0.0, 0.2))
def test_every_instant_shows_an_image_captured_then(seed: int, fps: float, dropped: float, jitter: float) -> None:
    rng = np.random.default_rng(seed)
    places = np.flatnonzero(rng.random(80) >= dropped)
    times_s = (places + rng.uniform(-jitter, jitter, places.size)) / fps
    found, shown = even_times(times_s.tolist())
    assert found == pytest.approx(fps, rel=0.01)
    assert len(shown) == pytest.approx(places[-1] - places[0] + 1, abs=1)
    lag_s = times_s[shown] - times_s[0] - np.arange(len(shown)) / found
    n_missing = np.diff(places).max() - 1  # in the longest gap
    assert np.abs(lag_s).max() < (0.51 + n_missing / 2 + 4 * jitter) / fps
    assert shown == sorted(shown)


def test_two_images_are_enough() -> None:
    fps, shown = even_times([0.0, 0.1])
    assert fps == pytest.approx(10.0)
    assert shown == [0, 1]
