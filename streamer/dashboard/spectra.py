"""Draw the spectra of an image stream: of motion over time, of the image over time, and of the newest image by
angle.
"""

from __future__ import annotations

import math

import numpy as np
from rich.segment import Segment
from rich.style import Style

from streamer.arrays import Float32
from streamer.dashboard.spectrogram import levels, pooled, resampled, time_axis
from streamer.dashboard.text import fit
from streamer.dashboard.theme import Line, Theme
from streamer.monitor.snapshot import ImageView

_N_TICKS = 5  # cells of a gutter: four of a number, one of a mark
_GAP = 2  # between two pictures
_STACKED_HEIGHT = 12  # lines from which motion stands above the image's spectra
_POLAR_WIDTH = 19  # cells of the polar spectrum; more shows no more
_TICKS_PX = (2, 4, 8, 16, 32, 64, 3, 6, 12, 24, 48, 96)  # those that matter most first
_MOTION_SPAN_DB = 50.0  # between the darkest and the brightest colour
_IMAGE_SPAN_DB = 30.0  # its profile is a mean over angles, flat in most images
_POLAR_SPAN_DB = 24.0  # at least, between a usual value and the brightest


def spectra_lines(view: ImageView, width: int, height: int, theme: Theme, faint: bool = False) -> list[Line]:
    """Return the spectra in ``height`` lines of ``width`` cells: all where there is room, at least that of motion.

    Parameters
    ----------
    view : ImageView
        What to show.
    width, height : int
        Size in cells; below 3 × 12 nothing is shown.
    theme : Theme
        How to show it.
    faint : bool
        Whether they step back behind a message.
    """
    if height < 3 or width < 12:
        return [[Segment(" " * width, theme.styles.text)]] * height
    if height >= _STACKED_HEIGHT and width < 3 * height + 40:
        upper = (height + 1) // 2
        return motion_lines(view, width, upper, theme, faint) + image_lines(view, width, height - upper, theme, faint)
    if width < 38:
        return motion_lines(view, width, height, theme, faint)
    left = (width - _GAP) // 2 if width < 64 else (width - _GAP) * 9 // 20
    gap = Segment(" " * _GAP, theme.styles.text)
    beside = image_lines(view, width - left - _GAP, height, theme, faint)
    return [[*a, gap, *b] for a, b in zip(motion_lines(view, left, height, theme, faint), beside, strict=True)]


