"""Draw the panel of a sound stream: spectrogram and level above, labels and events below, health at the bottom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment

from streamer.dashboard.bars import meter
from streamer.dashboard.body import body_lines, body_rule, events_rule, panel_end, right_lines
from streamer.dashboard.cursor import draw_cursor
from streamer.dashboard.event_marks import mark_lines, n_lanes
from streamer.dashboard.frame import framed, message_box, overlay, top_edge
from streamer.dashboard.health import n_problem_lines
from streamer.dashboard.plan import PanelPlan
from streamer.dashboard.spectrogram import decibel_range, frequency_ticks, levels, time_axis
from streamer.dashboard.spectrogram_look import ShownPart, SpectrogramLook, shown_part
from streamer.dashboard.text import beside, blank_lines, fit
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.view import View
from streamer.messages import Level, State
from streamer.monitor.snapshot import Snapshot, SoundView

_EMPTY_VIEW = SoundView(np.zeros((0, 0), np.float32), 0.05, 0, np.zeros(0, np.float32), Level())


@dataclass(frozen=True)
class _SoundParts:
    """Number of lines of each part of the panel between its upper edge and its health."""

    spectrogram: int  # 0 where there is no room for at least three
    marks: int  # of events, below it
    axis: int
    labels: int
    events: int  # 0 where they stand beside the labels or have no room


def _divide(plan: PanelPlan, n_labels: int, *, has_events: bool) -> _SoundParts:
    wanted = min(max(n_labels, 6), 16)
    n_body = min(max(int(plan.n_lines * 0.44), 3), wanted if plan.is_split else wanted + 6)
    n_upper = plan.n_lines - n_body - 1
    if n_upper < 3:
        return _SoundParts(0, 0, 0, max(plan.n_lines, 0), 0)
    n_axis = int(n_upper >= 6)
    n_events = 0 if plan.is_split or n_body < 8 else max(n_body * 2 // 5, 3)
    n_marks = n_lanes(n_upper - n_axis) if has_events else 0
    return _SoundParts(n_upper - n_axis - n_marks, n_marks, n_axis, n_body - n_events - bool(n_events), n_events)


def sound_panel(snapshot: Snapshot, width: int, height: int, theme: Theme, shown: View) -> list[Line]:
    """Draw a sound stream; parameters as in :func:`streamer.dashboard.panel.stream_panel`."""
    plan = PanelPlan(width, height, n_problem_lines(snapshot.health, width, height, theme.glyphs))
    parts = _divide(plan, len(snapshot.labels), has_events=snapshot.takes is None)
    lines = [top_edge(snapshot, width, theme, is_chosen=shown.is_marked)]
    notice = ""
    if parts.spectrogram:
        lines += [framed(line, theme) for line in _spectrogram_lines(snapshot, plan.inner, parts, theme, shown.look)]
        lines.append(body_rule(snapshot, plan, theme, shown))
    elif snapshot.health.state is not State.RUNNING:
        notice = snapshot.health.detail or "…"  # there is no spectrogram to show it over
    lines += [framed(line, theme) for line in body_lines(snapshot, plan, parts.labels, 0, theme, shown, notice)]
    if parts.events:
        lines.append(events_rule(snapshot, plan, theme, shown))
        lines += [framed(line, theme) for line in right_lines(snapshot, plan.right, parts.events, theme, shown)]
    return lines + panel_end(snapshot, plan, theme)


def _spectrogram_lines(
    snapshot: Snapshot, width: int, parts: _SoundParts, theme: Theme, look: SpectrogramLook
) -> list[Line]:
    """Return frequency ticks, spectrogram, marks and level meter; a message over the spectrogram unless it runs."""
    s = theme.styles
    view = snapshot.view if isinstance(snapshot.view, SoundView) else _EMPTY_VIEW
    n_ticks = 5 if width >= 44 else 0
    n_meter = 12 if width >= 72 else 8 if width >= 34 else 0
    n_cells = width - n_ticks - n_meter
    is_running = snapshot.health.state is State.RUNNING or look.is_moved
    part = shown_part(view, look, n_cells)
    lines = _picture(part, look, n_cells, parts.spectrogram, theme, dimmed=not is_running)
    if not is_running:
        overlay(message_box(snapshot, n_cells, parts.spectrogram, theme), lines, n_cells)
    events = (*snapshot.running, *snapshot.past)
    lines += mark_lines(events, part.cell_of, n_cells, parts.marks, snapshot.labels, theme)
    if n_ticks:
        ticks = frequency_ticks(view.mel_hz[part.low : part.low + part.n_bands], parts.spectrogram)
        gutter = [[Segment(f"{ticks.get(k, ''):>{n_ticks - 1}} ", s.dim)] for k in range(parts.spectrogram)]
        lines = beside(gutter + blank_lines(parts.marks, n_ticks, theme), lines)
    if parts.axis:
        unit = [Segment(fit("Hz ", n_ticks, theme.glyphs, right=True), s.dim)] if n_ticks else []
        lines.append([*unit, *time_axis(n_cells, view.column_s * part.n_pooled, theme, part.back_s)])
    if n_meter:
        lines = beside(lines, meter(view.level if is_running else Level(), len(lines), n_meter, theme))
    return lines


def _picture(
    part: ShownPart, look: SpectrogramLook, n_cells: int, n_lines: int, theme: Theme, *, dimmed: bool
) -> list[Line]:
    """Return the spectrogram with its cursor."""
    heat = theme.heat_dimmed if dimmed else theme.heat
    n_rows = n_lines * heat.rows_per_cell
    floor_db, _ = decibel_range(part.columns, part.column_s)
    drawn = levels(
        part.columns[:, part.low : part.low + part.n_bands], n_rows, n_cells, heat.n_levels, part.column_s, part.column,
        n_pooled=part.n_pooled, floor_db=floor_db - look.brighter_db,
    )  # fmt: skip
    lines = heat.lines(drawn)
    if look.cursor and part.columns.size and part.n_bands:
        column, band = look.cursor
        at = min(max(part.cell_of_column(column), 0), n_cells - 1)
        draw_cursor(lines, at, part.row_of(band, n_rows) // heat.rows_per_cell, theme)
    return lines
