"""Found and false events while thresholds move together."""

import math

import numpy as np
import pytest

pytest.importorskip("scipy")

from streamer.config import EventSettings
from streamer.evaluation.operating import Rate, Share, operating_curve, operating_point, poisson
from streamer.evaluation.tracks import NO_LABEL, ScoreTrack, TrackSet

LABELS = ("bell", "door", "background")
EVENTS = EventSettings(on=0.5, off=0.4, confirm=2, confirm_of=3, deny=("background",))


def _set(*tracks: tuple[int, float, float], n: int = 4) -> TrackSet:
    """Return tracks of a label, with constant scores of bell and door."""
    kept = [ScoreTrack(np.full((n, 3), (bell, door, 0.9), np.float32), label, 1.0) for label, bell, door in tracks]
    return TrackSet(LABELS, EVENTS, tuple(kept))


KNOWN = _set((0, 0.7, 0.1), (0, 0.4, 0.6), (1, 0.1, 0.9), (2, 0.1, 0.1))
UNKNOWN = _set((NO_LABEL, 0.8, 0.1), (NO_LABEL, 0.1, 0.1))


def test_a_point_counted_by_hand() -> None:
    point = operating_point(KNOWN, UNKNOWN)
    assert (point.own, point.wrong) == (Share(2, 3), Share(1, 4))  # no event is expected of the background
    assert point.false == Rate(1, 6.0 / 3600)  # of four windows three can confirm
    assert point.false.per_hour == pytest.approx(600.0)
    assert operating_point(KNOWN).false is None


def test_higher_thresholds_find_less_and_are_wrong_less() -> None:
    curve = operating_curve(KNOWN, UNKNOWN, (3.0, 0.0, -1.0, 1.0))
    assert [point.shift for point in curve] == [-1.0, 0.0, 1.0, 3.0]  # from low to high
    assert [point.own.n for point in curve] == [3, 2, 1, 0]
    assert [point.wrong.n for point in curve] == [1, 1, 0, 0]
    assert [point.false.n for point in curve if point.false] == [1, 1, 1, 0]


def test_no_time_no_rate() -> None:
    rate = Rate(0, 0.0)
    assert math.isnan(rate.per_hour)
    assert rate.interval == (0.0, math.inf)
    assert math.isnan(Share(0, 0).value)


@pytest.mark.parametrize("n", [0, 1, 7, 500])
def test_the_poisson_interval_as_defined(n: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    low, high = poisson(n)
    assert stats.poisson.cdf(n, high) == pytest.approx(0.025)
    assert stats.poisson.sf(n - 1, low) == pytest.approx(0.025 if n else 1.0)
