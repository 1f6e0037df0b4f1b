"""Fit text and lines to a known width in terminal cells: cut, pad, wrap, set side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.theme import Glyphs, Line, Theme
from streamer.safe_text import safe


@lru_cache(maxsize=4096)
def clean(text: str, ascii_only: bool) -> str:
    """Return text that cannot move the cursor: every character that is not printable is written out.

    With ``ascii_only``, every other character outside ASCII becomes one ``?`` per cell.
    """
    kept = safe(text)
    if ascii_only:
        kept = "".join(c if c.isascii() else "?" * cell_len(c) for c in kept)
    return kept


@lru_cache(maxsize=4096)
def fit(text: str, width: int, glyphs: Glyphs, right: bool = False) -> str:
    """Return text cut (with an ellipsis) or padded to exactly ``width`` cells; a wide character counts as two."""
    if width <= 0:
        return ""
    text = clean(text, glyphs.ascii_only)
    n_cells = cell_len(text)
    if n_cells > width:
        return set_cell_size(text, width - 1) + glyphs.ellipsis
    padding = " " * (width - n_cells)
    return padding + text if right else text + padding


def row(columns: Iterable[tuple[str, int, bool, Style]], width: int, glyphs: Glyphs) -> tuple[Line, int]:
    """Return columns side by side as far as they fit, and the number of cells left.

    Parameters
    ----------
    columns : iterable of (str, int, bool, Style)
        Text, cells that it is cut or padded to, whether it is aligned to the right, style.
    width : int
        Cells of the whole line.
    glyphs : Glyphs
        Characters to use.
    """
    line: Line = []
    for text, n_cells, right, style in columns:
        n_cells = min(n_cells, width)
        width -= n_cells
        line.append(Segment(fit(text, n_cells, glyphs, right), style))
    return line, width


def wrap(text: str, width: int, n_lines: int, glyphs: Glyphs) -> list[str]:
    """Return text as at most ``n_lines`` lines of at most ``width`` cells; an ellipsis ends text that is cut.

    A word longer than a line goes on in the next one.
    """
    lines: list[str] = []
    words = [part for word in clean(text, glyphs.ascii_only).split() for part in _parts(word, width)]
    while words and len(lines) < n_lines:
        line = words.pop(0)
        while words and cell_len(line) + 1 + cell_len(words[0]) <= width:
            line += " " + words.pop(0)
        if words and len(lines) == n_lines - 1:
            line += " " + " ".join(words)
        lines.append(fit(line, width, glyphs).rstrip())
    return lines


def _parts(word: str, width: int) -> list[str]:
    return [word] if width < 2 or cell_len(word) <= width else chop_cells(word, width)


@lru_cache(maxsize=256)
def wrap_reason(text: str, width: int, n_lines: int, glyphs: Glyphs) -> tuple[str, ...]:
    """Return a reason with its remedy (after the last semicolon) as :func:`wrap` does, but cut before the remedy."""
    text = clean(text, glyphs.ascii_only)
    reason, separator, remedy = text.rpartition("; ")
    if separator and len(wrap(text, width, n_lines + 1, glyphs)) > n_lines:
        for n_kept in range(len(reason), -1, -1):
            cut = f"{reason[:n_kept].rstrip()}{glyphs.ellipsis}; {remedy}"
            if len(wrap(cut, width, n_lines + 1, glyphs)) <= n_lines:
                return tuple(wrap(cut, width, n_lines, glyphs))
    return tuple(wrap(text, width, n_lines, glyphs))


def decibels(value: float, glyphs: Glyphs, digits: int = 1) -> str:
    """Return a level in decibels without its unit: ``−23.4``; silence is ``−∞``, NaN is ``?``."""
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return (glyphs.minus if value < 0 else "+") + glyphs.infinity
    return f"{value:.{digits}f}".replace("-", glyphs.minus)


def blank_lines(n_lines: int, width: int, theme: Theme) -> list[Line]:
    """Return ``n_lines`` empty lines of ``width`` cells; none where ``n_lines`` is negative."""
    return [[Segment(" " * width, theme.styles.text)] for _ in range(n_lines)]


def beside(left: list[Line], right: list[Line], between: Line | None = None) -> list[Line]:
    """Return two blocks of as many lines side by side, with the segments of ``between`` in every line."""
    return [[*a, *(between or []), *b] for a, b in zip(left, right, strict=True)]


@lru_cache(maxsize=256)
def reversed_style(style: Style) -> Style:
    """Return a style with the colours exchanged: of what is selected."""
    return style + Style(reverse=True)


def reversed_line(line: Line) -> Line:
    """Return a line as one that is selected."""
    return [Segment(text, reversed_style(style) if style else style) for text, style, _ in line]
