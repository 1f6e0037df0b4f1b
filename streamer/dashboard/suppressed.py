"""Draw what was no event, and why: newest first, in place of the events."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.text import blank_lines, clean, fit, row
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import Snapshot
from streamer.text import duration, wall_clock


def suppressed_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells: time, label, reason, how long, and the highest score."""
    g, s = theme.glyphs, theme.styles
    n_when = 9 if width >= 44 else 0
    n_long = 8 if width >= 52 else 0
    n_score = 6 if width >= 26 else 0
    n_rest = max(width - n_when - n_long - n_score, 0)
    newest = list(reversed(snapshot.suppressed_past))[:n_lines]
    longest = max((cell_len(clean(each.label, g.ascii_only)) for each in newest), default=0)
    n_label = min(longest, n_rest * 9 // 20)
    lines = []
    for each in newest:
        columns = (
            (wall_clock(each.time), n_when, False, s.dim),
            (each.label, n_label, False, s.text),
            (f" {each.reason}", n_rest - n_label, False, s.warn if each.is_chosen else s.dim),
            (duration(each.length_s), n_long, True, s.dim),
            (f"{each.score:.2f}", n_score, True, s.dim),
        )
        lines.append(row(columns, width, g)[0])
    if not lines and n_lines:
        lines.append([Segment(fit("nothing was suppressed yet", width, g), s.dim)])
    return lines + blank_lines(n_lines - len(lines), width, theme)
