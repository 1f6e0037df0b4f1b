"""The marks that the help explains are those that are drawn."""

import pytest

from streamer.dashboard.help import BOTH
from streamer.dashboard.layout import compose
from streamer.dashboard.marks import marks
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.dashboard.view import View
from tests.support.snapshots import NOW, image_snapshot, image_view, snapshot, temporal


@pytest.mark.parametrize("system", [None, "standard", "256", "truecolor"])
@pytest.mark.parametrize("glyphs", [UNICODE, CONSOLE, ASCII])
def test_each_mark_is_told_from_the_others(system: str | None, glyphs: Glyphs) -> None:
    table = marks(theme_for(system, glyphs), BOTH)
    drawn = [tuple((text, str(style)) for text, style in mark.shown) for mark in table]
    assert len(set(drawn)) == len(drawn)
    assert len({mark.meaning for mark in table}) == len(table)
    assert all(mark.text.strip() for mark in table)
    if glyphs is ASCII:
        assert all(mark.text.isascii() for mark in table)


def test_tints_and_bars_are_those_of_the_panels() -> None:
    theme = theme_for("truecolor")
    other = temporal(hz=7.3).components[0]
    panels = [snapshot(), image_snapshot(view=image_view(temporal=temporal(other)))]
    cells = {
        (character, str(segment.style))
        for lines in (compose(panels, 200, 60, theme, NOW, View(focus=k)) for k in (0, 1))
        for line in lines
        for segment in line
        for character in segment.text
    }
    shown = {mark.text: mark for mark in marks(theme, BOTH)}
    for text in ("1234", "ABCD"):
        first, style = shown[text].shown[0]
        assert (first, str(style)) in cells
    for mark in shown.values():
        for text, style in mark.shown:
            if set(text) <= set("▇│┊▸●±"):
                assert (text[0], str(style)) in cells, text
