"""Where the clips of events are: by event, also when one is in several files, was removed or has moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from streamer.messages import SAVED, ClipRemoved, ClipWritten
from streamer.sinks.event_clips import MOST_EVENTS, EventClips
from tests.support.messages import EVENT

RUNNING = replace(EVENT, offset_s=None)


def test_clips_are_found_by_the_event_while_it_goes_on_and_after() -> None:
    clips = EventClips()
    assert clips.of(EVENT) is None
    for path in ("a", "b"):
        clips.write(ClipWritten(RUNNING, Path(path)))
    assert clips.of(EVENT) == (Path("a"), Path("b"))
    assert clips.of(replace(EVENT, onset_s=EVENT.onset_s + 1.0)) is None
    assert clips.of(replace(EVENT, stream="other")) is None
    clips.write(ClipWritten(replace(EVENT, label=SAVED), Path("s")))
    assert clips.of(replace(EVENT, label=SAVED)) is None  # it is no event of the list


def test_a_clip_that_was_removed_or_moved_is_known_to_be() -> None:
    clips = EventClips()
    clips.write(ClipWritten(EVENT, Path("a")))
    clips.move(EVENT, [Path("other/a")])
    clips.write(ClipRemoved(Path("a")))
    assert clips.of(EVENT) == (Path("other/a"),)
    clips.write(ClipRemoved(Path("other/a")))
    assert clips.of(EVENT) == ()


def test_the_oldest_events_are_forgotten() -> None:
    clips = EventClips()
    for k in range(MOST_EVENTS + 1):
        clips.write(ClipWritten(replace(EVENT, onset_s=float(k)), Path(str(k))))
    assert clips.of(replace(EVENT, onset_s=0.0)) is None
    assert clips.of(replace(EVENT, onset_s=1.0)) == (Path("1"),)
