"""The panel of a sound stream: spectrogram and level above, labels and events below, health at the bottom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment

from streamer.dashboard.bars import meter
from streamer.dashboard.body import (
    SPLIT_WIDTH,
    health_height,
    health_part,
    left_lines,
    right_lines,
    right_title,
    side_by_side,
    titles,
)
from streamer.dashboard.frame import framed, message, place, rule, title
from streamer.dashboard.spectrogram import frequency_ticks, levels, pooled, time_axis
from streamer.dashboard.text import fit
from streamer.dashboard.theme import Line, Theme
from streamer.messages import Level, State
from streamer.monitor.snapshot import Snapshot, SoundView

_NO_SOUND = SoundView(np.zeros((0, 0), np.float32), 0.05, 0, np.zeros(0, np.float32), Level())


@dataclass(frozen=True)
class _Plan:
    """Number of lines given to each part of a panel, the most needed first where there are few."""

    picture: int
    axis: int
    labels: int
    events: int  # 0 where they stand beside the labels or have no place
    health: int
    is_split: bool  # labels and events side by side
    health_rule: int


def _plan(width: int, height: int, snapshot: Snapshot) -> _Plan:
    health_rule, n_health = health_height(width, height)
    rows = height - 2 - n_health - health_rule
    is_split = width >= SPLIT_WIDTH
    wanted = min(max(len(snapshot.labels), 6), 16)
    body = min(max(int(rows * 0.44), 3), wanted if is_split else wanted + 6)
    picture = rows - body - 1
    if picture < 3:
        return _Plan(0, 0, max(rows, 0), 0, n_health, is_split, health_rule)
    axis = int(picture >= 6)
    events = 0 if is_split or body < 8 else max(body * 2 // 5, 3)
    return _Plan(picture - axis, axis, body - events - bool(events), events, n_health, is_split, health_rule)


def sound_panel(snapshot: Snapshot, width: int, height: int, theme: Theme) -> list[Line]:
    """Draw one stream of sound; parameters as in :func:`streamer.dashboard.panel.stream_panel`."""
    plan = _plan(width, height, snapshot)
    inner = width - 4  # frame and one space at either side
    lines = [title(snapshot, width, theme)]
    if plan.picture:
        lines += [framed(line, theme) for line in _picture(snapshot, inner, plan, theme)]
    left = inner * 11 // 20 if plan.is_split else inner
    right = inner - left - 3
    n_running = len(snapshot.running)
    counts = f"{n_running} running" if n_running and plan.is_split else ""
    joints = [left + 3] if plan.is_split else []
    if plan.picture:
        lines.append(rule(width, titles(snapshot, left, plan.is_split, theme), theme, below=joints, right=counts))
    body = left_lines(snapshot, left, plan.labels, theme)
    if not plan.picture and snapshot.health.state is not State.RUNNING and body:
        body[0] = [Segment(fit(snapshot.health.detail or "…", left, theme.glyphs), theme.styles.warn)]
    if plan.is_split:
        body = side_by_side(body, right_lines(snapshot, right, plan.labels, theme), theme)
    lines += [framed(line, theme) for line in body]
    if plan.events:
        lines.append(rule(width, [(2, right_title(snapshot))], theme))
        lines += [framed(line, theme) for line in right_lines(snapshot, inner, plan.events, theme)]
    return lines + health_part(snapshot, width, plan.health_rule, plan.health, joints, theme)


def _picture(snapshot: Snapshot, width: int, plan: _Plan, theme: Theme) -> list[Line]:
    """Return frequency ticks, spectrogram and level meter; a message in the middle unless the stream runs."""
    s = theme.styles
    view = snapshot.view if isinstance(snapshot.view, SoundView) else _NO_SOUND
    n_ticks = 5 if width >= 44 else 0
    n_meter = 12 if width >= 72 else 8 if width >= 34 else 0
    n_cells = width - n_ticks - n_meter
    is_running = snapshot.health.state is State.RUNNING
    heat = theme.heat if is_running else theme.heat_faint
    n_rows = plan.picture * heat.rows_per_cell
    picture = levels(view.spectrogram, n_rows, n_cells, heat.n_levels, view.column_s, view.column)
    lines = heat.lines(picture)
    if not is_running:
        place(message(snapshot, n_cells, plan.picture, theme), lines, n_cells)
    ticks = frequency_ticks(view.mel_hz, plan.picture) if n_ticks else {}
    if n_ticks:
        gutter = [f"{ticks.get(k, ''):>{n_ticks - 1}} " for k in range(plan.picture)]
        lines = [[Segment(text, s.dim), *line] for text, line in zip(gutter, lines, strict=True)]
    if plan.axis:
        cell_s = view.column_s * pooled(view.column_s)
        unit = [Segment(fit("Hz ", n_ticks, theme.glyphs, right=True), s.dim)] if n_ticks else []
        lines.append([*unit, *time_axis(n_cells, cell_s, theme)])
    if n_meter:
        gauge = meter(view.level if is_running else Level(), len(lines), n_meter, theme)
        lines = [[*line, *part] for line, part in zip(lines, gauge, strict=True)]
    return lines
