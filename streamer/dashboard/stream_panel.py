"""One stream as a framed panel: spectrogram and level above, labels and events below, health at the bottom."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.bars import meter
from streamer.dashboard.events import event_lines
from streamer.dashboard.health import health_lines, state_style
from streamer.dashboard.labels import label_lines
from streamer.dashboard.look import Line, Look
from streamer.dashboard.spectrogram import frequency_ticks, levels, pooled, time_axis
from streamer.dashboard.text import clean, clock, fit, wrap
from streamer.messages import Level, Snapshot, State

MIN_WIDTH, MIN_HEIGHT = 24, 6  # below, a panel is a few lines of plain words


@dataclass(frozen=True)
class _Plan:
    """Lines given to each part of a panel, by what matters most where there are few."""

    picture: int
    axis: int
    labels: int
    events: int  # 0 where they stand beside the labels or have no place
    health: int
    is_split: bool  # labels and events side by side
    health_rule: int


def _plan(width: int, height: int, snapshot: Snapshot) -> _Plan:
    rows = height - 2
    health_rule = int(height >= 14)
    n_health = 0 if height < 8 else 1 if width >= 136 or height < 16 else 2 if width >= 64 or height < 22 else 3
    is_split = width >= 58
    rows -= n_health + health_rule
    wanted = min(max(len(snapshot.labels), 6), 16)
    body = min(max(int(rows * 0.44), 3), wanted if is_split else wanted + 6)
    picture = rows - body - 1
    if picture < 3:
        return _Plan(0, 0, max(rows, 0), 0, n_health, is_split, health_rule)
    axis = int(picture >= 6)
    events = 0 if is_split or body < 8 else max(body * 2 // 5, 3)
    return _Plan(picture - axis, axis, body - events - bool(events), events, n_health, is_split, health_rule)


def stream_panel(snapshot: Snapshot, width: int, height: int, look: Look) -> list[Line]:
    """One stream in exactly ``height`` lines of exactly ``width`` cells.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    width, height : int
        Size in cells, at least 1 × 1; parts are left out by priority where it is small.
    look : Look
        How to show it.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return _words(snapshot, width, height, look)
    plan = _plan(width, height, snapshot)
    inner = width - 4  # frame and one space at either side
    lines = [_title(snapshot, width, look)]
    if plan.picture:
        lines += [_framed(line, look) for line in _picture(snapshot, inner, plan, look)]
    left = inner * 11 // 20 if plan.is_split else inner
    right = inner - left - 3
    n_running = len(snapshot.running)
    titles = [(2, "labels")] + ([(left + 5, "events")] if plan.is_split else [])
    counts = f"{n_running} running" if n_running and plan.is_split else ""
    if left >= 44:
        legend = f"{look.glyphs.off} off  {look.glyphs.on} on"
        titles.insert(1, (left - len(legend), legend))
    joints = [left + 3] if plan.is_split else []
    if plan.picture:
        lines.append(_rule(width, titles, look, below=joints, right=counts))
    body = label_lines(snapshot, left, plan.labels, look)
    if not plan.picture and snapshot.health.state is not State.RUNNING and body:
        body[0] = [Segment(fit(snapshot.health.detail or "…", left, look.glyphs), look.styles.warn)]
    if plan.is_split:
        gap = Segment(" ", look.styles.text)
        bar = Segment(look.glyphs.vertical, look.styles.faint)
        beside = event_lines(snapshot, right, plan.labels, look)
        body = [[*a, gap, bar, gap, *b] for a, b in zip(body, beside, strict=True)]
    lines += [_framed(line, look) for line in body]
    if plan.events:
        lines.append(_rule(width, [(2, "events")], look))
        lines += [_framed(line, look) for line in event_lines(snapshot, inner, plan.events, look)]
    if plan.health_rule:
        lines.append(_rule(width, [(2, "health")], look, above=joints))
    lines += [_framed(line, look) for line in health_lines(snapshot.health, inner, plan.health, look)]
    lines.append(_bottom(width, look, [] if plan.health_rule or plan.health else joints))
    return lines


def _picture(snapshot: Snapshot, width: int, plan: _Plan, look: Look) -> list[Line]:
    """Frequency ticks, spectrogram, level meter; a message in the middle unless the stream runs."""
    s = look.styles
    n_ticks = 5 if width >= 44 else 0
    n_meter = 12 if width >= 72 else 8 if width >= 34 else 0
    n_cells = width - n_ticks - n_meter
    is_running = snapshot.health.state is State.RUNNING
    heat = look.heat if is_running else look.heat_faint
    n_rows = plan.picture * heat.rows_per_cell
    picture = levels(snapshot.spectrogram, n_rows, n_cells, heat.n_levels, snapshot.column_s, snapshot.column)
    lines = heat.lines(picture)
    if not is_running:
        _place(_message(snapshot, n_cells, plan.picture, look), lines, n_cells)
    ticks = frequency_ticks(snapshot.mel_hz, plan.picture) if n_ticks else {}
    if n_ticks:
        gutter = [f"{ticks.get(k, ''):>{n_ticks - 1}} " for k in range(plan.picture)]
        lines = [[Segment(text, s.dim), *line] for text, line in zip(gutter, lines, strict=True)]
    if plan.axis:
        cell_s = snapshot.column_s * pooled(snapshot.column_s)
        unit = [Segment(fit("Hz ", n_ticks, look.glyphs, right=True), s.dim)] if n_ticks else []
        lines.append([*unit, *time_axis(n_cells, cell_s, look)])
    if n_meter:
        gauge = meter(snapshot.level if is_running else Level(), len(lines), n_meter, look)
        lines = [[*line, *part] for line, part in zip(lines, gauge, strict=True)]
    return lines


