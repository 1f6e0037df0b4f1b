"""Console for results and progress: rich's, which shows no control characters of the text that it is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions
from rich.segment import Segment

from streamer.safe_text import safe_lines


class SafeConsole(Console):
    """Console of rich that makes all text safe; what it writes itself, as colours, is not text."""

    def render(self, renderable: Any, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of something to show, with safe text."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text.isprintable() or text == "\n":
                yield segment
            else:
                yield Segment(safe_lines(text), segment.style)


def can_show(console: Console) -> bool:
    """Return whether the dashboard can be drawn on this console."""
    return console.is_terminal and not console.is_dumb_terminal and hasattr(console.file, "fileno")
