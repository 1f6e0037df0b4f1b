"""Clock of played sources: positions become capture times, and a long delay shifts all later ones."""

import pytest

from streamer.sources.playback import MAX_LATE_S, PlaybackClock


def test_a_clock_follows_the_positions_until_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr("streamer.sources.playback.time.monotonic", lambda: now_s)
    clock = PlaybackClock()
    assert clock.due(0.5) == (100.5, 0.5)
    now_s = 101.25
    assert clock.due(1.0) == (101.0, -0.25)  # late, but not by more than MAX_LATE_S
    now_s = 103.0 + MAX_LATE_S
    assert clock.due(2.0) == (now_s, -1.0 - MAX_LATE_S)  # the clock is set anew …
    assert clock.due(2.5) == (now_s + 0.5, 0.5)  # … and goes on at its usual pace
