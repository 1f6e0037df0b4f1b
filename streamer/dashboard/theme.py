"""Choose glyphs, styles and spectrogram cells by what a terminal can show."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from streamer.config import PaletteName
from streamer.dashboard.colour import Styles, colour_map, colour_map_256, label_tints, styles
from streamer.dashboard.palettes import paint
from streamer.dashboard.pixels import Pixels
from streamer.dashboard.tints import Tints, tints_for

Line = list[Segment]  # one line of the screen, of a known width in cells


@dataclass(frozen=True, eq=False)  # compared by identity, so that caching by it is cheap
class Glyphs:
    """Characters of the dashboard: one cell wide, but for ``degree``, ``angle``, ``plus_minus`` and ``infinity``."""

    ascii_only: bool
    corners: str  # top left, top right, bottom left, bottom right
    joints: str  # left, right, top, bottom: where a rule meets another
    horizontal: str
    vertical: str
    across: str  # empty and 1…n parts of a cell filled from the left
    upward: str  # the same from the bottom
    slab: str  # a cell of a painted bar, which leaves a gap to the bar above
    track: str  # the empty part of a bar where backgrounds are not painted
    on: str
    off: str
    peak: str
    bullet: str
    running: str
    ellipsis: str
    dot: str
    minus: str
    times: str
    degree: str
    angle: str
    plus_minus: str
    infinity: str
    ramp: str  # from silent to loud, from dark to light


UNICODE = Glyphs(
    False, "╭╮╰╯", "├┤┬┴", "─", "│", " ▏▎▍▌▋▊▉█", " ▁▂▃▄▅▆▇█", "▇", "·", "│", "┊", "━", "●", "▸", "…", "·", "−", "×",
    "°C", "°", "±", "∞", " ·:░▒▓█",
)  # fmt: skip
CONSOLE = Glyphs(  # only characters in the fonts of the Linux text console, which have 256
    False, "┌┐└┘", "├┤┬┴", "─", "│", " ▌█", " ▄█", "█", "·", "│", ":", "-", "*", ">", "~", "·", "-", "x",
    "°C", "°", "±", "inf", " ·:░▒▓█",
)  # fmt: skip
ASCII = Glyphs(
    True, "++++", "++++", "-", "|", " #", " #", "#", ".", "|", ":", "=", "*", ">", "~", "-", "-", "x",
    "C", " deg", "+-", "inf", " .:-=+*#%@",
)  # fmt: skip


class HeatMap(dict[int, Segment]):
    """Spectrogram cells by the levels they show; each is made when first needed and then kept for later frames.

    A level is 0 … ``n_levels`` − 1, or −1 where there is nothing to show. With ``rows_per_cell`` = 2 a cell is an
    upper half block: the upper level is its foreground, the lower one its background.
    """

    def __init__(self, palette: tuple[Style, ...], glyphs: str, rows_per_cell: int, empty: Style) -> None:
        self._palette = palette
        self._glyphs = glyphs
        self._empty = empty
        self.rows_per_cell = rows_per_cell
        self.n_levels = len(palette)
        self.bars: dict[int, Line] = {}  # colour bars that were drawn, by their cells

    def __missing__(self, key: int) -> Segment:
        upper, lower = divmod(key, self.n_levels + 1)
        if self.rows_per_cell == 1:
            cell = Segment(self._glyphs[lower - 1], self._palette[lower - 1]) if lower else Segment(" ", self._empty)
        else:
            ground = self._empty.bgcolor
            top, bottom = (self._palette[n - 1].color if n else ground for n in (upper, lower))
            cell = Segment("▀", Style(color=top, bgcolor=bottom))
        self[key] = cell
        return cell

    def lines(self, levels: NDArray[np.int16]) -> list[Line]:
        """Return levels of shape (n_rows, n_columns), top row first, as ``n_rows / rows_per_cell`` lines."""
        keys = levels.astype(np.int64) + 1
        if self.rows_per_cell == 2:
            keys = keys[0::2] * (self.n_levels + 1) + keys[1::2]
        cell = self.__getitem__
        return [[cell(key) for key in row] for row in keys.tolist()]


@dataclass(frozen=True, eq=False)  # compared by identity, so that what is drawn can be kept by it
class Theme:
    """Everything that depends on the terminal: glyphs, styles, cells of spectrograms and images."""

    glyphs: Glyphs
    styles: Styles
    heat: HeatMap
    heat_dimmed: HeatMap  # behind a message
    pixels: Pixels  # of the newest image
    painted: bool  # whether backgrounds are painted, in 256 colours or more
    tints: tuple[tuple[Style, Style], ...]  # by which labels are told apart: of a bar, and of text
    component_tints: Tints  # of rhythms and patterns


@lru_cache
def theme_for(colour_system: str | None, glyphs: Glyphs = UNICODE, palette: PaletteName = "dark") -> Theme:
    """Return the theme for a colour system, by its name in rich (None: without colours), a set of glyphs, a palette."""
    painted = colour_system in ("truecolor", "256")
    chosen = styles(colour_system, palette)
    if painted:
        heat, dimmed = (
            _painted_heat(
                colour_map_256(brightness, palette) if colour_system == "256" else colour_map(64, brightness, palette),
                chosen.text,
                glyphs.ascii_only,
            )
            for brightness in (1.0, 0.4)
        )
    elif colour_system is None or glyphs.ascii_only:
        heat = HeatMap((chosen.text,) * len(glyphs.ramp), glyphs.ramp, 1, chosen.text)
        dimmed = HeatMap((chosen.faint,) * len(glyphs.ramp), glyphs.ramp, 1, chosen.text)
    else:
        heat = dimmed = _sixteen_heat(chosen.text, is_light=palette == "light")
    pixels = Pixels(colour_system, chosen, glyphs.ramp, glyphs.ascii_only)
    tints = label_tints(colour_system, palette)
    ground = paint(palette, of_256=False).ground
    return Theme(glyphs, chosen, heat, dimmed, pixels, painted, tints, tints_for(colour_system, ground))


def theme_of(console: Console, palette: PaletteName = "dark") -> Theme:
    """Return the theme for a rich console, which takes ``NO_COLOR``, ``TERM`` and the encoding into account."""
    system = None if console.no_color or console.is_dumb_terminal else console.color_system
    if not console.encoding.lower().startswith("utf"):
        return theme_for(system, ASCII, palette)
    return theme_for(system, CONSOLE if os.environ.get("TERM") == "linux" else UNICODE, palette)


def _painted_heat(colours: tuple[Color, ...], empty: Style, ascii_only: bool) -> HeatMap:
    if ascii_only:
        return HeatMap(tuple(Style(bgcolor=c) for c in colours), " " * len(colours), 1, empty)
    return HeatMap(tuple(Style(color=c) for c in colours), "", 2, empty)


def _sixteen_heat(empty: Style, *, is_light: bool) -> HeatMap:
    """Return shades between six ordered colours that every terminal has; the first, for noise, take two levels each."""
    order = [Color.parse(c) for c in ("black", "blue", "magenta", "red", "yellow", "white")]
    if is_light:
        order = [Color.parse(c) for c in ("white", "yellow", "cyan", "blue", "magenta", "black")]
    cells = [(g, Style(color=b, bgcolor=a)) for a, b in pairwise(order) for g in " ░▒▓"]
    cells = [cell for cell in cells[:4] for _ in range(2)] + cells[4:]
    cells.append(("█", Style(color=order[-1], bgcolor=order[-1])))
    return HeatMap(tuple(style for _, style in cells), "".join(g for g, _ in cells), 1, empty)