def _message(snapshot: Snapshot, width: int, height: int, look: Look) -> list[Line]:
    """A box with the state and what it means."""
    g, s = look.glyphs, look.styles
    state = snapshot.health.state
    style = state_style(state, look)
    n_text = min(max(cell_len(snapshot.health.detail), 24), width - 6, 64)
    if height < 5 or n_text < 8:
        text = f" {state.value.upper()} {snapshot.health.detail} "
        return [[Segment(fit(text.rstrip() + " ", min(cell_len(text), width), g), style)]]
    words = [f" {state.value.upper()} ", *wrap(snapshot.health.detail, n_text, height - 4, g)]
    edge = g.horizontal * (n_text + 2)
    box = [[Segment(g.corners[0] + edge + g.corners[1], s.faint)]]
    for k, text in enumerate(words):
        before = (n_text - cell_len(text)) // 2
        after = n_text - cell_len(text) - before
        box.append(
            [
                Segment(f"{g.vertical} ", s.faint),
                Segment(" " * before, s.text),
                Segment(text, style if k == 0 else s.title),
                Segment(" " * after, s.text),
                Segment(f" {g.vertical}", s.faint),
            ]
        )
    box.append([Segment(g.corners[2] + edge + g.corners[3], s.faint)])
    return box


def _place(box: list[Line], lines: list[Line], n_cells: int) -> None:
    """Put a box into the middle of lines of one-cell segments."""
    top = (len(lines) - len(box)) // 2
    for k, row in enumerate(box):
        n_box = Segment.get_line_length(row)
        left = (n_cells - n_box) // 2
        lines[top + k][left : left + n_box] = row


def _title(snapshot: Snapshot, width: int, look: Look) -> Line:
    """The frame's upper edge: state, name, device, model and the time since the start."""
    g, s = look.glyphs, look.styles
    health = snapshot.health
    state, elapsed = health.state.value.upper(), clock(health.position_s)
    mark = f"{g.bullet} {state}" if health.state is State.RUNNING else f" {state} "
    if len(mark) + len(elapsed) > width - 8:
        elapsed = ""
    room = width - 9 - len(mark) - len(elapsed)
    words: list[tuple[str, Style]] = []
    known: list[str] = []
    for text, style in ((health.stream, s.title), (snapshot.device, s.text), (snapshot.model, s.dim)):
        text = clean(text, g.ascii_only)
        if not text or text in known or room < 4:
            continue
        joint = f" {g.dot} " if words else "  "
        n_text = min(cell_len(text), room - len(joint))
        if n_text < 3:
            continue
        words += [(joint, s.dim), (fit(text, n_text, g), style)]
        known.append(text)
        room -= len(joint) + n_text
    n_words = sum(cell_len(text) for text, _ in words)
    fill = width - 8 - len(mark) - n_words - len(elapsed)
    return [
        Segment(f"{g.corners[0]}{g.horizontal} ", s.faint),
        Segment(mark, state_style(health.state, look)),
        *(Segment(text, style) for text, style in words),
        Segment(f" {g.horizontal * fill} ", s.faint),
        Segment(elapsed, s.text),
        Segment(f" {g.horizontal}{g.corners[1]}", s.faint),
    ]


def _rule(
    width: int,
    titles: list[tuple[int, str]],
    look: Look,
    above: list[int] | None = None,
    below: list[int] | None = None,
    right: str = "",
) -> Line:
    """A line across the frame with titles in it, joined to the dividers above and below."""
    g, s = look.glyphs, look.styles
    edge = [g.horizontal] * width
    edge[0], edge[-1] = g.joints[0], g.joints[1]
    for at in above or []:
        edge[at] = g.joints[3]
    for at in below or []:
        edge[at] = g.joints[2]
    words = [(at, f" {text} ") for at, text in titles]
    if right:
        words.append((width - 4 - len(right), f" {right} "))
    line: Line = []
    for (at, text), (following, _) in pairwise([(-1, ""), *words, (width, "")]):
        start = max(at, 0)
        line += [Segment(text, s.dim), Segment("".join(edge[start + len(text) : following]), s.faint)]
    return line


def _bottom(width: int, look: Look, joints: list[int]) -> Line:
    g = look.glyphs
    edge = [g.corners[2], *g.horizontal * (width - 2), g.corners[3]]
    for at in joints:
        edge[at] = g.joints[3]
    return [Segment("".join(edge), look.styles.faint)]


def _framed(line: Line, look: Look) -> Line:
    edge, faint = look.glyphs.vertical, look.styles.faint
    return [Segment(f"{edge} ", faint), *line, Segment(f" {edge}", faint)]


def _words(snapshot: Snapshot, width: int, height: int, look: Look) -> list[Line]:
    """A panel too small for a picture: the state, what is heard, the loudness of the fault."""
    g, s = look.glyphs, look.styles
    health = snapshot.health
    heard = ", ".join(event.label for event in snapshot.running) or "nothing running"
    texts = [
        (f"{health.state.value.upper()} {health.stream} {clock(health.position_s)}", s.title),
        (health.detail, s.warn) if health.state is not State.RUNNING else (heard, s.accent),
        (snapshot.device, s.dim),
    ]
    texts += [("", s.text)] * max(height - len(texts), 0)
    return [[Segment(fit(text, width, g), style)] for text, style in texts[:height]]
