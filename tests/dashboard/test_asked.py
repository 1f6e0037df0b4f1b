"""What was asked of a stream counts until a snapshot shows it, or shows that something else has come of it."""

from __future__ import annotations

import pytest

from streamer.dashboard.asked import PATIENCE_S, Asked
from tests.support.snapshots import snapshot

HERE, THERE = snapshot(), snapshot(stream="other")


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found = [0.0]
    monkeypatch.setattr("streamer.dashboard.asked.time.monotonic", lambda: found[0])
    return found


def test_it_counts_on_the_way_and_no_longer_when_the_stream_has_it_or_another_value(now_s: list[float]) -> None:
    asked = Asked()
    assert asked.value(HERE, "x", 0.6) == 0.6
    asked.ask(HERE, "x", 0.6, 0.65)
    asked.ask(HERE, "x", 0.6, 0.7)
    assert [asked.value(HERE, "x", shown) for shown in (0.6, 0.65)] == [0.7, 0.7]
    assert asked.value(THERE, "x", 0.6) == 0.6
    assert asked.value(HERE, "y", 0.6) == 0.6
    assert asked.value(HERE, "x", 0.7) == 0.7
    assert asked.value(HERE, "x", 0.6) == 0.6  # somebody has set it back
    asked.ask(HERE, "x", 0.6, 0.65)
    assert asked.value(HERE, "x", 0.3) == 0.3


def test_a_stream_that_does_not_do_it_is_believed_after_a_while(now_s: list[float]) -> None:
    asked = Asked()
    asked.ask(HERE, "x", 0.6, 0.65)
    now_s[0] = PATIENCE_S + 0.1
    assert asked.value(HERE, "x", 0.6) == 0.65  # the screen is held: no newer snapshot has come
    assert asked.value(snapshot(), "x", 0.6) == 0.6
