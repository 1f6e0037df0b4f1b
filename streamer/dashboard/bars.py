"""Draw a score bar with its thresholds, and the level meter."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.text import decibels, fit
from streamer.dashboard.theme import Line, Theme
from streamer.messages import Level

METER_FLOOR_DBFS = -60.0


def bar(width: int, value: float, on: float, off: float, filled: Style, theme: Theme) -> Line:
    """Draw a horizontal score bar of ``width`` cells with a mark at each threshold.

    The last, partly filled cell is an eighth block where backgrounds are not painted. Where they are, it is a mixture
    of the filled and the empty colour in true colour, and the nearer of the two in 256 colours.

    Parameters
    ----------
    width : int
        Cells, at least 1.
    value, on, off : float
        Score and thresholds, range 0…1; NaN is not drawn.
    filled : Style
        Of the filled part.
    theme : Theme
        How to show it.
    """
    g, s = theme.glyphs, theme.styles
    parts = len(g.across) - 1
    n_full, part = divmod(round(_clip(value) * width * parts), parts)
    n_empty = width - n_full - (part > 0)
    if theme.painted and not g.ascii_only:
        cells = [(g.slab, filled)] * n_full + [(g.slab, _mixed(filled, s.track, part))] * (part > 0)
        cells += [(g.slab, s.track)] * n_empty
    else:
        cells = [(g.across[-1], filled)] * n_full + [(g.across[part], filled)] * (part > 0)
        cells += [(g.track, s.track)] * n_empty
    for threshold, glyph, style in ((off, g.off, s.mark_faint), (on, g.on, s.mark)):
        if math.isfinite(threshold):
            cells[min(int(_clip(threshold) * width), width - 1)] = (glyph, style)
    return [Segment("".join(glyph for glyph, _ in run), style) for style, run in groupby(cells, itemgetter(1))]


def meter(level: Level, n_lines: int, width: int, theme: Theme) -> list[Line]:
    """Draw a vertical level meter from −60 to 0 dBFS, with a mark at the peak and the rms level as a number below.

    Parameters
    ----------
    level : Level
        What to show.
    n_lines, width : int
        Size in cells, at least 2 × 6.
    theme : Theme
        How to show it.
    """
    g, s = theme.glyphs, theme.styles
    n_bar = n_lines - 1
    parts = len(g.upward) - 1
    filled = round(_share(level.rms_dbfs) * n_bar * parts)
    peak = _share(level.peak_dbfs)
    peak_line = n_bar - 1 - min(int(peak * n_bar), n_bar - 1) if peak > 0 else -1
    scale = {min(int(dbfs / METER_FLOOR_DBFS * n_bar), n_bar - 1): dbfs for dbfs in (-60, -40, -20, 0)}
    n_gap = int(width > 7)
    n_label = width - 3 - n_gap
    lines: list[Line] = []
    for line in range(n_bar):
        top_dbfs = METER_FLOOR_DBFS * line / n_bar
        style = _loudness_style(min(level.rms_dbfs, top_dbfs), theme)  # by the value, however few lines there are
        part = min(max(filled - (n_bar - 1 - line) * parts, 0), parts)
        glyph = g.upward[part] if part or theme.painted else g.track
        label, label_style = "", s.dim
        if line in scale:
            label = decibels(scale[line], g, 0)
        if line == peak_line:
            glyph = g.peak if part < parts else glyph
            peak_style = _loudness_style(level.peak_dbfs, theme)
            label, label_style = decibels(level.peak_dbfs, g, 0), peak_style
            style = peak_style if glyph == g.peak and part == 0 else style
        if level.is_clipped and line == 0:
            label, label_style = "CLIP", s.badge_bad
        lines.append(
            [
                Segment(" ", s.text),
                Segment(glyph * 2, _on_track(style, s.track) if theme.painted else style),
                Segment(" "[:n_gap], s.text),
                Segment(label[:n_label], label_style),
                Segment(" " * (n_label - len(label)), s.text),
            ]
        )
    number = decibels(level.rms_dbfs, g, 1 if width >= 11 else 0) + (" dBFS" if width >= 11 else " dB")
    lines.append([Segment(fit(number, width, g, right=True), s.text)])
    return lines


def _loudness_style(dbfs: float, theme: Theme) -> Style:
    s = theme.styles
    return s.bad if dbfs > -4 else s.warn if dbfs > -14 else s.good


@lru_cache(maxsize=256)
def _mixed(filled: Style, empty: Style, part: int) -> Style:
    """Return the style of a cell of which ``part`` eighths are filled."""
    assert filled.color is not None
    assert empty.color is not None
    if filled.color.type is not ColorType.TRUECOLOR:
        return filled if part >= 4 else empty
    inside, outside = filled.color.get_truecolor(), empty.color.get_truecolor()
    mixed = [round(b + (a - b) * part / 8) for a, b in zip(inside, outside, strict=True)]
    return Style(color=Color.from_rgb(*mixed), bgcolor=filled.bgcolor)


@lru_cache
def _on_track(style: Style, track: Style) -> Style:
    return style + Style(bgcolor=track.color)


def _clip(value: float) -> float:
    return 0.0 if math.isnan(value) else min(max(value, 0.0), 1.0)


def _share(dbfs: float) -> float:
    """Return the part of the meter that a level fills, range 0…1."""
    return 0.0 if math.isnan(dbfs) else _clip(1.0 - dbfs / METER_FLOOR_DBFS)
