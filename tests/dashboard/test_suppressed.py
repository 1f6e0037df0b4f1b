"""The list of what was no event, in place of the events."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from streamer.dashboard.operation import Operator
from streamer.dashboard.theme import theme_for
from streamer.dashboard.view import View
from streamer.monitor.snapshot import SuppressedEvent
from tests.support.screens import check_screen, screen_lines
from tests.support.snapshots import NOW, image_snapshot, snapshot

KEPT = (
    SuppressedEvent("rain", "begins at 0.60", 0.57, NOW - 90.0, 3.5),
    SuppressedEvent("speech", "denied", 0.71, NOW - 60.0, 12.0),
    SuppressedEvent("dog", "notify: quiet hours", 0.93, NOW - 8.0, 1.0),
    SuppressedEvent("a\x1b漢字" * 4, "cool-down", 0.8, float("nan"), float("nan")),
)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
def test_golden(utc: None, width: int, height: int) -> None:
    view = View(shows_suppressed=True)
    lines = screen_lines([snapshot(suppressed_past=KEPT)], width, height, theme_for(None), view)
    check_screen(f"suppressed_{width}x{height}", "\n".join(lines) + "\n")


@pytest.mark.parametrize("size", [(24, 8), (40, 12), (60, 20), (100, 30)])
def test_newest_first_with_the_reason_in_every_size(size: tuple[int, int]) -> None:
    for shown in (snapshot(suppressed_past=KEPT[:3]), image_snapshot(suppressed_past=KEPT[:3])):
        lines = screen_lines([shown], *size, theme_for(None), View(shows_suppressed=True))
        assert [cell_len(line) for line in lines] == [size[0]] * size[1]
    lines = screen_lines([snapshot(suppressed_past=KEPT[:3])], 100, 30, theme_for(None), View(shows_suppressed=True))
    rows = [
        next(k for k, line in enumerate(lines) if word in line[50:])
        for word in ("quiet hours", " denied  ", "begins at")
    ]
    assert rows == sorted(rows)
    empty = screen_lines([snapshot()], 80, 24, theme_for(None), View(shows_suppressed=True))
    assert any("nothing was suppressed yet" in line for line in empty)


def test_e_shows_it_and_choosing_an_event_goes_back() -> None:
    operator, shown = Operator(), [snapshot(suppressed_past=KEPT)]
    view = operator.press("e", View(), shown)
    assert view.shows_suppressed
    assert not operator.press("e", view, shown).shows_suppressed
    down = operator.press("down", view, shown)
    assert down.event is not None
    assert not down.shows_suppressed