def hertz_ticks(hz: Float32, n_lines: int) -> dict[int, str]:
    """Return round frequencies by the line they lie on (0 on top) of a linear axis."""
    if hz.size < 2 or n_lines < 2 or not (np.all(np.isfinite(hz)) and 0 <= hz[0] < hz[-1] < 1e6):
        return {}
    n_most = max(n_lines // 2, 1)
    step = next(
        step for step in (k * 10.0**e for e in range(-4, 7) for k in (1, 2, 5)) if float(hz[-1]) / step <= n_most + 0.5
    )
    ticks = [k * step for k in range(1, math.floor(float(hz[-1]) / step * 1.001) + 1)]
    return {_line(tick, hz, n_lines): f"{tick:g}" for tick in ticks if tick >= hz[0]}


def period_ticks(radius_per_px: Float32, n_lines: int) -> dict[int, str]:
    """Return periods in pixels by the line they lie on, with at least a free line between them."""
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
    height = (float(np.interp(value, axis, np.arange(axis.size))) + 0.5) / axis.size
    return n_lines - 1 - min(int(height * n_lines), n_lines - 1)


def motion_lines(view: ImageView, width: int, height: int, theme: Theme, faint: bool = False) -> list[Line]:
    """Return the spectrum in time over time, with a mark at the measured frequency."""
    n_lines = height - 1
    at: dict[int, Style] = {}
    hz = view.motion_hz
    if view.temporal is not None and hz.size > 1 and 0 < view.temporal.hz <= float(hz[-1]):
        at[_line(view.temporal.hz, hz, n_lines)] = theme.styles.accent
    gutter = _gutter(hertz_ticks(hz, n_lines), at, "Hz", height, theme)
    return _scrolling(view.motion, _MOTION_SPAN_DB, view, gutter, width - _N_TICKS, theme, faint)


def image_lines(view: ImageView, width: int, height: int, theme: Theme, faint: bool = False) -> list[Line]:
    """Return the spectrum in space over time, and by angle where there is room."""
    n_lines = height - 1
    radii = view.radius_per_px
    at: dict[int, Style] = {}
    if view.spatial is not None and view.spatial.vectors and radii.size > 1:
        period_px = view.spatial.vectors[0].period_px
        if period_px > 0 and float(radii[0]) <= 1 / period_px <= float(radii[-1]):
            at[_line(1 / period_px, radii, n_lines)] = theme.styles.info
    gutter = _gutter(period_ticks(radii, n_lines), at, "px", height, theme)
    n_polar = _POLAR_WIDTH if width >= _N_TICKS + 14 + _GAP + _POLAR_WIDTH else 0
    n_cells = width - _N_TICKS - (n_polar + _GAP if n_polar else 0)
    lines = _scrolling(_flat(view.profile, radii), _IMAGE_SPAN_DB, view, gutter, n_cells, theme, faint)
    if n_polar:
        gap = Segment(" " * _GAP, theme.styles.text)
        lines = [[*a, gap, *b] for a, b in zip(lines, _polar(view, n_polar, height, theme, faint), strict=True)]
    return lines


def _scrolling(
    picture: Float32, span_db: float, view: ImageView, gutter: list[Line], n_cells: int, theme: Theme, faint: bool
) -> list[Line]:
    heat = theme.heat_faint if faint else theme.heat
    n_rows = (len(gutter) - 1) * heat.rows_per_cell
    lines = heat.lines(levels(picture, n_rows, n_cells, heat.n_levels, view.column_s, view.column, span_db))
    lines.append(time_axis(n_cells, view.column_s * pooled(view.column_s), theme))
    return [[*ticks, *line] for ticks, line in zip(gutter, lines, strict=True)]


def _gutter(ticks: dict[int, str], marks: dict[int, Style], unit: str, height: int, theme: Theme) -> list[Line]:
    s = theme.styles
    lines: list[Line] = []
    for k in range(height - 1):
        mark = marks.get(k)
        lines.append(
            [
                Segment(f"{ticks.get(k, '')[:4]:>{_N_TICKS - 1}}", s.dim),
                Segment(" ", s.text) if mark is None else Segment(theme.glyphs.running, mark),
            ]
        )
    return [*lines, [Segment(f"{unit:>{_N_TICKS - 1}} ", s.dim)]]


def _flat(spectrum: Float32, radii: Float32) -> Float32:
    """Return a spectrum in dB without the slope that every natural image has: amplitude as one over frequency."""
    if spectrum.shape[-1:] != radii.shape:
        return spectrum
    with np.errstate(invalid="ignore", over="ignore"):
        flat: Float32 = spectrum + 20 * np.log10(np.maximum(np.nan_to_num(radii), np.float32(1e-6)))
    return flat


def _polar(view: ImageView, width: int, height: int, theme: Theme, faint: bool) -> list[Line]:
    """Return the spectrum in space by angle of the newest image, its angles from −90 to 90 degrees."""
    g, s = theme.glyphs, theme.styles
    heat = theme.heat_faint if faint else theme.heat
    n_rows = (height - 1) * heat.rows_per_cell
    shown = np.full((n_rows, width), -1, np.int16)
    polar = _flat(np.clip(np.nan_to_num(view.polar.T, nan=-200.0), -200.0, 200.0), view.radius_per_px).T
    if polar.size:
        n_angles = polar.shape[1]
        turned = np.roll(polar, n_angles // 2, axis=1)  # the first angle is 0, the last just below 180
        turned = np.concatenate([turned, turned[:, :1]], axis=1)  # −90 is 90
        picture = resampled(resampled(turned, width).T, n_rows).T[::-1]
        usual, most = float(np.median(picture)), float(picture.max())
        share = (picture - usual + 6.0) / max(most - usual + 6.0, _POLAR_SPAN_DB)
        shown = np.clip(share * heat.n_levels, 0, heat.n_levels - 1).astype(np.int16)
    lines = heat.lines(shown)
    axis = fit(f"{g.minus}90", width, g)
    axis = f"{axis[: width // 2 - 1]} 0 {axis[width // 2 + 2 :]}"[: width - 3] + "90°" if not g.ascii_only else axis
    return [*lines, [Segment(fit(axis, width, g), s.dim)]]
