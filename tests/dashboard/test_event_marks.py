"""Events along the time axis: where they begin and end, in step with the spectrogram as it scrolls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.event_marks import mark_lines, n_lanes
from streamer.dashboard.theme import ASCII, UNICODE, theme_for
from streamer.messages import Event
from tests.support.screens import screen_lines
from tests.support.snapshots import NOW, snapshot, sound_view

PLAIN = theme_for(None)


def event(onset_s: float, offset_s: float | None, label: str = "dog") -> Event:
    return Event("street", label, 0.9, 0.8, onset_s, offset_s, NOW)


def marked(*events: Event, width: int = 40, n_lines: int = 1, shift: int = 0) -> list[str]:
    """Return lines on which a cell is a second."""
    lines = mark_lines(events, lambda time_s: int(time_s) - shift, width, n_lines, ("dog", "rain"), PLAIN)
    return ["".join(each.text for each in line) for line in lines]


def test_a_bar_reaches_from_the_onset_to_the_offset_or_to_the_present() -> None:
    assert marked(event(5, 14)) == ["     │dog──────" + " " * 25]
    assert marked(event(30, None)) == [" " * 30 + "│dog──────"]
    assert marked(event(2, 3)) == ["  │─ dog" + " " * 32]  # the label goes on behind
    assert marked(event(38, 39, "helicopter")) == [" " * 38 + "│…"]
    assert marked(event(2, 3), event(5, 12, "rain")) == ["  │…" + " │rain───" + " " * 27]
    assert marked(event(50, 60), event(-9, -5)) == [" " * 40]


def test_marks_move_with_the_picture_and_the_label_stays_in_sight() -> None:
    assert marked(event(5, 24), shift=3)[0].startswith("  │dog──")
    assert marked(event(5, 24), shift=8)[0].startswith(" dog─────────────  ")


def test_events_at_the_same_time_have_lines_of_their_own_which_they_keep() -> None:
    first, second, third = event(1, 20), event(5, 30, "rain"), event(22, 26, "cat")
    before, after = marked(first, second, n_lines=2), marked(first, second, third, n_lines=2)
    assert [line.strip()[:5] for line in before] == ["│dog─", "│rain"]
    assert "cat" in after[0]
    assert after[1] == before[1]


def test_tints_are_those_of_the_label_wherever_it_stands() -> None:
    theme = theme_for("truecolor")

    def ground(*events: Event) -> set[object]:
        (line,) = mark_lines(events, int, 40, 1, ("dog", "rain"), theme)
        return {each.style.bgcolor for each in line if each.style and each.text.strip()}

    assert ground(event(2, 20)) == ground(event(8, 12))
    assert ground(event(2, 20)) != ground(event(2, 20, "rain"))


@pytest.mark.parametrize("zoom", [1, 2])
def test_a_mark_stands_below_the_sound_that_it_is_of_while_both_scroll(zoom: int) -> None:
    base = sound_view()
    quiet = np.full_like(base.spectrogram, -90.0)
    for newest in range(300, 330):  # columns; a bang lies in column 250
        columns = quiet[:newest].copy()
        columns[250:255] = -10.0
        times_s = np.asarray(100.0 + 0.05 * np.arange(1, newest + 1), np.float64)
        view = replace(base, spectrogram=columns[-200:], times_s=times_s[-200:], column=newest)
        bang = event(100.0 + 0.05 * 250 + 0.001, 100.0 + 0.05 * 255 - 0.001, "x")
        shown = screen_lines([snapshot(view=view, running=(), past=(bang,))], 80 * zoom, 30, PLAIN)
        rows = [line for line in shown if "█" in line[7 : 66 * zoom]][:5]
        first = {line.index("█", 7) for line in rows}
        marks = next(line for line in shown if "│x" in line[7:])
        assert first == {marks.index("│", 7)}


EVENTS = st.builds(
    event, st.floats(-1e3, 1e3), st.none() | st.floats(-1e3, 1e3), st.sampled_from(["dog", "漢字", "", "a\x1bb" * 9])
)


@given(st.lists(EVENTS, max_size=12), st.integers(1, 60), st.integers(0, 3))
def test_any_events_fill_the_lines_exactly(events: list[Event], width: int, n_lines: int) -> None:
    for theme in (theme_for("256"), theme_for("standard"), theme_for(None, ASCII)):
        lines = mark_lines(events, int, width, n_lines, ("dog",), theme)
        assert len(lines) == n_lines
        for line in lines:
            assert Segment.get_line_length(line) == width
            assert "".join(each.text for each in line).isprintable()
            assert theme.glyphs is UNICODE or "".join(each.text for each in line).isascii()


def test_a_low_picture_has_no_marks() -> None:
    assert [n_lanes(n) for n in (3, 5, 6, 13, 14, 28, 90)] == [0, 0, 1, 1, 2, 3, 3]
    assert cell_len(marked(event(0, None))[0]) == 40
