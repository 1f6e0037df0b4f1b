"""Draw the title of a spectrum with its colour bar: which colour is how many dB."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.text import fit
from streamer.dashboard.theme import HeatMap, Line, Theme

_LEAST_BAR, _MOST_BAR = 4, 16  # cells of the colour bar
_N_LEVEL = 3  # cells of a level in dB: "−99"
_GAP = 2


def title_line(titles: Sequence[str], low_db: float, high_db: float, width: int, theme: Theme, heat: HeatMap) -> Line:
    """Return the title in ``width`` cells, and at the right the colour bar as far as there is room for both.

    Parameters
    ----------
    titles : sequence of str
        Wordings of the same, the longest first.
    low_db, high_db : float
        Levels of the darkest and of the brightest colour; without them there is no bar.
    width : int
        Cells.
    theme : Theme
        How to show it.
    heat : HeatMap
        Colours of the spectrum.
    """
    g, s = theme.glyphs, theme.styles
    low, high = _level(low_db, theme), _level(high_db, theme)
    n_levels = max(_N_LEVEL, len(low)), max(_N_LEVEL, len(high))
    n_frame = sum(n_levels) + 2 + 3  # around the bar: the levels, and " dB"
    n_least = n_frame + _LEAST_BAR + _GAP
    has_bar = bool(low and high) and min(map(cell_len, titles)) + n_least <= width
    room = width - n_least if has_bar else width
    text = next((each for each in titles if cell_len(each) <= room), titles[-1])
    n_bar = min(width - cell_len(text) - _GAP - n_frame, _MOST_BAR) if has_bar else 0
    n_text = width - (n_frame + n_bar if n_bar else 0)
    line: Line = [Segment(fit(text, n_text, g), s.text)]
    if n_bar:
        line += [
            Segment(f"{low:>{n_levels[0]}} ", s.dim),
            *_bar(n_bar, heat),
            Segment(f" {high:>{n_levels[1]}} dB", s.dim),
        ]
    return line


def _bar(n_cells: int, heat: HeatMap) -> Line:
    """Return all colours from the darkest to the brightest."""
    if n_cells not in heat.bars:
        steps = np.linspace(0, heat.n_levels - 1, n_cells).astype(np.int16)
        heat.bars[n_cells] = heat.lines(np.repeat(steps[None, :], heat.rows_per_cell, axis=0))[0]
    return heat.bars[n_cells]


def _level(value_db: float, theme: Theme) -> str:
    """Return a level in whole dB; empty where it is not known."""
    if not math.isfinite(value_db) or abs(value_db) > 999:
        return ""
    return f"{round(value_db)}".replace("-", theme.glyphs.minus)
