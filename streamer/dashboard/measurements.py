"""Draw the measurements of an image stream: Hz ± σ and px ± σ, in large digits or in one line, with notes."""

from __future__ import annotations

import math
from dataclasses import replace

from rich.segment import Segment

from streamer.dashboard.components import component_lines
from streamer.dashboard.figures import Figure, figure_lines, missing_figure, pattern_figure, rhythm_figure
from streamer.dashboard.text import beside, clean
from streamer.dashboard.theme import Glyphs, Line, Theme
from streamer.dashboard.trend import trend_line
from streamer.messages import Direction, Spatial, Temporal, TemporalComponent
from streamer.monitor.following import BIN_S
from streamer.monitor.snapshot import ImageView
from streamer.rhythm_unit import RhythmUnit
from streamer.text import value_and_sigma

_SPLIT_WIDTH = 80  # cells from which both measurements stand side by side
_TABLE_WIDTH = 40  # cells from which all rhythms and patterns have a table of their own …
_TALL_HEIGHT = 15  # … and lines from which it stands below the large digits
_LARGE_HEIGHT = 3
_MOST_DRAWN = 16
# Measurements as they were drawn: they change once a second, the image beside them ten times.
_DRAWN: dict[tuple[object, ...], list[Line]] = {}


def measurements_height(width: int, height: int) -> int:
    """Return how many of ``height`` lines the measurements take; the spectra below them get the rest."""
    if width >= _TABLE_WIDTH and height >= _TALL_HEIGHT:
        return _LARGE_HEIGHT + 1 + min(max((height - _LARGE_HEIGHT - 1) // 3, 4), 12)
    if width >= _SPLIT_WIDTH:
        return 5 if height >= 9 else min(height, 4)
    for enough, n_lines in ((26, 10), (15, 8), (11, 6), (8, 5)):
        if height >= enough:
            return n_lines
    return height


def measurement_lines(
    view: ImageView, position_s: float, width: int, n_lines: int, theme: Theme, dimmed: bool
) -> list[Line]:
    """Return all measurements in ``n_lines`` lines of ``width`` cells.

    Where there is room, the main ones stand in large digits above a table of all; else the table takes their place
    as soon as there is more than one of a kind.

    Parameters
    ----------
    view : ImageView
        What to show.
    position_s : float
        Seconds in the stream.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    dimmed : bool
        Whether they are dimmed, because they are older than the stream's present state.
    """
    seconds = position_s if math.isfinite(position_s) else -1.0
    shown_s = int(seconds // BIN_S) if view.temporal_known else round(seconds)  # as far as it can be seen
    key = (
        view.temporal, view.spatial, view.temporal_known, view.regions, view.rhythms, view.patterns, view.image_px,
        shown_s, width, n_lines, theme, dimmed,
    )  # fmt: skip
    lines = _DRAWN.get(key)
    if lines is None:
        if len(_DRAWN) >= _MOST_DRAWN:
            _DRAWN.clear()
        lines = _DRAWN[key] = _measurement_lines(view, position_s, width, n_lines, theme, dimmed)
    return list(lines)


def _measurement_lines(
    view: ImageView, position_s: float, width: int, n_lines: int, theme: Theme, dimmed: bool
) -> list[Line]:
    view = _with_main_first(view)
    time, space = _main_figures(view, position_s, theme)
    n_main = sum(rhythm.newest.what != "coder" for rhythm in view.rhythms)
    regions = region_texts(view, theme.glyphs)
    if width >= _TABLE_WIDTH and n_lines >= _LARGE_HEIGHT + 5:
        lines = _large_lines(replace(time, trend=None), space, width, theme)  # the trend is in the table
        n_rest = n_lines - len(lines)
        lines += component_lines(view, position_s, regions, width, n_rest, theme, has_header=True)
    elif width >= _TABLE_WIDTH and n_lines > 2 and (n_main != len(view.rhythms) or max(n_main, len(view.patterns)) > 1):
        lines = component_lines(view, position_s, regions, width, n_lines, theme)
    else:
        time = replace(time, notes=(*time.notes, *(((text,), theme.styles.accent) for text in regions)))
        lines = _two_figures(time, space, width, n_lines, theme)
    if dimmed:
        lines = [[Segment(segment.text, theme.styles.dim) for segment in line] for line in lines]
    return lines


def _main_figures(view: ImageView, position_s: float, theme: Theme) -> tuple[Figure, Figure]:
    """Return the main rhythm and the main pattern, or why there is none."""
    pattern = next((each for each in view.patterns if each.is_main), None)
    space = pattern_figure(view.spatial, theme, pattern.row if pattern else 0)
    if view.temporal is None or not view.temporal.components:
        return missing_figure(view, position_s, theme), space
    main = next((each for each in view.rhythms if each.is_main), None)
    if main is None:
        return rhythm_figure(view.temporal, theme), space
    style, sigma = theme.component_tints.rhythm(main.row).text, main.newest.hz_sigma

    def trend(n_cells: int) -> Line:
        return trend_line(main.trend, position_s, BIN_S, sigma, n_cells, style, theme)

    return rhythm_figure(view.temporal, theme, main.row, trend), space


def _with_main_first(view: ImageView) -> ImageView:
    """Return the view with the main rhythm and pattern before the others: they stay so, however these change."""
    rhythm = next((each.newest for each in view.rhythms if each.is_main), None)
    pattern = next((each.newest for each in view.patterns if each.is_main), None)
    if view.temporal and rhythm in view.temporal.components:
        others = [each for each in view.temporal.components if each is not rhythm]
        view = replace(view, temporal=replace(view.temporal, components=(rhythm, *others)))
    if view.spatial and pattern in view.spatial.components:
        apart = [each for each in view.spatial.components if each is not pattern]
        view = replace(view, spatial=replace(view.spatial, components=(pattern, *apart)))
    return view


def _large_lines(time: Figure, space: Figure, width: int, theme: Theme) -> list[Line]:
    """Return the main rhythm, and beside it or, where there is none, in its place the main pattern, in three lines."""
    if width < _SPLIT_WIDTH:
        return figure_lines(time if time.value or not space.value else space, width, _LARGE_HEIGHT, theme)
    left = width // 2
    right = figure_lines(space, width - left, _LARGE_HEIGHT, theme)
    return beside(figure_lines(time, left, _LARGE_HEIGHT, theme), right)


def _two_figures(time: Figure, space: Figure, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return both measurements with their notes, side by side or one below the other."""
    if width >= _SPLIT_WIDTH and n_lines >= 4:
        left = width // 2
        return beside(figure_lines(time, left, n_lines, theme), figure_lines(space, width - left, n_lines, theme))
    if n_lines >= 8:
        n_above = (n_lines + 1) // 2
        return figure_lines(time, width, n_above, theme) + figure_lines(space, width, n_lines - n_above, theme)
    if n_lines >= 5:
        first, second = (space, time) if not time.value and space.value else (time, space)
        return figure_lines(first, width, 4, theme) + figure_lines(second, width, n_lines - 4, theme)
    n_below = n_lines // 2
    return figure_lines(time, width, n_lines - n_below, theme) + figure_lines(space, width, n_below, theme)


def short_text(found: Temporal | Spatial, glyphs: Glyphs) -> str:
    """Return a measurement without its uncertainty: ``3.600 Hz``, ``20.00 px``; empty where there is none."""
    if isinstance(found, Temporal):
        return "  ".join(_unit_text(found.unit, each) for each in found.components)
    first = [component.vectors[0] for component in found.components]
    return "  ".join(f"{value_and_sigma(each.period_px, each.period_px_sigma)[0]} px" for each in first)


def _unit_text(unit: RhythmUnit, rhythm: TemporalComponent) -> str:
    """Return a rhythm without its uncertainty in the unit that the user wants: ``216 rpm``, ``A4 -3 cents``."""
    value = value_and_sigma(*unit.converted(rhythm.hz, rhythm.hz_sigma))[0]
    return f"{unit.note(rhythm.hz)} {value} {unit.symbol}".lstrip()


def region_texts(view: ImageView, glyphs: Glyphs) -> list[str]:
    """Return a line for each region with what was measured in it."""
    texts = []
    for each in view.regions:
        found = [short_text(part, glyphs) for part in (each.temporal, each.spatial) if part]
        texts.append(f"{each.region.name}: {'  '.join(filter(None, found)) or glyphs.ellipsis}")
    return texts


def short_direction(direction: Direction, glyphs: Glyphs) -> str:
    """Return a direction without its uncertainty: ``along 30°``, ``to −120°``, ``clockwise``."""
    if direction.what == "rotation":
        return direction.sense
    deg = value_and_sigma(direction.deg, direction.deg_sigma)[0]
    if float(deg) == (-90 if direction.what == "axis" else -180):
        deg = deg[1:]
    return f"{'along' if direction.what == 'axis' else 'to'} {deg.replace('-', glyphs.minus)}{glyphs.angle}"


def summary_texts(found: Temporal | Spatial, theme: Theme) -> tuple[str, str]:
    """Return two texts for the summary: a measurement with its uncertainty, and its properties."""
    figure = rhythm_figure(found, theme) if isinstance(found, Temporal) else pattern_figure(found, theme)
    properties = [f" {theme.glyphs.dot} ".join(figure.aside), *(texts[0] for texts, _ in figure.notes)]
    text = f"{figure.value} {figure.unit} {theme.glyphs.plus_minus} {figure.sigma}"
    return clean(text, theme.glyphs.ascii_only), clean("; ".join(properties), theme.glyphs.ascii_only)
