"""Colours: a perceptually ordered dark colour map, and the styles of every part for each kind of terminal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rich.color import Color
from rich.style import Style

# Night sky → indigo → purple → rose → orange → pale yellow; the luminance only rises.
_CONTROL = (
    (0.00, 0x0C0F16),
    (0.14, 0x17163C),
    (0.30, 0x41196B),
    (0.46, 0x82267F),
    (0.62, 0xC83E70),
    (0.76, 0xF2705A),
    (0.89, 0xFDB468),
    (1.00, 0xFFF6C6),
)


@lru_cache
def colour_map(n_colours: int, brightness: float = 1.0) -> tuple[Color, ...]:
    """Colours of the spectrogram from silence to loud.

    Parameters
    ----------
    n_colours : int
        Colours to give, at least 2.
    brightness : float
        Factor on every channel, range 0…1; below 1 the picture steps back behind a message.
    """
    at = np.linspace(0.0, 1.0, n_colours)
    position = [p for p, _ in _CONTROL]
    channels = [np.interp(at, position, [rgb >> shift & 255 for _, rgb in _CONTROL]) for shift in (16, 8, 0)]
    rgb = np.rint(np.stack(channels, axis=1) * brightness).astype(int)
    return tuple(Color.from_rgb(*map(int, row)) for row in rgb)


@dataclass(frozen=True)
class Styles:
    """One style for each meaning; every one paints its own background where the terminal has colours."""

    text: Style
    dim: Style  # names of values, ticks, what is over
    faint: Style  # borders
    title: Style
    accent: Style  # what is heard now
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
    mark_faint: Style  # … below which it ends
    badge_good: Style
    badge_info: Style
    badge_warn: Style
    badge_bad: Style


def _painted() -> Styles:
    ground, track = "#0c0f16", "#171c27"
    bar, near, active, off = "#3f6591", "#79b0e0", "#ffb45e", "#39404d"

    def on(colour: str, background: str = ground, bold: bool = False) -> Style:
        return Style(color=colour, bgcolor=background, bold=bold)

    return Styles(
        text=on("#c7d0dd"),
        dim=on("#7d8899"),
        faint=on("#2f3846"),
        title=on("#eef3f8", bold=True),
        accent=on(active, bold=True),
        good=on("#6fd08c"),
        info=on("#6cb6ff"),
        warn=on("#f2c14e", bold=True),
        bad=on("#ff6b6b", bold=True),
        key=on("#eef3f8", "#232b38", bold=True),
        bar=on(bar),
        bar_near=on(near),
        bar_active=on(active),
        bar_off=on(off),
        track=on(track),
        mark=on("#d5dde8"),
        mark_faint=on("#7d8899"),
        badge_good=on(ground, "#6fd08c", bold=True),
        badge_info=on(ground, "#6cb6ff", bold=True),
        badge_warn=on(ground, "#f2c14e", bold=True),
        badge_bad=on(ground, "#ff6b6b", bold=True),
    )


def _sixteen() -> Styles:
    plain, bold, dim = Style(), Style(bold=True), Style(dim=True)

    def in_(colour: str, background: str | None = None, bold: bool = False) -> Style:
        return Style(color=colour, bgcolor=background, bold=bold)

    return Styles(
        text=plain,
        dim=in_("cyan"),
        faint=in_("blue"),
        title=bold,
        accent=in_("bright_yellow", bold=True),
        good=in_("green"),
        info=in_("cyan"),
        warn=in_("yellow", bold=True),
        bad=in_("bright_red", bold=True),
        key=Style(reverse=True),
        bar=in_("blue"),
        bar_near=in_("bright_cyan"),
        bar_active=in_("bright_yellow"),
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
def styles(colour_system: str | None) -> Styles:
    """The styles for a terminal's colours, by rich's name of them (None: no colour at all)."""
    if colour_system in ("truecolor", "256"):
        return _painted()
    return _plain() if colour_system is None else _sixteen()
