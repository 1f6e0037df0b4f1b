"""Draw the help over the screen: every key, and every mark on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.keymap import Binding, in_help, key_name, of_medium
from streamer.dashboard.marks import marks
from streamer.dashboard.text import clean, fit, wrap
from streamer.dashboard.theme import Line, Theme
from streamer.messages import Medium

_COLUMN = 38  # least width of a column
_GAP = 2

BOTH: frozenset[Medium] = frozenset({"sound", "images"})

_Shown = tuple[tuple[str, Style], ...]
_Entry = tuple[_Shown, str]  # what is explained, as it is drawn, and its meaning; a heading has no meaning


def help_lines(
    bindings: Sequence[Binding],
    n_streams: int,
    page: int,
    width: int,
    height: int,
    theme: Theme,
    media: frozenset[Medium] = BOTH,
) -> list[Line]:
    """Return a box of at most ``width`` × ``height`` cells with one page of the help; none after the last page.

    Parameters
    ----------
    bindings : sequence of Binding
        Keys to explain.
    n_streams : int
        Number of streams: some keys are for several.
    page : int
        Page to show, from 0.
    width, height : int
        Size in cells.
    theme : Theme
        How to show it.
    media : frozenset of {"sound", "images"}
        What the streams deliver: only its keys and marks are explained.
    """
    g, s = theme.glyphs, theme.styles
    bindings = of_medium(bindings, has_images="images" in media)
    inner, n_lines = width - 4, height - 2
    if inner < 16 or n_lines < 3:
        return []
    n_columns = max((inner + _GAP) // (_COLUMN + _GAP), 1)
    n_columns = min(n_columns, 3)
    n_cells = min((inner + _GAP) // n_columns - _GAP, 64)
    groups = [
        ("keys", in_help(bindings, n_streams)),
        ("keys while an event is chosen", in_help(bindings, n_streams, of_event=True)),
        ("keys of the cursor", in_help(bindings, n_streams, of_cursor=True)),
        ("keys while a region is chosen", in_help(bindings, n_streams, of_region=True)),
    ]
    entries: list[_Entry] = []
    for heading, named in groups:
        if named:
            entries.append((((heading, s.accent),), ""))
            entries += [(((key_name(name, ascii_only=g.ascii_only), s.title),), meaning) for name, meaning in named]
    keys = _block(entries, n_cells, theme)
    explained: list[_Entry] = [(mark.shown, mark.meaning) for mark in marks(theme, media)]
    meanings = _block([((("marks", s.accent),), ""), *explained], n_cells, theme)
    columns = [block[k : k + n_lines] for block in (keys, meanings) for k in range(0, len(block), n_lines)]
    pages = [columns[k : k + n_columns] for k in range(0, len(columns), n_columns)]
    if page >= len(pages):
        return []
    shown = pages[page]
    longest = max(map(len, shown))
    blank = [Segment(" " * n_cells, s.text)]
    more = f" ? page {page + 2} of {len(pages)} " if page + 1 < len(pages) else " ? closes "
    n_inside = n_cells * len(shown) + _GAP * (len(shown) - 1) + 2
    title = " help "
    edge = g.horizontal * max(n_inside - len(title) - 1, 0)
    lines: list[Line] = [[Segment(f"{g.corners[0]}{g.horizontal}{title}{edge}{g.corners[1]}", s.title)]]
    for k in range(longest):
        line: Line = [Segment(f"{g.vertical} ", s.title)]
        for at, column in enumerate(shown):
            line += [Segment(" " * _GAP, s.text)] * (at > 0)
            line += column[k] if k < len(column) else blank
        lines.append([*line, Segment(f" {g.vertical}", s.title)])
    edge = g.horizontal * max(n_inside - len(more) - 1, 0)
    lines.append([Segment(f"{g.corners[2]}{edge}{more}{g.horizontal}{g.corners[3]}", s.title)])
    return lines


def _block(entries: Sequence[_Entry], width: int, theme: Theme) -> list[Line]:
    """Return entries as lines of ``width`` cells, what is explained in a column of its own."""
    g, s = theme.glyphs, theme.styles
    n_name = max(sum(cell_len(text) for text, _ in shown) for shown, meaning in entries if meaning) + 1
    lines: list[Line] = []
    for shown, meaning in entries:
        name = [Segment(clean(text, g.ascii_only), style) for text, style in shown]
        if not meaning:
            lines.append(Segment.adjust_line_length(name, width, s.text))
            continue
        name = Segment.adjust_line_length(name, n_name, s.text)
        for k, text in enumerate(wrap(meaning, width - n_name, 4, g)):
            first = name if k == 0 else [Segment(" " * n_name, s.text)]
            lines.append([*first, Segment(fit(text, width - n_name, g), s.text)])
    return lines
