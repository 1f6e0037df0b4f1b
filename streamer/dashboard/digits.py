"""Draw numbers in large digits, each character three lines high."""

from __future__ import annotations

from streamer.dashboard.theme import Glyphs

_NO_POINT = "\u2009"  # a thin space: in the place of a point

# Shapes of the large digits, three lines each.
_BLOCKS = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    ".": (" ", " ", "▀"),
    "-": ("   ", "▀▀▀", "   "),
    " ": ("   ", "   ", "   "),
    _NO_POINT: (" ", " ", " "),
}
_LINES = {
    "0": (" _ ", "| |", "|_|"),
    "1": ("   ", "  |", "  |"),
    "2": (" _ ", " _|", "|_ "),
    "3": (" _ ", " _|", " _|"),
    "4": ("   ", "|_|", "  |"),
    "5": (" _ ", "|_ ", " _|"),
    "6": (" _ ", "|_ ", "|_|"),
    "7": (" _ ", "  |", "  |"),
    "8": (" _ ", "|_|", "|_|"),
    "9": (" _ ", "|_|", " _|"),
    ".": (" ", " ", "."),
    "-": ("   ", " _ ", "   "),
    " ": ("   ", "   ", "   "),
    _NO_POINT: (" ", " ", " "),
}


def large(number: str, glyphs: Glyphs) -> tuple[str, str, str] | None:
    """Return a number in large digits, three lines of the same width; None unless it is made of their characters."""
    shapes = _LINES if glyphs.ascii_only else _BLOCKS
    if not number.strip() or any(character not in shapes for character in number):
        return None
    first, second, third = (" ".join(shapes[character][line] for character in number) for line in range(3))
    return first, second, third


def padded(number: str, n_whole: int, n_decimals: int) -> str:
    """Return a number with blanks for the digits that it may have, so that its point stays where it is."""
    whole, point, decimals = number.partition(".")
    return f"{whole.rjust(n_whole)}{point or _NO_POINT}{decimals.ljust(n_decimals)}"
