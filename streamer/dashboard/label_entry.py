"""LabelEntry: choose a label by its number, or type one; shared by the dashboard and by `streamer review`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.segment import Segment

from streamer.dashboard.text import clean, fit
from streamer.dashboard.theme import Line, Theme

ENTER, ERASE = ("enter", "\r", "\n"), ("backspace", "\x7f", "\b")
HOW = "a number, or type a label and press Enter; Enter alone goes back"
_MOST = 9  # choices: each has a digit
_WIDTH, _NARROWEST = 44, 12  # cells of the box


@dataclass(frozen=True)
class LabelEntry:
    """A label that is being chosen."""

    known: Sequence[str]  # labels that may be meant, the most probable first
    typed: str = ""
    question: str = ""  # what the label is for

    @property
    def choices(self) -> list[str]:
        """Known labels that begin with what is typed, of which a number takes one."""
        typed = self.typed.casefold()
        return [label for label in self.known if label.casefold().startswith(typed)][:_MOST]

    def press(self, key: str) -> LabelEntry | str:
        """Return the entry after a key, or the label that it completes: empty where none is wanted any more."""
        if key in ENTER:
            typed = self.typed.strip()
            same = [label for label in self.known if label.casefold() == typed.casefold()]
            return same[0] if same else typed
        if key == "escape":
            return ""
        if key in ERASE:
            return replace(self, typed=self.typed[:-1])
        if key.isdecimal() and not self.typed and len(key) == 1 and 0 < int(key) <= len(self.choices):
            return self.choices[int(key) - 1]
        return replace(self, typed=self.typed + key) if len(key) == 1 and key.isprintable() else self


def label_box(entry: LabelEntry, width: int, height: int, theme: Theme) -> list[Line]:
    """Return a box of at most ``width`` × ``height`` cells with what is typed and the choices."""
    g, s = theme.glyphs, theme.styles
    inner = min(width - 4, _WIDTH)
    n_choices = min(len(entry.choices), height - 4)
    if inner < _NARROWEST or height < 4:
        return []
    title = fit(f" {entry.question} ", min(cell_len(clean(entry.question, g.ascii_only)) + 2, inner), g)
    top = f"{g.corners[0]}{g.horizontal}{title}{g.horizontal * (inner + 1 - cell_len(title))}{g.corners[1]}"
    rows = [
        (f"label: {entry.typed}_", s.accent),
        *((f"{k} {label}", s.text) for k, label in enumerate(entry.choices[:n_choices], 1)),
        ("number, or type and Enter; Esc goes back", s.dim),
    ]
    edge, side = g.horizontal * (inner + 2), Segment(g.vertical, s.title)
    return [
        [Segment(top, s.title)],
        *([side, Segment(f" {fit(text, inner, g)} ", style), side] for text, style in rows),
        [Segment(f"{g.corners[2]}{edge}{g.corners[3]}", s.title)],
    ]
