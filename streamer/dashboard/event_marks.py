"""Mark events along the time axis of a spectrogram: where each began and ended, with its label, tinted by label."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.text import clean, fit
from streamer.dashboard.theme import Line, Theme
from streamer.messages import Event

_MOST_LANES = 3


def n_lanes(n_lines: int) -> int:
    """Return in how many lines events are marked, of so many for them and the spectrogram."""
    return 0 if n_lines < 6 else min(1 + n_lines // 14, _MOST_LANES)


def mark_lines(
    events: Sequence[Event],
    cell_of: Callable[[float], int],
    width: int,
    n_lines: int,
    labels: Sequence[str],
    theme: Theme,
) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells with a bar for each event; events at the same time share no line.

    Where there are more than lines, a later one covers the earlier.

    Parameters
    ----------
    events : sequence of Event
        Running ones go on to the right edge.
    cell_of : callable
        Returns the cell of a second of the stream; what is left or right of the picture is outside 0 … ``width`` − 1.
    width, n_lines : int
        Size in cells.
    labels : sequence of str
        Those of the stream, whose places give the tints.
    theme : Theme
        How to show it.
    """
    if n_lines <= 0:
        return []
    ends = [-math.inf] * n_lines
    lanes: list[list[tuple[int, int, Event]]] = [[] for _ in range(n_lines)]
    for event in sorted(events, key=lambda each: (each.onset_s, each.label)):  # lanes stay while events come
        lane = next((k for k, end_s in enumerate(ends) if end_s <= event.onset_s), ends.index(min(ends)))
        ends[lane] = math.inf if event.offset_s is None else event.offset_s
        first = cell_of(event.onset_s)
        last = width - 1 if event.offset_s is None else max(cell_of(event.offset_s), first)
        if last >= 0 and first < width:
            lanes[lane].append((first, last, event))
    return [_lane(lane, width, labels, theme) for lane in lanes]


def _lane(bars: Sequence[tuple[int, int, Event]], width: int, labels: Sequence[str], theme: Theme) -> Line:
    """Return a line with bars; a label that has no room in its bar goes on behind it, up to the next one."""
    g, s, at = theme.glyphs, theme.styles, 0
    line: Line = []
    for k, (first, last, event) in enumerate(bars):
        following = min(bars[k + 1][0] if k + 1 < len(bars) else width, width)
        begin, end = max(first, at, 0), min(last + 1, following)
        if end <= begin:
            continue
        of_bar, of_text = theme.tints[_place(event.label, labels) % len(theme.tints)]
        mark = g.on if first == begin else " "  # only where its beginning is in sight
        label = clean(event.label, g.ascii_only)
        n_text, n_bar = cell_len(label) + 1, end - begin
        line.append(Segment(" " * (begin - at), s.text))
        if n_text > n_bar and following - end > n_text:
            line += [Segment(_filled(mark, n_bar, theme), of_bar), Segment(f" {label}", of_text)]
            end += n_text
        else:
            text = mark + fit(label, n_bar - 1, g) if n_text > n_bar else mark + label
            line.append(Segment(_filled(text, n_bar, theme), of_bar))
        at = end
    return [*line, Segment(" " * (width - at), s.text)]


def _filled(text: str, width: int, theme: Theme) -> str:
    """Return a text over a whole bar: where bars have no colour of their own, a line goes to its end."""
    fill = " " if theme.painted else theme.glyphs.horizontal
    return text + fill * (width - cell_len(text))


def _place(label: str, labels: Sequence[str]) -> int:
    """Return a number that stays the label's own."""
    return labels.index(label) if label in labels else sum(label.encode("utf-8", "surrogatepass"))
