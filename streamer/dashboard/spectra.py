"""Draw the spectra of an image stream: temporal and spatial spectrum over time, and the newest one by angle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.segment import Segment
from rich.style import Style

from streamer.arrays import Float32
from streamer.dashboard.scale import title_line
from streamer.dashboard.spectrogram import columns_per_cell, decibel_range, levels, resampled, time_axis
from streamer.dashboard.text import beside, blank_lines, fit
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import ImageView

_N_TICKS = 5  # cells of a gutter: four for a number, one for a mark
_GAP = 2  # cells between two spectra
_STACKED_HEIGHT = 12  # lines from which the temporal spectrum stands above the spatial one
_POLAR_WIDTH = 19  # cells of the spectrum by angle: about 10° each
_TICKS_PX = (2, 4, 8, 16, 32, 64, 3, 6, 12, 24, 48, 96)  # the most important first
_TEMPORAL_SPAN_DB = 50.0  # between the darkest and the brightest colour
_SPATIAL_SPAN_DB = 30.0  # less, because a mean over angles is flat in most images
_POLAR_SPAN_DB = 24.0  # at least, between the darkest and the brightest …
_POLAR_FLOOR_DB = -6.0  # … of which the darkest is so far from the median
_TITLE_HEIGHT = 5  # lines of a spectrum from which one is its title
_TEMPORAL_TITLES = ("movement: Hz over time", "movement in Hz", "movement", "Hz")
_SPATIAL_TITLES = ("pattern: period in px over time", "pattern in px", "pattern", "px")


def spectra_lines(view: ImageView, width: int, height: int, theme: Theme, dimmed: bool = False) -> list[Line]:
    """Return the spectra in ``height`` lines of ``width`` cells; where there is little room, the temporal one alone.

    Parameters
    ----------
    view : ImageView
        What to show.
    width, height : int
        Size in cells; empty below 12 × 3.
    theme : Theme
        How to show it.
    dimmed : bool
        Whether they are dimmed behind a message.
    """
    if height < 3 or width < 12:
        return blank_lines(height, width, theme)
    if height >= _STACKED_HEIGHT and width < 3 * height + 40:
        upper = (height + 1) // 2
        return temporal_lines(view, width, upper, theme, dimmed) + spatial_lines(
            view, width, height - upper, theme, dimmed
        )
    if width < 38:
        return temporal_lines(view, width, height, theme, dimmed)
    left = (width - _GAP) // 2 if width < 64 else (width - _GAP) * 9 // 20
    spatial = spatial_lines(view, width - left - _GAP, height, theme, dimmed)
    return beside(temporal_lines(view, left, height, theme, dimmed), spatial, _gap(theme))


def hertz_ticks(hz: Float32, n_lines: int) -> dict[int, str]:
    """Return round frequencies by their line (0 on top) on a linear axis."""
    if hz.size < 2 or n_lines < 2 or not (np.all(np.isfinite(hz)) and 0 <= hz[0] < hz[-1] < 1e6):
        return {}
    n_most = max(n_lines // 2, 1)
    step = next(
        step for step in (k * 10.0**e for e in range(-4, 7) for k in (1, 2, 5)) if float(hz[-1]) / step <= n_most + 0.5
    )
    ticks = [k * step for k in range(1, math.floor(float(hz[-1]) / step * 1.001) + 1)]
    return {_line(tick, hz, n_lines): f"{tick:g}" for tick in ticks if tick >= hz[0]}


def period_ticks(radius_per_px: Float32, n_lines: int) -> dict[int, str]:
    """Return periods in pixels by their line (0 on top) on a linear axis of frequency, never on adjacent lines."""
    radii = radius_per_px
    ticks: dict[int, str] = {}
    if radii.size < 2 or n_lines < 2 or not (np.all(np.isfinite(radii)) and 0 <= radii[0] < radii[-1]):
        return ticks
    for period_px in _TICKS_PX:
        if radii[0] <= 1 / period_px <= radii[-1] * 1.04:
            line = _line(1 / period_px, radii, n_lines)
            if all(abs(line - other) >= 2 for other in ticks):
                ticks[line] = f"{period_px}"
    return ticks


def _line(value: float, axis: Float32, n_lines: int) -> int:
    """Return the line of a value on an axis that rises from the last line to the first."""
    height = (float(np.interp(value, axis, np.arange(axis.size))) + 0.5) / axis.size
    return n_lines - 1 - min(int(height * n_lines), n_lines - 1)


def temporal_lines(view: ImageView, width: int, height: int, theme: Theme, dimmed: bool = False) -> list[Line]:
    """Return the temporal spectrum as it scrolls, with a mark at each measured frequency."""
    n_lines = height - 1 - (height >= _TITLE_HEIGHT)
    marks: dict[int, Style] = {}
    hz = view.motion_hz
    for each in reversed(view.rhythms if hz.size > 1 else ()):
        if not each.gone_s and 0 < each.newest.hz <= float(hz[-1]):
            tint = theme.component_tints.rhythm(each.row, is_of_coder=each.newest.what == "coder")
            marks[_line(each.newest.hz, hz, n_lines)] = tint.text
    gutter = _gutter(hertz_ticks(hz, n_lines), marks, "Hz", n_lines, theme)
    titles = _TEMPORAL_TITLES if height >= _TITLE_HEIGHT else ()
    return _scrolling(view.motion, _TEMPORAL_SPAN_DB, view, gutter, titles, width, theme, dimmed)


def spatial_lines(view: ImageView, width: int, height: int, theme: Theme, dimmed: bool = False) -> list[Line]:
    """Return the spatial spectrum as it scrolls, with a mark at the measured period; and by angle if there is room."""
    n_lines = height - 1 - (height >= _TITLE_HEIGHT)
    radii = view.radius_per_px
    marks: dict[int, Style] = {}
    for each in reversed(view.patterns if radii.size > 1 else ()):
        period_px = each.newest.vectors[0].period_px
        if not each.gone_s and period_px > 0 and float(radii[0]) <= 1 / period_px <= float(radii[-1]):
            marks[_line(1 / period_px, radii, n_lines)] = theme.component_tints.pattern(each.row).text
    gutter = _gutter(period_ticks(radii, n_lines), marks, "px", n_lines, theme)
    n_polar = _POLAR_WIDTH if width >= _N_TICKS + 14 + _GAP + _POLAR_WIDTH else 0
    titles = _SPATIAL_TITLES if height >= _TITLE_HEIGHT else ()
    n_cells = width - (n_polar + _GAP if n_polar else 0)
    lines = _scrolling(_flat(view.profile, radii), _SPATIAL_SPAN_DB, view, gutter, titles, n_cells, theme, dimmed)
    if n_polar:
        lines = beside(lines, _polar_lines(view, n_polar, height, theme, dimmed), _gap(theme))
    return lines


def _scrolling(
    spectrum: Float32,
    span_db: float,
    view: ImageView,
    gutter: list[Line],
    titles: Sequence[str],
    width: int,
    theme: Theme,
    dimmed: bool,
) -> list[Line]:
    """Return a spectrum that scrolls to the left above its time axis, with the gutter at its left and its title."""
    heat = theme.heat_dimmed if dimmed else theme.heat
    n_cells, n_rows = width - _N_TICKS, (len(gutter) - 1) * heat.rows_per_cell
    floor_db, top_db = decibel_range(spectrum, view.column_s, span_db)
    drawn = levels(spectrum, n_rows, n_cells, heat.n_levels, view.column_s, view.column, span_db, floor_db)
    lines = heat.lines(drawn)
    lines.append(time_axis(n_cells, view.column_s * columns_per_cell(view.column_s), theme))
    title = [title_line(titles, floor_db, top_db, width, theme, heat)] if titles else []
    return [*title, *beside(gutter, lines)]


def _gutter(ticks: dict[int, str], marks: dict[int, Style], unit: str, n_lines: int, theme: Theme) -> list[Line]:
    """Return the column at the left of a spectrum: ticks and marks by line, the unit in the line after them."""
    s = theme.styles
    lines: list[Line] = []
    for k in range(n_lines):
        mark = marks.get(k)
        lines.append(
            [
                Segment(f"{ticks.get(k, '')[:4]:>{_N_TICKS - 1}}", s.dim),
                Segment(" ", s.text) if mark is None else Segment(theme.glyphs.running, mark),
            ]
        )
    return [*lines, [Segment(f"{unit:>{_N_TICKS - 1}} ", s.dim)]]


def _flat(spectrum: Float32, radii: Float32) -> Float32:
    """Return a spectrum in dB without the slope that natural images have: their amplitude falls as 1/frequency."""
    if spectrum.shape[-1:] != radii.shape:
        return spectrum
    with np.errstate(invalid="ignore", over="ignore"):
        flat: Float32 = spectrum + 20 * np.log10(np.maximum(np.nan_to_num(radii), np.float32(1e-6)))
    return flat


def _polar_lines(view: ImageView, width: int, height: int, theme: Theme, dimmed: bool) -> list[Line]:
    """Return the spatial spectrum of the newest image by angle, from −90° to 90°."""
    g, s = theme.glyphs, theme.styles
    heat = theme.heat_dimmed if dimmed else theme.heat
    has_title = height >= _TITLE_HEIGHT
    n_rows = (height - 1 - has_title) * heat.rows_per_cell
    span_db = math.nan
    drawn = np.full((n_rows, width), -1, np.int16)
    polar = _flat(np.clip(np.nan_to_num(view.polar.T, nan=-200.0), -200.0, 200.0), view.radius_per_px).T
    if polar.size:
        n_angles = polar.shape[1]
        turned = np.roll(polar, n_angles // 2, axis=1)  # angles begin at 0 and end just below 180°
        turned = np.concatenate([turned, turned[:, :1]], axis=1)  # −90° and 90° are the same direction
        shown_db = resampled(resampled(turned, width).T, n_rows).T[::-1]
        median, most = float(np.median(shown_db)), float(shown_db.max())
        span_db = max(most - median - _POLAR_FLOOR_DB, _POLAR_SPAN_DB)
        share = (shown_db - median - _POLAR_FLOOR_DB) / span_db
        drawn = np.clip(share * heat.n_levels, 0, heat.n_levels - 1).astype(np.int16)
    lines = heat.lines(drawn)
    axis = fit(f"{g.minus}90", width, g)
    axis = f"{axis[: width // 2 - 1]} 0 {axis[width // 2 + 2 :]}"[: width - 3] + "90°" if not g.ascii_only else axis
    titles = ("direction", g.angle.strip())
    title = [title_line(titles, _POLAR_FLOOR_DB, _POLAR_FLOOR_DB + span_db, width, theme, heat)] * has_title
    return [*title, *lines, [Segment(fit(axis, width, g), s.dim)]]


def _gap(theme: Theme) -> Line:
    return [Segment(" " * _GAP, theme.styles.text)]
