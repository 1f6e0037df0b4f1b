"""The help explains every key and every mark at every size."""

import pytest

from streamer.dashboard.help import help_lines, marks
from streamer.dashboard.keymap import BINDINGS, in_help
from streamer.dashboard.layout import without_ended_help
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.dashboard.view import View
from tests.support.screens import check_screen, screen_lines, text_of
from tests.support.snapshots import snapshot

pytestmark = pytest.mark.usefixtures("utc")
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("glyphs", [UNICODE, CONSOLE, ASCII], ids=["unicode", "console", "ascii"])
@pytest.mark.parametrize(("width", "height"), [*SIZES, (40, 12), (25, 8)])
def test_all_keys_and_marks_are_explained_over_its_pages(width: int, height: int, glyphs: Glyphs) -> None:
    theme = theme_for("truecolor", glyphs)
    said = ""
    for page in range(100):
        lines = help_lines(BINDINGS, 2, page, width, height, theme)
        if not lines:
            break
        assert len(lines) <= height
        assert len({len(text_of(line)) for line in lines}) == 1
        assert len(text_of(lines[0])) <= width
        said += " ".join(text_of(line) for line in lines)
    for _, meaning in [*in_help(BINDINGS, 2), *marks(glyphs)]:
        assert meaning.split()[0] in said


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_golden(width: int, height: int) -> None:
    lines = screen_lines([snapshot()], width, height, theme_for(None), View(help_page=0))
    check_screen(f"help_{width}x{height}", "\n".join(lines) + "\n")


def test_after_its_last_page_the_help_is_closed() -> None:
    theme = theme_for(None)
    pages = [without_ended_help(View(help_page=k), BINDINGS, 1, (80, 24), theme).help_page for k in range(6)]
    assert pages == [0, 1, 2, None, None, None]


def test_one_stream_needs_no_keys_for_several() -> None:
    assert "tab" in dict(in_help(BINDINGS, 2))
    assert "tab" not in dict(in_help(BINDINGS, 1))
