"""A label that is chosen by number or typed, and its box."""

from __future__ import annotations

import pytest
from rich.segment import Segment

from streamer.dashboard.label_entry import LabelEntry, label_box
from streamer.dashboard.theme import ASCII, theme_for

ENTRY = LabelEntry(("rain", "Rooster", "dog"), question="speech was")


def after(*keys: str) -> LabelEntry | str:
    entry: LabelEntry | str = ENTRY
    for key in keys:
        assert isinstance(entry, LabelEntry)
        entry = entry.press(key)
    return entry


@pytest.mark.parametrize(
    ("keys", "label"),
    [("2", "Rooster"), ("r", None), ("r2", None), ("ro\r", "ro"), ("ROOSTER\r", "Rooster"), ("owl 7\r", "owl 7"),
     ("\r", ""), ("ow\x7f\x7f\x7f\r", ""), ("9", None)],
)  # fmt: skip
def test_a_number_takes_a_choice_and_enter_what_is_typed(keys: str, label: str | None) -> None:
    found = after(*keys)
    assert (found if isinstance(found, str) else None) == label


def test_choices_are_those_that_begin_so() -> None:
    typed = after("r")
    assert isinstance(typed, LabelEntry)
    assert typed.choices == ["rain", "Rooster"]
    assert after("escape") == ""
    assert after("up", "f1") == ENTRY
    assert after("r", "backspace") == ENTRY


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (24, 6), (200, 60), (10, 3)])
def test_the_box_fits_and_lines_are_of_one_width(size: tuple[int, int]) -> None:
    for glyphs in (None, ASCII):
        theme = theme_for("truecolor") if glyphs is None else theme_for(None, glyphs)
        lines = label_box(LabelEntry([f"label {k}" for k in range(20)], "lab", "漢字 was"), *size, theme)
        assert len(lines) <= size[1]
        assert len({Segment.get_line_length(line) for line in lines}) <= 1
        assert all(Segment.get_line_length(line) <= size[0] for line in lines)
    shown = ["".join(each.text for each in line) for line in label_box(ENTRY, 80, 24, theme_for(None))]
    assert any("2 Rooster" in line for line in shown)
    assert "speech was" in shown[0]
