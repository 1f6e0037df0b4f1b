"""Draw the top labels: score bar with thresholds, and why an event of the label cannot begin."""

from __future__ import annotations

import math

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment

from streamer.arrays import Float32
from streamer.dashboard.bars import bar
from streamer.dashboard.text import blank_lines, clean, fit, reversed_style
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import Snapshot

_STEP = 0.05  # scores within one step keep the model's order, so that lines do not change places all the time


def top_labels(snapshot: Snapshot, n_labels: int) -> list[int]:
    """Return the indices of the labels to show: those of running events first, then by falling score."""
    scores = _sized(snapshot.scores, len(snapshot.labels))
    running = {event.label for event in snapshot.running}
    is_running = np.array([label in running for label in snapshot.labels], np.bool_)
    rank = np.floor(np.clip(np.nan_to_num(scores, nan=-1.0), -1.0, 1.0) / _STEP)
    order = np.lexsort((-rank, ~is_running))
    return [int(i) for i in order[:n_labels]]


def label_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme, chosen: str | None = None) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells: label, bar with its thresholds, score.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    chosen : str, optional
        The selected label, which is always among those shown.
    """
    g, s = theme.glyphs, theme.styles
    shown = top_labels(snapshot, n_lines)
    if chosen in snapshot.labels and (at := snapshot.labels.index(chosen)) not in shown and shown:
        shown[-1] = at
    names = [clean(label, g.ascii_only) for label in snapshot.labels[:64]]
    n_name = min(max((cell_len(name) for name in names), default=0), max(width * 2 // 5, 8), 24, width)
    n_bar = max(width - n_name - 6, 0)
    n = len(snapshot.labels)
    scores, on, off = (_sized(x, n) for x in (snapshot.scores, snapshot.on, snapshot.off))
    running = {event.label for event in snapshot.running}
    lines: list[Line] = []
    for index in shown:
        label, score = snapshot.labels[index], float(scores[index])
        reason = snapshot.suppressed.get(label, "muted" if label in snapshot.muted else None)
        name_style, filled = s.text, s.bar
        if label in running:
            name_style, filled = s.accent, s.bar_active
        elif reason is not None:
            name_style, filled = s.dim, s.bar_off
        elif score >= on[index]:
            name_style, filled = s.title, s.bar_near
        gauge = bar(n_bar, score, float(on[index]), float(off[index]), filled, theme) if n_bar else []
        if reason is not None and n_bar:
            words = f" {clean(reason, g.ascii_only)} "
            n_words = min(cell_len(words), n_bar)
            gauge = [*Segment.adjust_line_length(gauge, n_bar - n_words, pad=False)]
            gauge.append(Segment(fit(words, n_words, g), s.dim))
        number = f"{min(max(score, 0.0), 1.0):.2f}" if math.isfinite(score) else g.dot
        if label == chosen:
            name_style = reversed_style(s.title)
        lines.append(
            [
                Segment(fit(label, n_name, g), name_style),
                Segment(" "[: width - n_name], s.text),
                *gauge,
                Segment(fit(number, max(width - n_name - 1 - n_bar, 0), g, right=True), name_style),
            ]
        )
    if not lines and n_lines:
        lines.append([Segment(fit("no scores yet", width, g), s.dim)])
    return lines + blank_lines(n_lines - len(lines), width, theme)


def _sized(values: Float32, n: int) -> Float32:
    """Return one value for each label: NaN where there are none yet."""
    return values if values.shape == (n,) else np.full(n, np.nan, np.float32)
