"""Define the colours: perceptually ordered colour maps, and the styles for each kind of terminal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rich.color import Color, ColorSystem
from rich.style import Style

from streamer.config import PaletteName
from streamer.dashboard.palettes import CONTROLS, Paint, paint

_LEAST_STEP = 0.004  # in luminance, between two of 256 fixed colours that follow each other


@lru_cache
def colour_map(n_colours: int, brightness: float = 1.0, palette: PaletteName = "dark") -> tuple[Color, ...]:
    """Return the colours of the spectrogram from silence to loud.

    Parameters
    ----------
    n_colours : int
        Number of colours, at least 2.
    brightness : float
        How much of them is left over the ground, range 0…1; below 1 where a message is shown over the spectrogram.
    palette : {"dark", "light", "viridis", "cividis"}
    """
    control = CONTROLS[palette]
    at = np.linspace(0.0, 1.0, n_colours)
    position = [p for p, _ in control]
    channels = [np.interp(at, position, [rgb >> shift & 255 for _, rgb in control]) for shift in (16, 8, 0)]
    rgb = np.stack(channels, axis=1)
    faded_to = 255.0 if palette == "light" else 0.0
    rgb = np.rint(faded_to + (rgb - faded_to) * brightness).astype(int)
    return tuple(Color.from_rgb(*map(int, row)) for row in rgb)


_ORDERED_256 = (232, 233, 17, 53, 54, 90, 125, 161, 167, 203, 209, 215, 222, 229)


@lru_cache
def colour_map_256(brightness: float = 1.0, palette: PaletteName = "dark") -> tuple[Color, ...]:
    """Return the colour map for a terminal with 256 colours: the fixed colours nearest to it, in order."""
    ordered = _ORDERED_256 if palette == "dark" else _nearest_256(palette)
    n_colours = len(ordered)
    return tuple(Color.from_ansi(ordered[round(k * brightness)]) for k in range(n_colours))


@lru_cache
def _nearest_256(palette: PaletteName) -> tuple[int, ...]:
    """Return fixed colours near to a map, of which each is clearly brighter than the one before, or darker."""
    found: list[tuple[int, float]] = []
    sign = -1.0 if palette == "light" else 1.0
    for colour in colour_map(256, palette=palette):
        number = colour.downgrade(ColorSystem.EIGHT_BIT).number
        assert number is not None
        light = sign * luminance(Color.from_ansi(number))
        if not found or light > found[-1][1] + _LEAST_STEP:
            found.append((number, light))
    return tuple(number for number, _ in found)


def luminance(colour: Color) -> float:
    """Return the relative luminance of a colour, range 0…1 (WCAG)."""
    parts = [channel / 255 for channel in colour.get_truecolor()]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@dataclass(frozen=True)
class Styles:
    """One style for each meaning; each sets its own background where the terminal has 256 colours or more."""

    text: Style
    dim: Style  # names of values, ticks, what has ended
    faint: Style  # borders
    title: Style
    accent: Style  # running events, measured frequency
    good: Style
    info: Style
    warn: Style
    bad: Style
    key: Style
    bar: Style
    bar_near: Style  # score above the threshold, event not (yet) running
    bar_active: Style
    bar_off: Style  # suppressed
    track: Style  # the empty part of a bar
    mark: Style  # threshold at which an event begins
    mark_faint: Style  # threshold below which it ends
    badge_good: Style
    badge_info: Style
    badge_warn: Style
    badge_bad: Style


def _painted(paint: Paint) -> Styles:
    def on(colour: str, background: str = paint.ground, bold: bool = False) -> Style:
        return Style(color=colour, bgcolor=background, bold=bold)

    return Styles(
        text=on(paint.text),
        dim=on(paint.dim),
        faint=on(paint.faint),
        title=on(paint.title, bold=True),
        accent=on(paint.active, bold=True),
        good=on(paint.good),
        info=on(paint.info),
        warn=on(paint.warn, bold=True),
        bad=on(paint.bad, bold=True),
        key=on(paint.title, paint.key_ground, bold=True),
        bar=on(paint.bar),
        bar_near=on(paint.near),
        bar_active=on(paint.active),
        bar_off=on(paint.off),
        track=on(paint.track),
        mark=on(paint.text),
        mark_faint=on(paint.dim),
        badge_good=on(paint.ground, paint.good, bold=True),
        badge_info=on(paint.ground, paint.info, bold=True),
        badge_warn=on(paint.ground, paint.warn, bold=True),
        badge_bad=on(paint.ground, paint.bad, bold=True),
    )


def _sixteen(*, is_light: bool) -> Styles:
    """Return styles on the terminal's own ground; on a light one bright yellow could not be read."""
    plain, bold, dim = Style(), Style(bold=True), Style(dim=True)
    active, warn = ("magenta", "red") if is_light else ("bright_yellow", "yellow")

    def in_(colour: str, background: str | None = None, bold: bool = False) -> Style:
        return Style(color=colour, bgcolor=background, bold=bold)

    return Styles(
        text=plain,
        dim=in_("cyan"),
        faint=in_("blue"),
        title=bold,
        accent=in_(active, bold=True),
        good=in_("green"),
        info=in_("cyan"),
        warn=in_(warn, bold=True),
        bad=in_("bright_red", bold=True),
        key=Style(reverse=True),
        bar=in_("blue"),
        bar_near=in_("cyan" if is_light else "bright_cyan"),
        bar_active=in_(active),
        bar_off=dim,
        track=plain,
        mark=bold,
        mark_faint=plain,
        badge_good=in_("black", "green"),
        badge_info=in_("black", "cyan"),
        badge_warn=in_("black", "yellow"),
        badge_bad=in_("white", "red", bold=True),
    )


