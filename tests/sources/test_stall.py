"""Stall timer: time without progress counts, time in which the process itself was held up does not."""

import pytest

from streamer.sources.stall import StallTimer


def test_the_time_since_the_last_change_of_the_count() -> None:
    timer = StallTimer(poll_s=0.1, now_s=50.0)
    assert timer.update(7, 50.1) == 0.0
    assert timer.update(7, 50.2) == pytest.approx(0.1)
    assert timer.update(7, 50.3) == pytest.approx(0.2)
    assert timer.update(8, 50.4) == 0.0


def test_a_long_pause_between_updates_counts_as_two_short_ones() -> None:
    timer = StallTimer(poll_s=0.1, now_s=50.0)
    timer.update(7, 50.1)
    assert timer.update(7, 110.1) == pytest.approx(0.2)
