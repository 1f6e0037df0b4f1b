"""Choose the tints of rhythms and patterns: the same beside their numbers and over the image."""

from __future__ import annotations

from dataclasses import dataclass

from rich.color import Color
from rich.style import Style

from streamer.dashboard.palettes import GROUND

# Told apart also by people with a colour deficiency (after Okabe and Ito), and all light on the dark ground.
_RHYTHMS = ("#ffa23a", "#3fc79a", "#e88ac4", "#f0e04a", "#ff7a5c", "#9be05a")
_PATTERNS = ("#6cb6ff", "#b59bff", "#5fd7e0", "#9fb4d8")
_CODER = "#7d8899"
_DARKER = 0.55  # of each part of a tint for text on a light ground
_SIXTEEN_RHYTHMS = ("bright_yellow", "bright_green", "bright_magenta", "bright_white", "bright_red", "yellow")
_SIXTEEN_PATTERNS = ("bright_cyan", "bright_blue", "cyan", "blue")


@dataclass(frozen=True)
class Tint:
    """How one rhythm or pattern is marked."""

    rgb: tuple[float, float, float]  # over an image in colours
    text: Style  # of its number
    badge: Style  # of the digit or letter that it is known by


@dataclass(frozen=True)
class Tints:
    """Tints by row; after the last one they begin anew."""

    rhythms: tuple[Tint, ...]
    patterns: tuple[Tint, ...]
    coder: Tint  # of rhythms that the video coder made

    def rhythm(self, row: int, *, is_of_coder: bool = False) -> Tint:
        """Return the tint of the rhythm in a row."""
        return self.coder if is_of_coder else self.rhythms[row % len(self.rhythms)]

    def pattern(self, row: int) -> Tint:
        """Return the tint of the pattern in a row."""
        return self.patterns[row % len(self.patterns)]


def tints_for(colour_system: str | None, ground: str = GROUND) -> Tints:
    """Return the tints for a colour system, by its name in rich (None: without colours), and a ground."""
    if colour_system is None:
        plain = Tint((255.0, 255.0, 255.0), Style(bold=True), Style(bold=True, reverse=True))
        return Tints((plain,), (plain,), Tint(plain.rgb, Style(dim=True), Style(reverse=True)))
    if colour_system in ("truecolor", "256"):
        coder = _tint(_CODER, ground)
        return Tints(tuple(_tint(c, ground) for c in _RHYTHMS), tuple(_tint(c, ground) for c in _PATTERNS), coder)
    rhythms, patterns = (tuple(_tint(c, None) for c in names) for names in (_SIXTEEN_RHYTHMS, _SIXTEEN_PATTERNS))
    return Tints(rhythms, patterns, _tint("white", None))


def _tint(colour: str, ground: str | None) -> Tint:
    """Return a tint; on a light ground its text is darker, as yellow on white could not be read."""
    rgb = Color.parse(colour).get_truecolor()
    is_light = ground is not None and sum(Color.parse(ground).get_truecolor()) > 3 * 128
    of_text = Color.from_rgb(*(round(part * _DARKER) for part in rgb)) if is_light else Color.parse(colour)
    badge = Style(color="black" if is_light or ground is None else ground, bgcolor=colour, bold=True)
    return Tint((rgb.red, rgb.green, rgb.blue), Style(color=of_text, bgcolor=ground, bold=True), badge)


def number_of(row: int) -> str:
    """Return the digit by which the rhythm in a row is known: ``1`` … ``9``, then ``+``."""
    return str(row + 1) if row < 9 else "+"


def letter_of(row: int) -> str:
    """Return the letter by which the pattern in a row is known."""
    return chr(ord("A") + row % 26)
