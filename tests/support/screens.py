"""Screens of the dashboard as text, and golden files of them."""

import io
import os
from collections.abc import Sequence

from rich.console import Console

from streamer.dashboard.layout import Dashboard, compose
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.view import View
from streamer.monitor.snapshot import Snapshot
from tests.support.paths import GOLDEN
from tests.support.snapshots import NOW


def text_of(line: Line) -> str:
    """The text of a line without its styles."""
    return "".join(segment.text for segment in line)


def screen_lines(
    snapshots: Sequence[Snapshot], width: int, height: int, theme: Theme, view: View | None = None
) -> list[str]:
    """The lines of a whole screen without their styles."""
    return [text_of(line) for line in compose(snapshots, width, height, theme, NOW, view or View())]


def printed_screen(snapshots: Sequence[Snapshot], width: int, height: int) -> str:
    """Return a whole screen as rich prints it on a terminal without colours."""
    data = io.BytesIO()
    file = io.TextIOWrapper(data, encoding="utf-8", write_through=True)
    console = Console(file=file, width=width, height=height, color_system=None, _environ={})
    console.print(Dashboard(snapshots, NOW), end="")
    return data.getvalue().decode()


def check_screen(name: str, text: str) -> None:
    """Compare a screen with its golden file; with ``UPDATE_GOLDEN`` set, write the file first."""
    path = GOLDEN / f"dashboard_{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
