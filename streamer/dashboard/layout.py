"""Lay out the whole screen: the panels of the chosen streams, and a line with keys and wall clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from streamer import __version__
from streamer.dashboard.panel import MIN_HEIGHT, MIN_WIDTH, stream_panel
from streamer.dashboard.text import blank_lines
from streamer.dashboard.theme import Line, Theme, theme_of
from streamer.monitor.snapshot import Snapshot
from streamer.text import wall_clock

QUIT = "q"
# Keys and what they do, as shown in the last line.
_KEYS = (("q", "quit"), ("space", "hold"))
_KEYS_OF_SEVERAL = (*_KEYS, ("tab", "next stream"), ("0", "all"))
_KEYS_OF_TAKES = (("space", "take / end"), ("u", "undo"), ("p", "pause"), ("q", "quit"))
_GOOD_WIDTH, _GOOD_HEIGHT, _GOOD_RATIO = 80, 20, 3.2  # of a panel; a larger one gains little


@dataclass(frozen=True)
class View:
    """Choice of streams on the screen, and whether the screen is held."""

    focus: int | None = None  # index of the only stream shown; None for all
    is_held: bool = False  # the screen does not change, while the streams go on

    def press(self, key: str, n_streams: int) -> View:
        """Return the view after a key: space holds or goes on, tab shows the next stream, 1–9 one of them, 0 all."""
        if key == " ":
            return replace(self, is_held=not self.is_held)
        if key == "\t" and n_streams > 1:
            following = 0 if self.focus is None else self.focus + 1
            return replace(self, focus=following if following < n_streams else None)
        if key == "0":
            return replace(self, focus=None)
        if key.isdecimal() and 1 <= int(key) <= n_streams > 1:
            return replace(self, focus=int(key) - 1)
        return self

    def chosen(self, snapshots: Sequence[Snapshot]) -> Sequence[Snapshot]:
        """Return the snapshots to show."""
        if self.focus is None or self.focus >= len(snapshots):
            return snapshots
        return snapshots[self.focus : self.focus + 1]


@dataclass(frozen=True)
class Dashboard:
    """Rich renderable of the whole screen, in the size of the console that it is printed on.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        One for each stream.
    now : float
        Wall clock, seconds since the epoch.
    view : View
        Which of them to show.
    """

    snapshots: Sequence[Snapshot]
    now: float
    view: View = View()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the segments of every line."""
        height = options.height or console.height
        for line in compose(self.snapshots, options.max_width, height, theme_of(console), self.now, self.view):
            yield from line
            yield Segment.line()


def compose(snapshots: Sequence[Snapshot], width: int, height: int, theme: Theme, now: float, view: View) -> list[Line]:
    """Return the screen in exactly ``height`` lines of exactly ``width`` cells.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        One for each stream, in the user's order.
    width, height : int
        Size in cells, at least 1 × 1.
    theme : Theme
        How to show it.
    now : float
        Wall clock, seconds since the epoch.
    view : View
        Which of them to show.
    """
    shown = view.chosen(snapshots)
    n_footer = int(height > MIN_HEIGHT)
    n_across, n_down = grid(len(shown), width, height - n_footer)
    rows = [shown[k * n_across : (k + 1) * n_across] for k in range(n_down)]
    lines: list[Line] = []
    for row, n_lines in zip(rows, _shares(height - n_footer, n_down), strict=True):
        panels = [
            stream_panel(snapshot, n_cells, n_lines, theme)
            for snapshot, n_cells in zip(row, _shares(width, len(row)), strict=True)
        ]
        lines += [[segment for part in parts for segment in part] for parts in zip(*panels, strict=True)]
    lines += blank_lines(height - n_footer - len(lines), width, theme)
    if n_footer:
        keys = _KEYS_OF_SEVERAL if len(snapshots) > 1 else _KEYS
        if any(snapshot.takes is not None for snapshot in snapshots):
            keys = _KEYS_OF_TAKES
        notes = ["HELD"] * view.is_held
        notes += ["CLOCK NOT SET"] * any(snapshot.health.time_uncertain for snapshot in snapshots)
        n_hidden = len(shown) - n_across * n_down
        notes += [f"{n_hidden} more"] * (n_hidden > 0)
        lines.append(_footer(width, keys, notes, theme, now))
    return lines


def grid(n_panels: int, width: int, height: int) -> tuple[int, int]:
    """Return the number of panels across and down: those as large as is useful, and among these the best proportion.

    Where there is no room for all panels, it is the numbers for which there is.
    """
    best, best_quality = (0, 0), (0.0, 0.0)
    for n_across in range(1, n_panels + 1):
        n_down = math.ceil(n_panels / n_across)
        n_cells, n_lines = width // n_across, height // n_down
        if n_panels > 1 and (n_cells < MIN_WIDTH or n_lines < MIN_HEIGHT):
            continue
        fullness = min(n_cells / _GOOD_WIDTH, 1.0) * min(n_lines / _GOOD_HEIGHT, 1.0)
        quality = (fullness, -abs(math.log(n_cells / max(n_lines, 1) / _GOOD_RATIO)))
        if best == (0, 0) or quality > best_quality:
            best, best_quality = (n_across, n_down), quality
    if best == (0, 0) and n_panels:
        n_across = max(min(width // MIN_WIDTH, n_panels), 1)
        return n_across, max(min(height // MIN_HEIGHT, math.ceil(n_panels / n_across)), 1)
    return best


def _shares(n_cells: int, n_parts: int) -> list[int]:
    """Divide cells into parts; the first ones are one larger where the division leaves a remainder."""
    return [n_cells // n_parts + int(k < n_cells % n_parts) for k in range(n_parts)]


def _footer(width: int, keys: Sequence[tuple[str, str]], notes: Sequence[str], theme: Theme, now: float) -> Line:
    """Return the last line: notes and keys at the left as far as they fit, product and wall clock at the right."""
    s = theme.styles
    clock = f"{wall_clock(now)} "
    line: Line = [Segment(" "[:width], s.text)]
    room = width - 1
    for note in notes:
        if len(note) + 4 <= room:
            line += [Segment(f" {note} ", s.badge_warn), Segment("  ", s.text)]
            room -= len(note) + 4
    for name, effect in keys:
        n_cells = len(name) + len(effect) + 5  # spaces around both
        if n_cells <= room:
            line += [Segment(f" {name} ", s.key), Segment(f" {effect}  ", s.dim)]
            room -= n_cells
    right = clock if len(clock) <= room else ""
    product = f"streamer {__version__}  "
    if len(right) + len(product) + 6 <= room:
        line += [Segment(" " * (room - len(right) - len(product)), s.text), Segment(product, s.dim)]
        room = len(right)
    line += [Segment(" " * (room - len(right)), s.text), Segment(right, s.text)]
    return line
