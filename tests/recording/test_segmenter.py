"""Which spans become takes: by level with its rolls, by key, by time; pausing, undoing, ending."""

from __future__ import annotations

import pytest

from streamer.errors import UserError
from streamer.recording.gate import Span
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import TakeSettings

BLOCK_S = 0.01


class Timeline:
    """Pushes blocks of a level up to a time, and collects what ends."""

    def __init__(self, settings: TakeSettings) -> None:
        self.segmenter = Segmenter(settings, lowest_db=-80.0)
        self.spans: list[Span] = []

    def to(self, time_s: float, level_db: float = -60.0) -> None:
        while self.segmenter.now_s < time_s - 1e-6:
            first_s = self.segmenter.now_s
            self.spans += self.segmenter.push(first_s, round(first_s + BLOCK_S, 6), level_db)

    @property
    def found(self) -> list[tuple[float, float]]:
        return [(round(span.first_s, 3), round(span.last_s, 3)) for span in self.spans]


def test_by_level_takes_begin_before_the_onset_and_end_after_the_last_loud_block() -> None:
    line = Timeline(TakeSettings())
    line.to(2.0)
    line.to(2.3, -20.0)
    assert line.segmenter.onset_s == pytest.approx(1.75)
    line.to(4.0)
    assert line.found == [(1.75, 2.55)]
    assert line.segmenter.onset_s is None


def test_takes_do_not_overlap_even_where_the_rolls_would() -> None:
    line = Timeline(TakeSettings(pre_roll_s=2.0))
    for at_s in (3.0, 4.0, 5.0):
        line.to(at_s)
        line.to(at_s + 0.2, -20.0)
    line.to(8.0)
    assert line.found == [(1.0, 3.7), (3.7, 4.7), (4.7, 5.7)]


def test_no_take_is_longer_than_the_longest_with_its_rolls() -> None:
    line = Timeline(TakeSettings(longest_s=2.0))
    line.to(2.0)
    line.to(12.0, -20.0)
    ((first_s, last_s),) = line.found
    assert last_s - first_s <= 2.0
    assert last_s - first_s > 1.7


def test_by_key_a_take_lies_between_two_presses_after_the_key_itself() -> None:
    line = Timeline(TakeSettings(by="key", settle_s=0.3))
    line.to(1.0)
    assert line.segmenter.toggle() == []
    line.to(2.0, -10.0)
    assert line.segmenter.onset_s == pytest.approx(1.3)
    line.spans += line.segmenter.toggle()
    line.to(9.0, -10.0)
    assert line.found == [(1.3, 2.0)]


def test_by_key_a_take_ends_at_its_length() -> None:
    line = Timeline(TakeSettings(by="key", longest_s=1.5))
    line.to(1.0)
    line.segmenter.toggle()
    line.to(9.0)
    assert line.found == [(1.0, 2.5)]


def test_by_time_takes_follow_each_other_without_a_gap() -> None:
    line = Timeline(TakeSettings(by="time", longest_s=1.5))
    line.to(5.0)
    assert line.found == [(0.0, 1.5), (1.5, 3.0), (3.0, 4.5)]
    assert line.segmenter.end() == []  # a part is none


def test_by_level_a_key_takes_by_hand_as_well() -> None:
    line = Timeline(TakeSettings())
    line.to(2.0)
    line.segmenter.toggle()
    line.to(3.0)
    line.spans += line.segmenter.toggle()
    line.to(4.0)
    line.to(4.2, -20.0)
    line.spans += line.segmenter.toggle()
    line.to(6.0)
    assert line.found == [(2.0, 3.0), (3.75, 4.2)]


def test_a_pause_ends_what_runs_and_begins_nothing() -> None:
    line = Timeline(TakeSettings())
    line.to(2.0)
    line.to(2.2, -20.0)
    line.spans += line.segmenter.pause()
    line.to(3.0)
    line.to(4.0, -20.0)
    assert line.found == [(1.75, 2.2)]
    line.segmenter.pause()
    line.to(6.0)
    line.to(6.2, -20.0)
    line.to(8.0)
    assert line.found[1:] == [(5.75, 6.45)]


def test_a_dropped_take_is_in_no_other_and_its_rest_begins_none() -> None:
    line = Timeline(TakeSettings())
    line.to(2.0)
    line.to(2.2, -20.0)
    lost = line.segmenter.drop()
    assert lost is not None
    assert (round(lost.first_s, 2), round(lost.last_s, 2)) == (1.75, 2.2)
    line.to(2.5, -20.0)
    line.to(4.0)
    assert line.found == []
    assert line.segmenter.drop() is None


def test_the_level_shown_is_the_highest_of_the_newest_blocks() -> None:
    line = Timeline(TakeSettings())
    line.to(1.0)
    line.to(1.02, -20.0)
    line.to(1.1)
    assert line.segmenter.level_db == -20.0
    line.to(1.3)
    assert line.segmenter.level_db == -60.0


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"by": "ear"}, "by=ear must be level, key or time"),
        ({"trigger_db": 0.0}, "trigger=0.0 must"),
        ({"longest_s": 1000.0}, "length=1000.0 must"),
        ({"pause_s": 0.0}, "pause=0.0 must"),
        ({"pre_roll_s": -1.0}, "pre-roll=-1.0 must"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(changes: dict[str, object], name: str) -> None:
    with pytest.raises(UserError, match=name):
        TakeSettings(**changes)  # type: ignore[arg-type]
