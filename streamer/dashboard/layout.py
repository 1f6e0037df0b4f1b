"""Lay out the whole screen: the panels of the chosen streams, and a line with keys and wall clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from streamer import __version__
from streamer.dashboard.frame import overlay
from streamer.dashboard.health import process_text, without_process
from streamer.dashboard.help import help_lines
from streamer.dashboard.image_panel import image_place
from streamer.dashboard.keymap import BINDINGS, BINDINGS_OF_TAKES, Binding, in_footer, key_name, of_medium
from streamer.dashboard.label_entry import label_box
from streamer.dashboard.panel import MIN_HEIGHT, MIN_WIDTH, stream_panel
from streamer.dashboard.spectrogram_look import cursor_text
from streamer.dashboard.text import blank_lines, clean, fit
from streamer.dashboard.theme import Line, Theme, theme_of
from streamer.dashboard.view import View
from streamer.messages import Medium
from streamer.monitor.snapshot import Snapshot, SoundView
from streamer.text import wall_clock

_GOOD_WIDTH, _GOOD_HEIGHT, _GOOD_RATIO = 80, 20, 3.2  # of a panel; a larger one gains little


DEFAULT_VIEW = View()


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
    view: View = DEFAULT_VIEW

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the segments of every line."""
        height = options.height or console.height
        for line in compose(self.snapshots, options.max_width, height, theme_of(console), self.now, self.view):
            yield from line
            yield Segment.line()


def compose(
    snapshots: Sequence[Snapshot],
    width: int,
    height: int,
    theme: Theme,
    now: float,
    view: View,
    bindings: Sequence[Binding] = BINDINGS,
) -> list[Line]:
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
        Which of them to show, and what on them is chosen.
    bindings : sequence of Binding
        Keys that the help and the last line name.
    """
    figures = ""
    if len(snapshots) > 1:  # said once, not in each panel
        figures = process_text(snapshots[0].health, theme.glyphs)
        snapshots = [replace(each, health=without_process(each.health)) for each in snapshots]
    shown = view.shown(snapshots)
    acted_on = view.acted_on(snapshots)
    if any(snapshot.takes is not None for snapshot in snapshots):
        bindings = BINDINGS_OF_TAKES
    bindings = of_medium(bindings, has_images="images" in media_of(snapshots))
    n_footer = int(height > MIN_HEIGHT)
    n_across, n_down = grid(len(shown), width, height - n_footer)
    rows = [shown[k * n_across : (k + 1) * n_across] for k in range(n_down)]
    lines: list[Line] = []
    for row, n_lines in zip(rows, _shares(height - n_footer, n_down), strict=True):
        panels = [
            stream_panel(snapshot, n_cells, n_lines, theme, _view_of(snapshot, acted_on, len(shown), view))
            for snapshot, n_cells in zip(row, _shares(width, len(row)), strict=True)
        ]
        lines += [[segment for part in parts for segment in part] for parts in zip(*panels, strict=True)]
    lines += blank_lines(height - n_footer - len(lines), width, theme)
    if n_footer:
        keys = in_footer(bindings, len(snapshots), is_held=view.is_held)
        notes = ["HELD"] * view.is_held
        notes += ["CLOCK NOT SET"] * any(snapshot.health.time_uncertain for snapshot in snapshots)
        n_hidden = len(shown) - n_across * n_down
        notes += [f"{n_hidden} more"] * (n_hidden > 0)
        said = (acted_on.refused if acted_on and view.note else "") or view.said
        if not said and acted_on and isinstance(acted_on.view, SoundView):
            said = cursor_text(acted_on.view, view.look, theme.glyphs)
        lines.append(_footer(width, keys, notes, theme, now, said, figures))
    if view.entry is not None:
        overlay(label_box(view.entry, width, height - n_footer, theme), lines, width)
    if view.help_page is not None:
        media = media_of(snapshots)
        box = help_lines(bindings, len(snapshots), view.help_page, width, height - n_footer, theme, media)
        overlay(box, lines, width)
    return lines


def image_on_screen(
    snapshots: Sequence[Snapshot], size: tuple[int, int], theme: Theme, view: View
) -> tuple[int, int, int, int] | None:
    """Return where the image of the only stream shown is: first column, first line, cells, lines; None without one."""
    shown = view.shown(snapshots)
    width, height = size
    n_lines = height - int(height > MIN_HEIGHT)
    if len(shown) != 1 or width < MIN_WIDTH or n_lines < MIN_HEIGHT:
        return None
    return image_place(shown[0], width, n_lines, theme)


def media_of(snapshots: Sequence[Snapshot]) -> frozenset[Medium]:
    """Return what the streams deliver."""
    return frozenset(snapshot.medium for snapshot in snapshots)


def without_ended_help(
    view: View, bindings: Sequence[Binding], snapshots: Sequence[Snapshot], size: tuple[int, int], theme: Theme
) -> View:
    """Return the view without a help of which all pages have been shown: no key is then taken to close it."""
    width, height = size
    if view.help_page is None or help_lines(
        bindings,
        len(snapshots),
        view.help_page,
        width,
        height - int(height > MIN_HEIGHT),
        theme,
        media_of(snapshots),
    ):
        return view
    return replace(view, help_page=None)


def _view_of(snapshot: Snapshot, acted_on: Snapshot | None, n_shown: int, view: View) -> View:
    """Return the view of one of the panels: what is chosen is so on one stream alone."""
    if snapshot is not acted_on:
        return view.elsewhere()
    return replace(view, is_marked=n_shown > 1)


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


def _footer(
    width: int, keys: Sequence[tuple[str, str]], notes: Sequence[str], theme: Theme, now: float, said: str, figures: str
) -> Line:
    """Return the last line: notes, what the last key did, keys as far as they fit; then product and wall clock.

    ``figures`` are those of the whole process; they stand before the clock.
    """
    s = theme.styles
    clock = f"{wall_clock(now)} "
    line: Line = [Segment(" "[:width], s.text)]
    room = width - 1
    for note in notes:
        if len(note) + 4 <= room:
            line += [Segment(f" {note} ", s.badge_warn), Segment("  ", s.text)]
            room -= len(note) + 4
    n_figures = len(figures) + 2 if figures and room >= len(clock) + len(figures) + 20 else 0
    room -= n_figures
    if said and room > 8:
        n_cells = min(cell_len(clean(said, theme.glyphs.ascii_only)), room - 2)
        line += [Segment(fit(said, n_cells, theme.glyphs), s.accent), Segment("  ", s.text)]
        room -= n_cells + 2
    for name, effect in keys:
        name = clean(key_name(name, ascii_only=theme.glyphs.ascii_only), theme.glyphs.ascii_only)
        n_cells = len(name) + len(effect) + 5  # spaces around both
        if n_cells <= room - (len(clock) if width >= 60 else 0):
            line += [Segment(f" {name} ", s.key), Segment(f" {effect}  ", s.dim)]
            room -= n_cells
    right = clock if len(clock) <= room else ""
    product = f"streamer {__version__}  "
    if len(right) + len(product) + 6 <= room:
        line += [Segment(" " * (room - len(right) - len(product)), s.text), Segment(product, s.dim)]
        room = len(right)
    line += [Segment(" " * (room - len(right)), s.text), Segment(f"{figures}  "[:n_figures], s.text)]
    line.append(Segment(right, s.text))
    return line
