"""What stands below a stream's picture: labels and events, or the examples that are being recorded."""

from __future__ import annotations

from streamer.dashboard.events import event_lines
from streamer.dashboard.labels import label_lines
from streamer.dashboard.takes import state_lines, taken_lines
from streamer.dashboard.text import fit
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import Snapshot


def left_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """What is known now, in ``n_lines`` lines of ``width`` cells."""
    if snapshot.takes is not None:
        return state_lines(snapshot, snapshot.takes, width, n_lines, theme)
    return label_lines(snapshot, width, n_lines, theme)


def right_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """What has been, newest first, in ``n_lines`` lines of ``width`` cells."""
    if snapshot.takes is not None:
        return taken_lines(snapshot.takes, width, n_lines, theme)
    return event_lines(snapshot, width, n_lines, theme)


def right_title(snapshot: Snapshot) -> str:
    """What :func:`right_lines` shows."""
    return "takes" if snapshot.takes is not None else "events"


def titles(snapshot: Snapshot, left: int, is_split: bool, theme: Theme) -> list[tuple[int, str]]:
    """The words in the rule above, with their places: ``left`` cells are for what is known now."""
    if snapshot.takes is not None:
        words = [(2, fit(f"examples of {snapshot.takes.label}", left - 2, theme.glyphs).rstrip())]
    else:
        words = [(2, "labels")]
        if left >= 44:
            legend = f"{theme.glyphs.off} off  {theme.glyphs.on} on"
            words.append((left - len(legend), legend))
    return words + ([(left + 5, right_title(snapshot))] if is_split else [])
