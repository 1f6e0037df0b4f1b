"""Folding of frequencies by the image rate, and the aliases that capture times allow."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.periodicity.aliases import aliases
from streamer.periodicity.folding import folded
from streamer.periodicity.temporal import measure_temporal


@given(hz=st.floats(0, 5000), fps=st.floats(10, 1000))
def test_a_folded_frequency_gives_the_same_images(hz: float, fps: float) -> None:
    low = folded(hz, fps)
    assert 0 <= low <= fps / 2 * (1 + 1e-9)
    for n in (1, 2, 7):  # the phase is the same in every image
        expected = math.cos(2 * math.pi * math.fmod(hz * n / fps, 1))
        assert math.cos(2 * math.pi * low * n / fps) == pytest.approx(expected, abs=1e-6)


@given(hz=st.floats(0.1, 4.9))
def test_aliases_fold_back(hz: float) -> None:
    listed = aliases(hz, 10.0)
    assert list(listed) == sorted(listed)
    assert len(listed) == 20  # up to ten times the image rate
    for alias in listed:
        assert 5 < alias <= 105
        assert folded(alias, 10.0) == pytest.approx(hz, abs=1e-9)


def test_the_tuning_fork_above_half_the_image_rate() -> None:
    assert folded(128, 250) == 122
    assert aliases(122, 250)[0] == 128


def test_slightly_uneven_times_do_not_rule_out_aliases_of_a_strong_period() -> None:
    """Late time stamps or a damaged image may make an alias fit better by much more than noise explains."""
    rng = np.random.default_rng(0)
    times_s = np.arange(240) / 30 + rng.normal(0, 0.0003, 240)
    series = 100 + 60 * np.sin(2 * np.pi * 33.0 * times_s)[:, None] + 0.1 * rng.standard_normal((240, 4))
    found = measure_temporal(series.astype(np.float32), times_s, (2, 2))
    assert found is not None
    assert found.hz == pytest.approx(3.0, abs=0.01)
    assert any(abs(alias_hz - 33.0) < 0.01 for alias_hz in found.components[0].alias_hz)


def test_jitter_does_not_prefer_the_alias_of_a_fundamental_that_is_weaker_than_its_harmonics() -> None:
    """Of a fan whose blades differ little, the strongest harmonic must be where it is, too."""
    rng = np.random.default_rng(3)
    times_s = np.arange(300) / 30 + 0.0015 * rng.standard_normal(300).clip(-3, 3)
    turn = 2 * np.pi * 1.3 * times_s
    wave = 30 * np.sin(4 * turn) + sum(0.6 * np.sin(k * turn + k) for k in (1, 2, 3, 5))
    series = 100 + wave[:, None] + 0.1 * rng.standard_normal((300, 6))
    (found,) = measure_temporal(series.astype(np.float32), times_s, (2, 3)).components
    assert found.hz == pytest.approx(1.3, abs=0.005)
    assert [each.hz for each in found.rivals] == pytest.approx([5.2], abs=0.01)
