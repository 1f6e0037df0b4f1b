"""The table of all rhythms, patterns and regions."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard.components import component_lines
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.messages import Temporal, TemporalComponent
from streamer.monitor.snapshot import ImageView
from streamer.rhythm_unit import RhythmUnit
from tests.support.screens import text_of
from tests.support.snapshots import image_view, spatial, temporal


def shown(
    view: ImageView, width: int, n_lines: int, *, has_header: bool = False, glyphs: Glyphs = UNICODE
) -> list[str]:
    theme = theme_for(None, glyphs)
    lines = component_lines(view, 754.0, ["belt: 3.600 Hz"], width, n_lines, theme, has_header=has_header)
    return [text_of(line) for line in lines]


def with_hz(*values: tuple[float, float], unit: str = "hz") -> Temporal:
    base = temporal().components[0]
    rhythms = tuple(dataclasses.replace(base, hz=hz, hz_sigma=sigma) for hz, sigma in values)
    return dataclasses.replace(temporal(), components=rhythms, unit=RhythmUnit(unit))  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ["hz", "bpm", "rpm"])
def test_numbers_do_not_move_when_they_change(unit: str) -> None:
    values = [(9.9994, 0.0003), (10.02, 0.02), (2.1, 0.0001), (14.0, 1.2), (0.5, 0.09)]
    lines = [shown(image_view(temporal=with_hz(value, unit=unit)), 60, 4)[0] for value in values]
    assert len({line.index("±") for line in lines}) == 1
    assert len({line.index({"hz": "Hz"}.get(unit, unit)) for line in lines}) == 1
    assert len({line.index("steady") for line in lines}) == 1
    assert len({line.index(".") for line in lines if "." in line[: line.index("±")]}) == 1


def test_a_rhythm_keeps_its_line_when_another_is_over() -> None:
    view = image_view(temporal=with_hz((2.1, 0.0001), (4.9, 0.001), (7.3, 0.01)))
    before = shown(view, 60, 8)
    first, second, third = view.rhythms
    later = dataclasses.replace(view, rhythms=(first, third))
    after = shown(later, 60, 8)
    assert [k for k, line in enumerate(before) if "7.30" in line] == [
        k for k, line in enumerate(after) if "7.30" in line
    ]
    assert not any("4.900" in line for line in after)
    gone = dataclasses.replace(view, rhythms=(first, dataclasses.replace(second, gone_s=3.25), third))
    assert any("4.900" in line and "gone 3.2 s" in line for line in shown(gone, 60, 8))


def test_patterns_and_regions_stand_below_and_the_rest_is_counted() -> None:
    view = image_view(temporal=with_hz(*((hz, 0.01) for hz in (1.0, 2.0, 4.0, 7.0, 9.0))), spatial=spatial())
    lines = shown(view, 60, 6)
    assert [line.split()[1] for line in lines[:3]] == ["1.000", "2.000", "4.000"]
    assert lines[3].strip() == "2 more"
    assert lines[4].startswith("A")
    assert lines[5].strip() == "belt: 3.600 Hz"


def test_each_has_a_second_line_where_there_is_room_for_one_of_all() -> None:
    view = image_view(temporal=with_hz((2.1, 0.0001), (4.9, 0.001)))
    lines = shown(view, 60, 8, has_header=True)
    assert lines[0].split() == ["rhythms", "and", "patterns", "what", "amplitude", "last", "10", "min"]
    assert [line[:1] for line in lines] == ["r", "1", " ", "2", " ", "A", " ", " "]
    assert "or 26.4, 33.6" in lines[2]
    assert "contrast 0.42" in lines[6]


def test_what_is_missing_is_said() -> None:
    none = Temporal("too_irregular", 30.0, 0.125, 0.25, 15.0)
    lines = shown(image_view(temporal=none, spatial=None), 60, 6)
    assert lines[0].strip() == "images too irregular"
    assert lines[4].strip() == "no pattern in space"


@given(
    st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=12),
    st.integers(1, 130),
    st.integers(0, 14),
    st.sampled_from(["hz", "bpm", "rpm", "note"]),
    st.sampled_from([UNICODE, CONSOLE, ASCII]),
    st.booleans(),
)
def test_any_rhythms_fill_the_table_exactly(
    values: list[tuple[float, float]], width: int, n_lines: int, unit: str, glyphs: Glyphs, has_header: bool
) -> None:
    view = image_view(temporal=with_hz(*values, unit=unit), spatial=spatial(2))
    lines = shown(view, width, n_lines, has_header=has_header, glyphs=glyphs)
    assert [cell_len(line) for line in lines] == [width] * n_lines
    assert glyphs is not ASCII or all(line.isascii() for line in lines)


def test_a_note_stands_before_its_cents() -> None:
    component: TemporalComponent = dataclasses.replace(temporal().components[0], hz=438.0, hz_sigma=0.1)
    found = dataclasses.replace(temporal(), components=(component,), unit=RhythmUnit("note"), max_hz=500.0)
    assert shown(image_view(temporal=found), 60, 4)[0].startswith("1    A4 −7.9    ± 0.4    cents")
