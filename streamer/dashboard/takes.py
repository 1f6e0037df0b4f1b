"""Draw a recording: its present state with level and trigger, and the takes so far."""

from __future__ import annotations

import math

from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.bars import METER_FLOOR_DBFS, bar
from streamer.dashboard.health import state_style
from streamer.dashboard.text import blank_lines, decibels, fit, row
from streamer.dashboard.theme import Line, Theme
from streamer.messages import RecordedTake, State
from streamer.monitor.snapshot import Snapshot, TakesView
from streamer.text import duration, wall_clock

MOVEMENT_FLOOR_DB = -66.0  # of the movement between images: an eighth of a grey level


def state_lines(snapshot: Snapshot, view: TakesView, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells: state, level and trigger, counts, problems, folder.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    view : TakesView
        Takes of the snapshot.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    """
    s, g = theme.styles, theme.glyphs
    n_all = view.n_before + len(view.taken)
    counts = f"{n_all} example{'s' * (n_all != 1)}, {len(view.taken)} from this run"
    lost = f"{view.n_lost} take{'s' * (view.n_lost != 1)} lost"
    texts: list[tuple[str, Style]] = [(counts, s.title)]
    if view.problem or view.n_lost:
        texts.append((view.problem or lost, s.warn))
    texts += [("", s.text), (f"in {view.folder}", s.dim)]
    rest = [[Segment(fit(text, width, g), style)] for text, style in texts]
    lines = [_state(snapshot.health.state, view, width, theme), _level(snapshot, view, width, theme), *rest]
    return (lines + blank_lines(n_lines - len(lines), width, theme))[:n_lines]


def _state(state: State, view: TakesView, width: int, theme: Theme) -> Line:
    """Return the present state as a badge and a hint on what comes next."""
    s, g = theme.styles, theme.glyphs
    badge, style, hint = "", s.text, ""
    if view.running_s is not None and view.by != "time":
        badge, style = f" {g.bullet} RECORDING ", s.badge_bad
        hint = f" {duration(view.running_s)} of at most {duration(view.longest_s)}"
    elif state is not State.RUNNING:
        badge, style, hint = f" {state.upper()} ", state_style(state, theme), " nothing to take from now"
    elif view.is_paused:
        badge, style, hint = " PAUSED ", s.badge_warn, " p goes on"
    elif view.running_s is not None:
        badge, style = f" {g.bullet} RECORDING ", s.badge_bad
        hint = f" next in {duration(max(view.longest_s - view.running_s, 0.0))}"
    elif view.by == "key":
        badge, style, hint = " READY ", s.badge_good, " space takes one"
    elif math.isnan(view.trigger_db):
        badge, style, hint = " LISTENING ", s.badge_info, " to the noise: wait a second"
    else:
        badge, style, hint = " READY ", s.badge_good, f" begins above {decibels(view.trigger_db, g, 0)} dB"
    badge = fit(badge, min(len(badge), width), g)
    return [Segment(badge, style), Segment(fit(hint, width - len(badge), g), s.text)]


def _level(snapshot: Snapshot, view: TakesView, width: int, theme: Theme) -> Line:
    """Return the newest level as a bar, with marks at the levels where a take begins and ends."""
    s, g = theme.styles, theme.glyphs
    floor_db = METER_FLOOR_DBFS if snapshot.health.images is None else MOVEMENT_FLOOR_DB
    name = "level" if snapshot.health.images is None else "movement"
    number = f" {decibels(max(view.level_db, -99.0), g, 0):>4} dB"
    n_bar = width - len(name) - 1 - len(number)
    if n_bar < 4:
        return [Segment(fit(f"{name}{number}", width, g), s.text)]
    value, on, off = (1.0 - level_db / floor_db for level_db in (view.level_db, view.trigger_db, view.release_db))
    is_loud = view.level_db >= view.trigger_db
    filled = s.bar_active if view.running_s is not None else s.bar_near if is_loud else s.bar
    return [Segment(f"{name} ", s.dim), *bar(n_bar, value, on, off, filled, theme), Segment(number, s.text)]


def taken_lines(view: TakesView, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells, the newest take first: number, time, remarks, length, level.

    Parameters
    ----------
    view : TakesView
        What to show.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    """
    s, g = theme.styles, theme.glyphs
    lines = [_taken_line(taken, width, theme) for taken in view.taken[: -n_lines - 1 : -1]] if n_lines else []
    if not lines and n_lines:
        lines.append([Segment(fit("none yet", width, g), s.dim)])
    return lines + blank_lines(n_lines - len(lines), width, theme)


def _taken_line(taken: RecordedTake, width: int, theme: Theme) -> Line:
    s, g = theme.styles, theme.glyphs
    remark = ", ".join(taken.remarks)
    if taken.level is not None:
        measured = f"{decibels(taken.level.rms_dbfs, g, 0)} dB"
    else:
        measured = f"{taken.fps:.1f}/s" if taken.fps else ""
    n_clock = 9 if width >= 34 else 0
    n_right = 8 if width >= 26 else 0
    columns = (
        (taken.path.stem.rpartition("-")[2], 5, False, s.dim),
        (wall_clock(taken.time), n_clock, False, s.dim),
        (remark, max(width - 13 - n_clock - n_right, 0), False, s.warn),
        (duration(taken.length_s) if taken.length_s else "", 8, True, s.text),
        (measured, n_right, True, s.dim),
    )
    line, room = row(columns, width, g)
    return [*line, Segment(" " * room, s.text)]
