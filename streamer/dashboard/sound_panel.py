"""Draw the panel of a sound stream: spectrogram and level above, labels and events below, health at the bottom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from rich.segment import Segment

from streamer.dashboard.bars import meter
from streamer.dashboard.body import body_lines, body_rule, events_rule, panel_end, right_lines
from streamer.dashboard.event_marks import mark_lines, n_lanes
from streamer.dashboard.frame import framed, message_box, overlay, top_edge
from streamer.dashboard.health import n_problem_lines
from streamer.dashboard.plan import PanelPlan
from streamer.dashboard.spectrogram import columns_per_cell, frequency_ticks, levels, time_axis
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
        lines += [framed(line, theme) for line in _spectrogram_lines(snapshot, plan.inner, parts, theme)]
        lines.append(body_rule(snapshot, plan, theme))
    elif snapshot.health.state is not State.RUNNING:
        notice = snapshot.health.detail or "…"  # there is no spectrogram to show it over
    lines += [framed(line, theme) for line in body_lines(snapshot, plan, parts.labels, 0, theme, shown, notice)]
    if parts.events:
        lines.append(events_rule(snapshot, plan, theme))
        lines += [framed(line, theme) for line in right_lines(snapshot, plan.right, parts.events, theme, shown)]
    return lines + panel_end(snapshot, plan, theme)


def _spectrogram_lines(snapshot: Snapshot, width: int, parts: _SoundParts, theme: Theme) -> list[Line]:
    """Return frequency ticks, spectrogram and level meter; a message over the spectrogram unless the stream runs."""
    s = theme.styles
    view = snapshot.view if isinstance(snapshot.view, SoundView) else _EMPTY_VIEW
    n_ticks = 5 if width >= 44 else 0
    n_meter = 12 if width >= 72 else 8 if width >= 34 else 0
    n_cells = width - n_ticks - n_meter
    is_running = snapshot.health.state is State.RUNNING
    heat = theme.heat if is_running else theme.heat_dimmed
    n_rows = parts.spectrogram * heat.rows_per_cell
    n_pooled = columns_per_cell(view.column_s)
    lines = heat.lines(levels(view.spectrogram, n_rows, n_cells, heat.n_levels, view.column_s, view.column))
    if not is_running:
        overlay(message_box(snapshot, n_cells, parts.spectrogram, theme), lines, n_cells)
    events = (*snapshot.running, *snapshot.past)
    lines += mark_lines(
        events, partial(_cell_of, view, n_cells, n_pooled), n_cells, parts.marks, snapshot.labels, theme
    )
    if n_ticks:
        ticks = frequency_ticks(view.mel_hz, parts.spectrogram)
        gutter = [[Segment(f"{ticks.get(k, ''):>{n_ticks - 1}} ", s.dim)] for k in range(parts.spectrogram)]
        lines = beside(gutter + blank_lines(parts.marks, n_ticks, theme), lines)
    if parts.axis:
        cell_s = view.column_s * n_pooled
        unit = [Segment(fit("Hz ", n_ticks, theme.glyphs, right=True), s.dim)] if n_ticks else []
        lines.append([*unit, *time_axis(n_cells, cell_s, theme)])
    if n_meter:
        lines = beside(lines, meter(view.level if is_running else Level(), len(lines), n_meter, theme))
    return lines


def _cell_of(view: SoundView, n_cells: int, n_pooled: int, time_s: float) -> int:
    """Return the cell of a second of the stream, as :func:`streamer.dashboard.spectrogram.levels` places its column."""
    times_s, step_s = view.times_s, view.column_s
    if not times_s.size or not math.isfinite(time_s) or step_s <= 0:
        return -1
    before = max(math.ceil((float(times_s[0]) - time_s) / step_s), 0)  # columns left of the first
    behind = times_s.size - 1 + before - min(int(np.searchsorted(times_s, time_s)), times_s.size - 1)
    newest = -(-view.column // n_pooled)
    return n_cells - 1 - (newest - -(-(view.column - behind) // n_pooled))