def _plain() -> Styles:
    plain, bold, dim, reverse = Style(), Style(bold=True), Style(dim=True), Style(bold=True, reverse=True)
    return Styles(
        text=plain,
        dim=plain,
        faint=dim,
        title=bold,
        accent=bold,
        good=plain,
        info=plain,
        warn=bold,
        bad=bold,
        key=reverse,
        bar=plain,
        bar_near=plain,
        bar_active=bold,
        bar_off=dim,
        track=plain,
        mark=plain,
        mark_faint=plain,
        badge_good=bold,
        badge_info=reverse,
        badge_warn=reverse,
        badge_bad=reverse,
    )


@lru_cache
def styles(colour_system: str | None, palette: PaletteName = "dark") -> Styles:
    """Return the styles for a colour system by its name in rich; None for a terminal without colours."""
    if colour_system in ("truecolor", "256"):
        return _painted(paint(palette, of_256=colour_system == "256"))
    return _plain() if colour_system is None else _sixteen(is_light=palette == "light")


# Eight colours that people of any colour vision tell apart (Okabe and Ito 2008), the last one grey.
_TINTS = (0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x5A8FD6, 0xD55E00, 0xCC79A7, 0xB0B6C0)
_TINTS_16 = ("yellow", "cyan", "green", "bright_yellow", "bright_blue", "red", "magenta", "white")
_TINT_SHARE = 0.42  # of its colour in the ground of a bar


@lru_cache
def label_tints(colour_system: str | None, palette: PaletteName = "dark") -> tuple[tuple[Style, Style], ...]:
    """Return the styles by which labels are told apart: of a bar, and of text on the common ground."""
    chosen = styles(colour_system, palette)
    if colour_system is None:
        return ((chosen.text, chosen.text),)
    if colour_system not in ("truecolor", "256"):
        return tuple((Style(color="black", bgcolor=name), Style(color=name)) for name in _TINTS_16)
    assert chosen.text.bgcolor is not None
    ground = chosen.text.bgcolor.get_truecolor()
    found = []
    for rgb in _TINTS:
        tint = [rgb >> shift & 255 for shift in (16, 8, 0)]
        dark = [round(_TINT_SHARE * a + (1 - _TINT_SHARE) * b) for a, b in zip(tint, ground, strict=True)]
        text_share = 0.6 if palette == "light" else 1.0  # yellow on white could not be read
        bright = Color.from_rgb(*(round(text_share * channel) for channel in tint))
        bar = Style(color=chosen.title.color, bgcolor=Color.from_rgb(*dark))
        found.append((bar, Style(color=bright, bgcolor=chosen.text.bgcolor)))
    return tuple(found)
