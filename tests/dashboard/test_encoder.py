"""Bytes sent to the terminal, interpreted by a terminal emulator."""

import pyte
import pytest
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.encoder import Encoder
from streamer.dashboard.layout import compose
from streamer.dashboard.theme import Line, theme_for
from streamer.dashboard.view import View
from streamer.monitor.snapshot import Snapshot
from tests.support.snapshots import NOW, snapshot, waiting


def screen_of(snapshots: list[Snapshot]) -> list[Line]:
    return compose(snapshots, 100, 30, theme_for("truecolor"), NOW, View())


def cells(screen: pyte.Screen) -> list[list[tuple[str, str, str, bool]]]:
    return [
        [(c.data, c.fg, c.bg, c.bold) for c in (screen.buffer[y][x] for x in range(screen.columns))]
        for y in range(screen.lines)
    ]


def test_differences_arrive_at_the_same_screen_as_a_full_frame() -> None:
    encoder, screen = Encoder("truecolor"), pyte.Screen(100, 30)
    stream = pyte.Stream(screen)
    for snapshots in ([snapshot()], [snapshot(stream="漢字")], [snapshot(), waiting()], [waiting()]):
        stream.feed(encoder.frame(screen_of(snapshots)))
        fresh = pyte.Screen(100, 30)
        pyte.Stream(fresh).feed(Encoder("truecolor").frame(screen_of(snapshots)))
        assert cells(screen) == cells(fresh)


def test_the_screen_holds_the_text_and_the_colours_of_the_segments() -> None:
    lines = screen_of([snapshot()])
    screen = pyte.Screen(100, 30)
    pyte.Stream(screen).feed(Encoder("truecolor").frame(lines))
    assert screen.display == ["".join(segment.text for segment in line) for line in lines]
    for y, line in enumerate(lines):
        x = 0
        for text, style, _ in line:
            if text:
                assert style is not None
                assert style.color is not None or text.isspace()
                cell = screen.buffer[y][x]
                if style.color is not None:
                    assert "#" + cell.fg == style.color.get_truecolor().hex
                if style.bgcolor is not None:
                    assert "#" + cell.bg == style.bgcolor.get_truecolor().hex
                assert cell.bold == bool(style.bold)
            x += len(text)


def test_only_changed_lines_are_sent() -> None:
    encoder = Encoder(None)
    lines = [[Segment("one", Style())], [Segment("two", Style())]]
    assert "one" in encoder.frame(lines)
    assert encoder.frame(lines) == ""
    changed = encoder.frame([lines[0], [Segment("three", Style())]])
    assert "three" in changed
    assert "one" not in changed
    encoder.reset()
    assert "one" in encoder.frame(lines)


def test_equal_neighbours_share_one_colour_code() -> None:
    red = Style(color="#ff0000", bgcolor="#000000")
    text = Encoder("truecolor").frame([[Segment("a", red), Segment("b", red), Segment("c", red)]])
    assert "abc" in text


@pytest.mark.parametrize("system", [None, "standard", "256"])
def test_no_more_colours_than_the_terminal_has(system: str | None) -> None:
    sent = Encoder(system).frame(compose([snapshot()], 100, 30, theme_for(system), NOW, View()))
    assert "38;2;" not in sent
    assert "48;2;" not in sent
    assert ("38;5;" in sent) == (system == "256")
    if system is None:
        assert not any(f"[{code}m" in sent for code in (*range(30, 38), *range(90, 98)))
