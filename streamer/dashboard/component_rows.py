"""Draw one rhythm or pattern as a row of the table, in columns that do not move when a number changes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.component_texts import (
    amplitude_text,
    angle_text,
    kind_text,
    pattern_notes,
    pattern_place,
    rhythm_notes,
    rhythm_place,
)
from streamer.dashboard.text import fit
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.tints import Tint, letter_of, number_of
from streamer.dashboard.trend import range_text, trend_line
from streamer.messages import SpatialComponent, Temporal, TemporalComponent
from streamer.monitor.following import BIN_S
from streamer.monitor.snapshot import Followed, ImageView
from streamer.rhythm_unit import HZ
from streamer.text import duration, value_and_sigma

_N_DECIMALS = 4  # of a measured value at most, see `streamer.text.value_and_sigma`
_N_BADGE = 2
_N_KIND = 11  # cells: "pulse train"
_N_AMPLITUDE = 9
_N_PLACE = 11  # "upper right"
_N_TREND = 8  # cells of a trend at least …
_TREND_BELOW = 44  # cells of the table from which the second line has room for it
_GAP = 2


@dataclass(frozen=True)
class Columns:
    """Cells of the columns of the table; 0 where there is no room for one."""

    whole: int  # before the decimal point
    spread: int  # ``± 0.0041``
    unit: int
    kind: int
    amplitude: int
    place: int
    trend: int


@dataclass(frozen=True)
class ComponentRow:
    """What a row says."""

    badge: str
    tint: Tint
    value: str
    sigma: str
    unit: str
    kind: str
    amplitude: str  # of a pattern, its direction
    place: str
    notes: list[tuple[str, ...]]  # for a second line, the most important first; of each the longest wording first
    range: str  # between which values the trend lies


def whole_digits(found: Temporal | None) -> int:
    """Return how many digits the fastest rhythm has before the point that could be measured; at least 2."""
    if found is None:
        return 2
    if found.unit.name == "note":
        return 3  # cents from −50 to 50
    fastest = found.unit.converted(found.max_hz)[0]
    return min(max(len(f"{fastest:.0f}"), 2), 6) if math.isfinite(fastest) else 2


def columns_of(view: ImageView, width: int) -> Columns:
    """Return the columns for a width; they depend on what could be measured, not on what is."""
    unit = view.temporal.unit if view.temporal else HZ
    whole = max(whole_digits(view.temporal), 3 if max(view.image_px) > 300 else 2)
    if unit.name == "note":
        whole += 5  # "C#-1 "
    n_unit = max(len(unit.symbol), 2) + 1
    room = width - _N_BADGE - whole - 1 - _N_DECIMALS
    n_spread = 9 if room >= 9 + n_unit else 0
    room -= n_spread + n_unit
    n_kind = _N_KIND + _GAP if room >= _N_KIND + _GAP else 0
    room -= n_kind
    n_amplitude = _N_AMPLITUDE + 1 if room >= _N_AMPLITUDE + 1 else 0
    room -= n_amplitude
    n_place = _N_PLACE + _GAP if room >= _N_PLACE + _GAP + _N_TREND + _GAP else 0
    room -= n_place
    return Columns(whole, n_spread, n_unit, n_kind, n_amplitude, n_place, room if room >= _N_TREND + _GAP else 0)


def header_line(columns: Columns, width: int, theme: Theme) -> Line:
    """Return the titles of the columns."""
    g = theme.glyphs
    n_number = _N_BADGE + columns.whole + 1 + _N_DECIMALS + columns.spread + columns.unit
    text = fit("rhythms and patterns", n_number + _GAP, g) + fit("what", columns.kind - _GAP, g)
    text += fit("amplitude", columns.amplitude, g, right=True)
    text += fit("  place", columns.place, g)
    text += fit("last 10 min" if columns.trend >= 13 else "10 min", columns.trend, g, right=True)
    return [Segment(fit(text, width, g), theme.styles.dim)]


def rhythm_row(followed: Followed[TemporalComponent], view: ImageView, theme: Theme) -> ComponentRow:
    """Return what the row of a rhythm says."""
    rhythm, found, g = followed.newest, view.temporal, theme.glyphs
    unit = found.unit if found else HZ
    value, sigma = value_and_sigma(*unit.converted(rhythm.hz, rhythm.hz_sigma))
    return ComponentRow(
        number_of(followed.row),
        theme.component_tints.rhythm(followed.row, is_of_coder=rhythm.what == "coder"),
        f"{unit.note(rhythm.hz)} {value}".lstrip().replace("-", g.minus) if unit.name == "note" else value,
        sigma,
        unit.symbol,
        _gone_text(followed.gone_s) or kind_text(rhythm),
        amplitude_text(rhythm, found.px_per_mm if found else 0.0, g),
        rhythm_place(rhythm),
        rhythm_notes(rhythm, found, g) if found else [],
        range_text(followed.trend, rhythm.hz_sigma, "Hz"),
    )


def pattern_row(followed: Followed[SpatialComponent], view: ImageView, theme: Theme) -> ComponentRow:
    """Return what the row of a pattern says."""
    pattern, g = followed.newest, theme.glyphs
    first = pattern.vectors[0]
    value, sigma = value_and_sigma(first.period_px, first.period_px_sigma)
    return ComponentRow(
        letter_of(followed.row),
        theme.component_tints.pattern(followed.row),
        value,
        sigma,
        "px",
        _gone_text(followed.gone_s) or pattern.lattice,
        angle_text(first, g, with_sigma=False),
        pattern_place(pattern, view.image_px),
        pattern_notes(pattern, view.spatial.px_per_mm if view.spatial else 0.0, view.image_px, g),
        range_text(followed.trend, first.period_px_sigma, "px"),
    )


def row_lines(
    row: ComponentRow,
    followed: Followed[TemporalComponent] | Followed[SpatialComponent],
    columns: Columns,
    n_lines: int,
    position_s: float,
    width: int,
    theme: Theme,
) -> list[Line]:
    """Return a row in one or two lines of ``width`` cells; what has gone is dim.

    Parameters
    ----------
    row : ComponentRow
        What it says.
    followed : Followed
        Of which rhythm or pattern.
    columns : Columns
        Where.
    n_lines : int
        1 or 2.
    position_s : float
        Seconds in the stream.
    width : int
        Cells.
    theme : Theme
        How to show it.
    """
    g, s = theme.glyphs, theme.styles
    is_gone = followed.gone_s > 0.0
    strong, plain = (s.dim, s.dim) if is_gone else (row.tint.text, s.text)
    whole, _, decimals = row.value.partition(".")
    number = fit(whole, columns.whole, g, right=True) + (f".{decimals}" if decimals else "").ljust(1 + _N_DECIMALS)
    line: Line = [
        Segment(row.badge, s.dim if is_gone else row.tint.badge),
        Segment(" ", s.text),
        Segment(number, strong),
        Segment(fit(f" {g.plus_minus} {row.sigma}", columns.spread, g), plain),
        Segment(fit(f" {row.unit}", columns.unit, g), plain),
        Segment(fit(f"  {row.kind}", columns.kind, g), plain),
        Segment(fit(row.amplitude, columns.amplitude, g, right=True), plain),
        Segment(fit(f"  {row.place}", columns.place, g), s.dim),
    ]
    sigma = followed.newest.hz_sigma if isinstance(followed.newest, TemporalComponent) else 0.0

    def trend(n_cells: int) -> Line:
        drawn = trend_line(followed.trend, position_s, BIN_S, sigma, n_cells, strong, theme)
        return [Segment(" " * _GAP, s.text), *drawn]

    if columns.trend:
        line += trend(columns.trend - _GAP)
    lines = [_cut(line, width, theme)]
    if n_lines > 1:
        # The second line ends with the range of the trend or, where the first has no room for the trend, with itself.
        n_end = 0 if columns.trend or width < _TREND_BELOW else _N_TREND + 2 + _GAP
        if row.range and columns.trend >= cell_len(row.range) + _GAP:
            n_end = columns.trend
        indent = " " * (_N_BADGE + max(columns.whole - 2, 0))
        shown = {row.amplitude, row.place if columns.place else ""}
        notes = [texts for texts in row.notes if texts[0] not in shown and texts[-1] not in shown]
        text = indent + joined(notes, width - n_end - len(indent), f" {g.dot} ")
        second: Line = [Segment(fit(text, width - n_end, g), s.dim)]
        if n_end and columns.trend:
            second.append(Segment(fit(row.range, n_end, g, right=True), s.dim))
        elif n_end:
            second += trend(n_end - _GAP)
        lines.append(_cut(second, width, theme))
    return lines


def joined(notes: list[tuple[str, ...]], room: int, between: str) -> str:
    """Return as many notes as fit, the most important first, each in its longest wording that fits."""
    text = ""
    for texts in notes:
        joint = between if text else ""
        for wording in texts:
            if wording and cell_len(text + joint + wording) <= room:
                text += joint + wording
                break
    return text


def _gone_text(seconds: float) -> str:
    return f"gone {duration(seconds)}" if seconds > 0.0 else ""


def _cut(line: Line, width: int, theme: Theme) -> Line:
    return Segment.adjust_line_length(line, width, theme.styles.text)
