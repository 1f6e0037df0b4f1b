"""Define the colours: a dark, perceptually ordered colour map, and the styles for each kind of terminal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rich.color import Color
from rich.style import Style

GROUND = "#0c0f16"  # background of a screen in true colour
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
    """Return the colours of the spectrogram from silence to loud.

    Parameters
    ----------
    n_colours : int
        Number of colours, at least 2.
    brightness : float
        Factor on every channel, range 0…1; below 1 where a message is shown over the spectrogram.
    """
    at = np.linspace(0.0, 1.0, n_colours)
    position = [p for p, _ in _CONTROL]
    channels = [np.interp(at, position, [rgb >> shift & 255 for _, rgb in _CONTROL]) for shift in (16, 8, 0)]
    rgb = np.rint(np.stack(channels, axis=1) * brightness).astype(int)
    return tuple(Color.from_rgb(*map(int, row)) for row in rgb)


_ORDERED_256 = (232, 233, 17, 53, 54, 90, 125, 161, 167, 203, 209, 215, 222, 229)


def colour_map_256(brightness: float = 1.0) -> tuple[Color, ...]:
    """Return the colour map for a terminal with 256 colours: the fixed colours nearest to it, in order."""
    n_colours = len(_ORDERED_256)
    return tuple(Color.from_ansi(_ORDERED_256[round(k * brightness)]) for k in range(n_colours))


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


@dataclass(frozen=True)
class _Paint:
    """Names of the colours of a terminal with 256 colours or more, as rich understands them."""

    ground: str
    track: str
    key_ground: str
    text: str
    dim: str
    faint: str
    title: str
    good: str
    info: str
    warn: str
    bad: str
    bar: str
    near: str
    active: str
    off: str


_TRUE_COLOUR = _Paint(
    ground=GROUND, track="#171c27", key_ground="#232b38",
    text="#c7d0dd", dim="#7d8899", faint="#2f3846", title="#eef3f8",
    good="#6fd08c", info="#6cb6ff", warn="#f2c14e", bad="#ff6b6b",
    bar="#3f6591", near="#79b0e0", active="#ffb45e", off="#39404d",
)  # fmt: skip
_256 = _Paint(
    ground="color(233)", track="color(235)", key_ground="color(237)",
    text="color(252)", dim="color(245)", faint="color(238)", title="color(231)",
    good="color(114)", info="color(75)", warn="color(221)", bad="color(203)",
    bar="color(67)", near="color(117)", active="color(215)", off="color(240)",
)  # fmt: skip


def _painted(paint: _Paint) -> Styles:
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
    """Return the styles for a colour system by its name in rich; None for a terminal without colours."""
    if colour_system in ("truecolor", "256"):
        return _painted(_256 if colour_system == "256" else _TRUE_COLOUR)
    return _plain() if colour_system is None else _sixteen()


# Eight colours that people of any colour vision tell apart (Okabe and Ito 2008), the last one grey.
_TINTS = (0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x5A8FD6, 0xD55E00, 0xCC79A7, 0xB0B6C0)
_TINTS_16 = ("yellow", "cyan", "green", "bright_yellow", "bright_blue", "red", "magenta", "white")
_TINT_SHARE = 0.42  # of its colour in the ground of a bar


@lru_cache
def label_tints(colour_system: str | None) -> tuple[tuple[Style, Style], ...]:
    """Return the styles by which labels are told apart: of a bar, and of text on the common ground."""
    chosen = styles(colour_system)
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
        bright = Color.from_rgb(*tint)
        bar = Style(color=chosen.title.color, bgcolor=Color.from_rgb(*dark))
        found.append((bar, Style(color=bright, bgcolor=chosen.text.bgcolor)))
    return tuple(found)
