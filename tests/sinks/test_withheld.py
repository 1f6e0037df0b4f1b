"""What other sinks have not handed on, by stream, the newest so many."""

from __future__ import annotations

from dataclasses import replace

from streamer.messages import Withheld
from streamer.sinks.withheld import MOST_KEPT, WithheldEvents
from tests.support.messages import EVENT


def test_they_are_kept_by_stream_and_the_oldest_go() -> None:
    kept = WithheldEvents()
    kept.write(Withheld(replace(EVENT, stream="other"), "notify", "quiet hours"))
    for k in range(MOST_KEPT + 1):
        kept.write(Withheld(replace(EVENT, onset_s=float(k)), "webhook", "no rule"))
    assert [each.event.onset_s for each in kept.of(EVENT.stream)][:2] == [1.0, 2.0]
    assert kept.of("other") == []
    kept.write(EVENT)
    assert len(kept.of(EVENT.stream)) == MOST_KEPT
