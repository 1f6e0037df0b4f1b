"""Draw the events: running ones, with their duration so far, above those that have ended."""

from __future__ import annotations

import math

from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.measurements import short_direction, short_text
from streamer.dashboard.selection import first_shown, listed
from streamer.dashboard.text import blank_lines, fit, reversed_line, row
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.view import EventId
from streamer.messages import Event
from streamer.monitor.snapshot import Snapshot
from streamer.text import duration, wall_clock


def event_lines(
    snapshot: Snapshot, width: int, n_lines: int, theme: Theme, chosen: EventId | None = None
) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells: onset, label, measurement, lost samples or images, duration, score.

    Parameters
    ----------
    snapshot : Snapshot
        What to show; the duration of a running event ends at the stream's position.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    chosen : EventId, optional
        The selected event, which is shown wherever it is in the list.
    """
    g, s = theme.glyphs, theme.styles
    events = listed(snapshot)
    first = first_shown(events, chosen, n_lines)
    events = events[first : first + n_lines]
    is_scored = width >= 34 or (width >= 26 and not any(event.measured for event in events))
    lines = [
        reversed_line(line) if chosen and EventId.of(event) == chosen else line
        for event in events
        for mark in [snapshot.marked.get((event.task, event.label, event.onset_s), "")]
        for line in [_event_line(event, mark, snapshot.health.position_s, width, is_scored, theme)]
    ]
    if not lines and n_lines:
        lines.append([Segment(fit("nothing yet", width, g), s.dim)])
    return lines + blank_lines(n_lines - len(lines), width, theme)


def _event_line(event: Event, mark: str, position_s: float, width: int, is_scored: bool, theme: Theme) -> Line:
    g, s = theme.glyphs, theme.styles
    is_running = event.offset_s is None
    end_s = position_s if event.offset_s is None else event.offset_s
    n_when = 10 if width >= 34 else 2
    n_score = 6 if is_scored else 0
    n_duration = 8
    n_label = max(width - n_when - n_duration - n_score, 0)
    lost = f" lost {event.n_lost}" if event.n_lost > 0 else ""
    measured = f" {short_text(event.measured, g)}" if event.measured is not None else ""
    direction = f" {short_direction(event.direction, g)}" if event.direction is not None else ""
    if len(direction) + len(measured) + len(lost) + cell_len(event.label) + 1 <= n_label:
        measured = direction + measured
    if len(lost) + len(measured) + cell_len(event.label) + 1 > n_label:
        lost = lost and " !"
    n_lost = min(len(lost), n_label)
    if len(measured) + n_lost + cell_len(event.label) + 1 > n_label:
        measured = ""
    when = f"{g.running if is_running else mark or ' '} {wall_clock(event.time) if n_when > 2 else ''}"
    score = f"{event.score:.2f}" if math.isfinite(event.score) else "?"
    strong, weak = (s.accent, s.accent) if is_running else (s.text, s.dim)
    columns = (
        (when, n_when, False, weak),
        (f" {event.label}" if n_when > 2 else event.label, n_label - n_lost - len(measured), False, strong),
        (measured, len(measured), True, weak),
        (lost, n_lost, True, s.warn),
        (duration(end_s - event.onset_s), n_duration, True, strong),
        (score, n_score, True, weak),
    )
    return row(columns, width, g)[0]
