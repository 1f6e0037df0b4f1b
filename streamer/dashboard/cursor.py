"""Draw a cursor over a spectrogram: a line over its whole height, and two short arms."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.theme import Line, Theme

_ARM = 2  # cells


def draw_cursor(lines: list[Line], column: int, line: int, theme: Theme) -> None:
    """Draw it into lines of one segment for each cell; what is below it keeps its colour."""
    g = theme.glyphs
    across, cross = g.horizontal, "+" if g.ascii_only else "┼"
    for k, row in enumerate(lines):
        if column < len(row):
            row[column] = _over(row[column], cross if k == line else g.off, theme)
    row = lines[line]
    for at in (*range(column - _ARM, column), *range(column + 1, column + _ARM + 1)):
        if 0 <= at < len(row):
            row[at] = _over(row[at], across, theme)


def _over(cell: Segment, glyph: str, theme: Theme) -> Segment:
    return (
        Segment(glyph, _style(cell.style, theme.styles.title)) if theme.painted else Segment(glyph, theme.styles.title)
    )


@lru_cache(maxsize=4096)
def _style(below: Style | None, line: Style) -> Style:
    ground = below.bgcolor if below and below.bgcolor else line.bgcolor
    return Style(color=line.color, bgcolor=ground, bold=True)
