"""Which events a sink acts on: each once, at the time that was chosen."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from streamer.messages import ClipWritten, Event
from streamer.sinks.event_choice import EventChoice
from tests.support.messages import EVENT, HEALTH

BEGINS = replace(EVENT, offset_s=None)
ENDS = replace(EVENT, offset_s=EVENT.onset_s + 1.0)
CLIP = ClipWritten(ENDS, Path("a.flac"))


@pytest.mark.parametrize(("when", "chosen"), [("begin", [BEGINS]), ("end", [ENDS]), ("clip", [ENDS])])
def test_an_event_is_chosen_once(when: Literal["begin", "end", "clip"], chosen: list[Event]) -> None:
    choice = EventChoice(when, ())
    found = [choice.event_of(message) for message in (BEGINS, ENDS, CLIP, HEALTH) if type(message) in choice.accepts]
    assert [event for event in found if event is not None] == chosen


def test_labels_are_chosen_in_any_case_of_letters() -> None:
    assert EventChoice("begin", [EVENT.label.upper()]).event_of(BEGINS) == BEGINS
    assert EventChoice("begin", ["another"]).event_of(BEGINS) is None
