"""The help explains every key and every mark at every size."""

import pytest

from streamer.dashboard.help import BOTH, help_lines
from streamer.dashboard.keymap import BINDINGS, in_help
from streamer.dashboard.layout import without_ended_help
from streamer.dashboard.marks import marks
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.dashboard.view import View
from tests.support.screens import check_screen, screen_lines, text_of
from tests.support.snapshots import image_snapshot, snapshot

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
    for meaning in [*(text for _, text in in_help(BINDINGS, 2)), *(mark.meaning for mark in marks(theme, BOTH))]:
        assert meaning.split()[0] in said


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_golden(width: int, height: int) -> None:
    lines = screen_lines([snapshot()], width, height, theme_for(None), View(help_page=0))
    check_screen(f"help_{width}x{height}", "\n".join(lines) + "\n")


def test_after_its_last_page_the_help_is_closed() -> None:
    theme = theme_for(None)
    for shown in ([snapshot()], [image_snapshot()]):
        pages = [without_ended_help(View(help_page=k), BINDINGS, shown, (80, 24), theme).help_page for k in range(9)]
        n_pages = sum(page is not None for page in pages)
        assert 1 < n_pages < 5
        assert pages == [*range(n_pages), *[None] * (9 - n_pages)]


def test_one_stream_needs_no_keys_for_several() -> None:
    assert "tab" in dict(in_help(BINDINGS, 2))
    assert "tab" not in dict(in_help(BINDINGS, 1))


def test_only_what_the_streams_deliver_is_explained() -> None:
    sound, images, both = (
        "\n".join(screen_lines(shown, 200, 60, theme_for(None), View(help_page=0)))
        for shown in ([snapshot()], [image_snapshot()], [snapshot(), image_snapshot()])
    )
    assert [("loudness" in text, "rhythms; each" in text) for text in (sound, images, both)] == [
        (True, False), (False, True), (True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_golden_images(width: int, height: int) -> None:
    lines = screen_lines([image_snapshot()], width, height, theme_for(None), View(help_page=1 if height < 40 else 0))
    check_screen(f"help_images_{width}x{height}", "\n".join(lines) + "\n")
