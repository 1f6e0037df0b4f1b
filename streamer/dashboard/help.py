"""Draw the help over the screen: every key, and every mark on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.keymap import Binding, in_help, key_name
from streamer.dashboard.text import clean, fit, wrap
from streamer.dashboard.theme import Glyphs, Line, Theme

_COLUMN = 38  # least width of a column
_GAP = 2

_Entry = tuple[str, str]  # what is explained, and its meaning; a heading has no meaning


def marks(glyphs: Glyphs) -> list[_Entry]:
    """Return the marks on the screen with their meanings."""
    g = glyphs
    return [
        (g.bullet, "the stream is running; else its state and the reason"),
        (f"bar {g.on}", "score of a label; an event begins at this mark"),
        (f"bar {g.off}", "the event ends below this mark"),
        ("orange", "its event goes on; bold: above the mark, not confirmed"),
        ("grey", "no event can begin, for the reason beside it"),
        (g.running, "an event that goes on; at a spectrum: the measured frequency"),
        ("lost 12, !", "samples or images were lost during the event"),
        ("0.97", "highest score of an event"),
        ("colours", "dark is quiet, bright is loud; scale in dB"),
        (f"level {g.peak}", "loudness now (bar), its peak (mark); CLIP: distorted"),
        (g.plus_minus, "standard uncertainty of a measurement"),
        ("1 2 3", "rhythms; each keeps its digit, its row and its tint while it is found"),
        ("A B C", "patterns, likewise"),
        ("tint", "image: the place of the rhythm in this tint; a frame: of the pattern"),
        (f"{g.upward[1]}{g.upward[len(g.upward) // 2]}{g.upward[-1]}", "low to high over the last ten minutes"),
        (f"until {g.minus}2 s", "a rhythm was there so long before the present, not for all of the window"),
        ("gone 3 s", "not found any more, for so long"),
        ("steady", "kind of rhythm: also drifting, pulse train, mains, video coder (made by it, not in the scene)"),
        ("px, grey", "greatest displacement of a movement (mm with a scale), else the amplitude in grey levels"),
        ("dB, cells", "how far a rhythm stands out, and in how many places"),
        ("or … Hz", "would look the same at this image rate"),
        ("contrast", "of a pattern; 1: from black to white"),
        ("real-time", "seconds of work for a second of the stream; below 1 is fast enough"),
        ("latency", "from the sound or image to its scores: median and slowest hundredth"),
        ("yellow, red", "asks for attention, results suffer"),
        ("HELD", "the screen stands still, the streams go on"),
    ]


def help_lines(
    bindings: Sequence[Binding], n_streams: int, page: int, width: int, height: int, theme: Theme
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
    """
    g, s = theme.glyphs, theme.styles
    inner, n_lines = width - 4, height - 2
    if inner < 16 or n_lines < 3:
        return []
    n_columns = max((inner + _GAP) // (_COLUMN + _GAP), 1)
    n_columns = min(n_columns, 3)
    n_cells = min((inner + _GAP) // n_columns - _GAP, 64)
    entries = [("keys", ""), *in_help(bindings, n_streams)]
    if of_event := in_help(bindings, n_streams, of_event=True):
        entries += [("keys while an event is chosen", ""), *of_event]
    if of_cursor := in_help(bindings, n_streams, of_cursor=True):
        entries += [("keys of the cursor", ""), *of_cursor]
    if of_region := in_help(bindings, n_streams, of_region=True):
        entries += [("keys while a region is chosen", ""), *of_region]
    entries = [(key_name(name, ascii_only=g.ascii_only), meaning) for name, meaning in entries]
    keys = _block(entries, n_cells, theme)
    meanings = _block([("marks", ""), *marks(g)], n_cells, theme)
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
    n_name = max(cell_len(name) for name, meaning in entries if meaning) + 1
    lines: list[Line] = []
    for name, meaning in entries:
        if not meaning:
            lines.append([Segment(fit(name, width, g), s.accent)])
            continue
        for k, text in enumerate(wrap(meaning, width - n_name, 4, g)):
            first = fit(clean(name, g.ascii_only) if k == 0 else "", n_name, g)
            lines.append([Segment(first, s.title), Segment(fit(text, width - n_name, g), s.text)])
    return lines
