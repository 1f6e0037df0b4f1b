"""Problems on the screen: all that are there now, in panels of every kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard.health import health_lines
from streamer.dashboard.theme import UNICODE, theme_for
from streamer.messages import Health, RunProblem, State
from tests.support.screens import screen_lines, text_of
from tests.support.snapshots import image_snapshot, snapshot

pytestmark = pytest.mark.usefixtures("utc")
DISK = RunProblem("clips", "clip dog.flac not written: no space left", 1.7e9)
BROKER = RunProblem("sink 1 mqtt", "no broker answers", 1.7e9 + 1, 12)
THEME = theme_for(None, UNICODE)


@pytest.mark.parametrize("make", [snapshot, image_snapshot])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 12), (70, 20)])
def test_two_problems_at_once_are_both_shown_and_gone_when_they_have_ended(make, width: int, height: int) -> None:  # type: ignore[no-untyped-def]
    text = "\n".join(screen_lines([make(problems=(DISK, BROKER))], width, height, THEME))
    assert "dog.flac" in text
    if width * height > 1000:
        assert BROKER.text in text
    else:
        assert "2 problems" in text
    text = "\n".join(screen_lines([make(problems=(BROKER,))], width, height, THEME))
    assert "dog.flac" not in text
    assert BROKER.text in text
    assert BROKER.text not in "\n".join(screen_lines([make()], width, height, THEME))


def test_a_tiny_panel_shows_problems() -> None:
    assert any(BROKER.text in line for line in screen_lines([snapshot(problems=(BROKER,))], 23, 5, THEME))


def test_what_was_not_written_is_counted() -> None:
    lines = health_lines(Health("s", State.RUNNING, unwritten=12), 120, 1, THEME)
    assert "not written 12" in text_of(lines[0])
    assert "not written" not in text_of(health_lines(Health("s", State.RUNNING), 120, 1, THEME)[0])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(max_size=90), max_size=12),
    st.integers(1, 150),
    st.integers(1, 50),
    st.sampled_from([snapshot, image_snapshot]),
)
def test_any_problems_fit_any_screen(texts: list[str], width: int, height: int, make) -> None:  # type: ignore[no-untyped-def]
    problems = tuple(RunProblem(f"part {k}", text, 1.7e9) for k, text in enumerate(texts))
    lines = screen_lines([make(problems=problems)], width, height, THEME)
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}


def test_the_remedy_of_a_problem_is_not_cut() -> None:
    text = "the folder of the clips /data/clips/of/the/door cannot be written any more; free 2 GB there"
    for width, height in ((80, 24), (120, 40), (60, 12), (60, 24)):
        lines = screen_lines([snapshot(problems=(RunProblem("clips", text, 1.7e9),))], width, height, THEME)
        assert "free 2 GB there" in "\n".join(lines)
    assert text in "\n".join(screen_lines([snapshot(problems=(RunProblem("clips", text, 1.7e9),))], 120, 40, THEME))
    shown = "".join(screen_lines([snapshot(problems=(RunProblem("clips", text, 1.7e9),))], 60, 24, THEME))
    assert "any more" in " ".join(shown.split())  # there it goes on in the next line
