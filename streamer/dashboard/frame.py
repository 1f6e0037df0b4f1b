"""Draw what every panel has: the frame, rules between its parts, a message box, and plain text where it is tiny."""

from __future__ import annotations

from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.health import state_style
from streamer.dashboard.measurements import short_text
from streamer.dashboard.text import clean, fit, reversed_style, wrap_reason
from streamer.dashboard.theme import Line, Theme
from streamer.messages import State
from streamer.monitor.snapshot import ImageView, Snapshot
from streamer.text import elapsed

_NAME = 12  # cells of a stream's name that go before the time and the word for its state


def top_edge(snapshot: Snapshot, width: int, theme: Theme, *, is_chosen: bool = False) -> Line:
    """Return the frame's upper edge: state, name (reversed if chosen), device, model and the time since the start.

    Where there is little room the name stays; the time goes first, then the word for the state, whose colour remains.
    """
    g, s = theme.glyphs, theme.styles
    health = snapshot.health
    state, time = health.state.value.upper(), elapsed(health.position_s)
    mark = f"{g.bullet} {state}" if health.state is State.RUNNING else f" {state} "
    n_name = min(cell_len(clean(health.stream, g.ascii_only)), _NAME) + 2
    if len(mark) + len(time) + n_name > width - 9:
        time = ""
    if len(mark) + n_name > width - 9:
        mark = g.bullet
    room = width - 9 - len(mark) - len(time)
    words: list[tuple[str, Style]] = []
    known: list[str] = []
    for text, style in (
        (health.stream, reversed_style(s.title) if is_chosen else s.title),
        (snapshot.device, s.text),
        (snapshot.model, s.dim),
    ):
        text = clean(text, g.ascii_only)
        if known and text.startswith(f"{known[0]} "):
            text = text[len(known[0]) + 1 :]  # do not repeat the URI that the device begins with
        if not text or text in known:
            continue
        joint = f" {g.dot} " if words else "  "
        n_text = min(cell_len(text), room - len(joint))
        if n_text < min(cell_len(text), 3):
            continue
        words += [(joint, s.dim), (fit(text, n_text, g), style)]
        known.append(text)
        room -= len(joint) + n_text
    n_words = sum(cell_len(text) for text, _ in words)
    fill = width - 8 - len(mark) - n_words - len(time)
    return [
        Segment(f"{g.corners[0]}{g.horizontal} ", s.faint),
        Segment(mark, state_style(health.state, theme)),
        *(Segment(text, style) for text, style in words),
        Segment(f" {g.horizontal * fill} ", s.faint),
        Segment(time, s.text),
        Segment(f" {g.horizontal}{g.corners[1]}", s.faint),
    ]


def rule(
    width: int,
    titles: list[tuple[int, str]],
    theme: Theme,
    above: list[int] | None = None,
    below: list[int] | None = None,
    right: str = "",
) -> Line:
    """Return a horizontal line across the frame with titles in it.

    Parameters
    ----------
    width : int
        Cells, frame included.
    titles : list of (int, str)
        Column and text, from left to right.
    theme : Theme
        How to show it.
    above, below : list of int, optional
        Columns in which a vertical bar from above or below meets the line.
    right : str
        Text at the right end.
    """
    g, s = theme.glyphs, theme.styles
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
        line += [Segment(text, s.dim), Segment("".join(edge[start + cell_len(text) : following]), s.faint)]
    return line


def bottom_edge(width: int, theme: Theme, joints: list[int]) -> Line:
    """Return the frame's lower edge; ``joints`` are the columns in which a vertical bar from above meets it."""
    g = theme.glyphs
    edge = [g.corners[2], *g.horizontal * (width - 2), g.corners[3]]
    for at in joints:
        edge[at] = g.joints[3]
    return [Segment("".join(edge), theme.styles.faint)]


def framed(line: Line, theme: Theme) -> Line:
    """Return a line with the frame at both ends."""
    edge, faint = theme.glyphs.vertical, theme.styles.faint
    return [Segment(f"{edge} ", faint), *line, Segment(f" {edge}", faint)]


def message_box(snapshot: Snapshot, width: int, height: int, theme: Theme) -> list[Line]:
    """Return a box of at most ``width`` × ``height`` cells with the state and its reason."""
    g, s = theme.glyphs, theme.styles
    state = snapshot.health.state
    style = state_style(state, theme)
    n_text = min(max(cell_len(snapshot.health.detail), 24), width - 6, 64)
    if height < 5 or n_text < 8:
        text = f"{state.value.upper()} {snapshot.health.detail}".rstrip()
        texts = wrap_reason(text, max(width - 2, 1), max(height, 1), g)
        n_most = min(max(map(cell_len, texts)) + 2, width)
        return [[Segment(fit(f" {text}", n_most, g), style)] for text in texts]
    words = [f" {state.value.upper()} ", *wrap_reason(snapshot.health.detail, n_text, height - 4, g)]
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


def overlay(box: list[Line], lines: list[Line], n_cells: int) -> None:
    """Replace the middle of lines ``n_cells`` wide by a box."""
    top = max((len(lines) - len(box)) // 2, 0)
    for k, row in enumerate(box[: len(lines)]):
        n_box = Segment.get_line_length(row)
        left = (n_cells - n_box) // 2
        before, _, after = Segment.divide(lines[top + k], [left, left + n_box, n_cells])
        lines[top + k] = [*before, *row, *after]


def tiny_panel(snapshot: Snapshot, width: int, height: int, theme: Theme) -> list[Line]:
    """Return a stream as lines of text, for a panel too small for a frame: state, measurements, labels, device."""
    g, s = theme.glyphs, theme.styles
    health = snapshot.health
    results = ", ".join(event.label for event in snapshot.running) or "nothing running"
    if snapshot.takes is not None:
        results = f"{snapshot.takes.label}: {len(snapshot.takes.taken)} taken"
    texts = [
        (f"{health.stream} {health.state.value.upper()} {elapsed(health.position_s)}", s.title),
        *((problem.text, s.badge_bad) for problem in health.problems),
        (health.detail, s.warn) if health.state is not State.RUNNING else (results, s.accent),
        (snapshot.device, s.dim),
    ]
    if isinstance(snapshot.view, ImageView):
        found = [each for each in (snapshot.view.temporal, snapshot.view.spatial) if each is not None]
        texts.insert(
            1, ("  ".join(filter(None, (short_text(each, g) for each in found))) or "nothing periodic", s.title)
        )
    texts += [("", s.text)] * max(height - len(texts), 0)
    return [[Segment(fit(text, width, g), style)] for text, style in texts[:height]]
