"""Draw the lower half of a panel: labels and events, or the takes that are being recorded, and the health."""

from __future__ import annotations

from rich.segment import Segment

from streamer.dashboard.events import event_lines
from streamer.dashboard.frame import bottom, framed, rule
from streamer.dashboard.health import health_lines
from streamer.dashboard.labels import label_lines
from streamer.dashboard.takes import state_lines, taken_lines
from streamer.dashboard.text import fit
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import Snapshot


def left_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return the present state, labels or takes, in ``n_lines`` lines of ``width`` cells."""
    if snapshot.takes is not None:
        return state_lines(snapshot, snapshot.takes, width, n_lines, theme)
    return label_lines(snapshot, width, n_lines, theme)


def right_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return the past, events or takes, newest first, in ``n_lines`` lines of ``width`` cells."""
    if snapshot.takes is not None:
        return taken_lines(snapshot.takes, width, n_lines, theme)
    return event_lines(snapshot, width, n_lines, theme)


def right_title(snapshot: Snapshot) -> str:
    """Return the title of :func:`right_lines`."""
    return "takes" if snapshot.takes is not None else "events"


def titles(snapshot: Snapshot, left: int, is_split: bool, theme: Theme) -> list[tuple[int, str]]:
    """Return the titles of the rule above with their columns; ``left`` cells belong to the left half."""
    if snapshot.takes is not None:
        words = [(2, fit(f"examples of {snapshot.takes.label}", left - 2, theme.glyphs).rstrip())]
    else:
        words = [(2, "labels")]
        if left >= 44:
            legend = f"{theme.glyphs.off} off  {theme.glyphs.on} on"
            words.append((left - len(legend), legend))
    return words + ([(left + 5, right_title(snapshot))] if is_split else [])


SPLIT_WIDTH = 58  # cells from which labels and events stand side by side


def side_by_side(left: list[Line], right: list[Line], theme: Theme) -> list[Line]:
    """Set labels and events beside each other, with a bar between them."""
    gap = Segment(" ", theme.styles.text)
    bar = Segment(theme.glyphs.vertical, theme.styles.faint)
    return [[*a, gap, bar, gap, *b] for a, b in zip(left, right, strict=True)]


def health_height(width: int, height: int) -> tuple[int, int]:
    """Return the lines for the rule above the health, and for the health, in a panel of this size."""
    n_lines = 0 if height < 8 else 1 if width >= 136 or height < 16 else 2 if width >= 64 or height < 22 else 3
    return int(height >= 14), n_lines


def health_part(
    snapshot: Snapshot, width: int, n_rule: int, n_lines: int, joints: list[int], theme: Theme
) -> list[Line]:
    """Return the end of a panel: the rule, the health, and the frame's last line.

    Parameters
    ----------
    joints : list of int
        Columns in which a bar from above meets the rule or the frame.
    """
    lines = [rule(width, [(2, "health")], theme, above=joints)] if n_rule else []
    health = health_lines(snapshot.health, width - 4, n_lines, theme, snapshot.takes is None)
    lines += [framed(line, theme) for line in health]
    return [*lines, bottom(width, theme, [] if n_rule or n_lines else joints)]
