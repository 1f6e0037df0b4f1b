"""The marks of the dashboard: one table from which the help explains them, drawn as they are on the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from streamer.dashboard.theme import Theme
from streamer.dashboard.tints import letter_of, number_of
from streamer.messages import Medium


@dataclass(frozen=True)
class Mark:
    """Something on the screen, and what it means."""

    shown: tuple[tuple[str, Style], ...]  # as it is drawn
    meaning: str
    medium: Medium | None = None  # of the streams on whose panels alone it is

    @property
    def text(self) -> str:
        """What is drawn, without styles."""
        return "".join(text for text, _ in self.shown)


def marks(theme: Theme, media: frozenset[Medium]) -> list[Mark]:
    """Return the marks on panels of these media."""
    table = [*_of_all(theme), *_of_sound(theme), *_of_images(theme), *_of_health(theme)]
    return [mark for mark in table if mark.medium is None or mark.medium in media]


def _of_all(theme: Theme) -> list[Mark]:
    g, s = theme.glyphs, theme.styles
    slab = g.slab if theme.painted else g.across[-1]
    return [
        Mark(((g.bullet, s.good),), "the stream is running; else its state and the reason"),
        Mark(((slab * 3, s.bar), (g.on, s.mark)), "score of a label; an event begins at this mark"),
        Mark(((slab * 3, s.bar), (g.off, s.mark_faint)), "the event ends below this mark"),
        Mark(((slab * 3, s.bar_active), (" orange", s.accent)), "its event goes on"),
        Mark(((slab * 3, s.bar_near), (" bold", s.title)), "above the mark, not confirmed yet"),
        Mark(((slab * 3, s.bar_off), (" grey", s.dim)), "no event can begin, for the reason beside it"),
        Mark(((g.running, s.accent),), "an event that goes on"),
        Mark((("lost 12, !", s.warn),), "samples or images were lost during the event"),
        Mark((("0.97", s.text),), "highest score of an event"),
        Mark(((g.plus_minus, s.title),), "standard uncertainty of a measurement"),
    ]


def _of_sound(theme: Theme) -> list[Mark]:
    g, s = theme.glyphs, theme.styles
    of_bar, of_text = theme.tints[0]
    return [
        Mark((("dark", s.dim), (" bright", s.title)), "quiet and loud", "sound"),
        Mark(((f"{g.on} ", of_bar), (" label", of_text)), "below the picture: an event, in its label's tint", "sound"),
        Mark((("level", s.good), (g.peak, s.warn)), "loudness now (bar), its peak (mark); CLIP: distorted", "sound"),
    ]


def _of_images(theme: Theme) -> list[Mark]:
    g, s, tints = theme.glyphs, theme.styles, theme.component_tints
    digits = tuple((f"{number_of(row)}", tints.rhythm(row).badge) for row in range(4))
    letters = tuple((f"{letter_of(row)}", tints.pattern(row).badge) for row in range(4))
    sparks = f"{g.upward[1]}{g.upward[len(g.upward) // 2]}{g.upward[-1]}" if not g.ascii_only else "_-^"
    heat = theme.heat.lines(_all_levels(theme))[0]
    bar = tuple((cell.text, cell.style) for cell in heat if cell.style is not None)
    texts = [
        (digits, "rhythms; each keeps its digit, its row and its tint while it is found"),
        (letters, "patterns, likewise"),
        ((("tint", tints.rhythm(0).text),), "over the image: the cells of the rhythm of this tint"),
        ((("frame", tints.pattern(0).text),), "over the image: around the pattern of this tint"),
        ((("region 1", s.badge_info),), "a region that is measured on its own"),
        ((("region 2", s.badge_warn),), "a region that is being chosen"),
        (((sparks, tints.rhythm(0).text), (g.track if not g.ascii_only else ".", s.faint)),
         "low to high over the last ten minutes; a dot: it was not there"),
        ((("steady", s.text),),
         "kind: also drifting, pulse train, pulse, mains, video coder (made by it, not in the scene)"),
        ((("gone 3 s", s.dim),), "not found any more, for so long"),
        (((f"until {g.minus}2 s", s.dim),), "a rhythm was there so long before now, not for all of the window"),
        ((("px, grey", s.text),), "greatest displacement of a movement (mm with a scale), else grey levels"),
        ((("dB, cells", s.dim),), "how far a rhythm stands out, and in how many places"),
        ((("or 26 Hz", s.dim),), "would look the same at this image rate, or explains it nearly as well"),
        ((("contrast", s.dim),), "of a pattern; 1: from black to white"),
        ((("5", s.dim), (g.running, tints.rhythm(0).text)), "at a spectrum: the rhythm or pattern of this tint"),
        ((*bar, (" dB", s.dim)), "from weak to strong; the title of a spectrum has both levels"),
    ]  # fmt: skip
    return [Mark(shown, meaning, "images") for shown, meaning in texts]


def _all_levels(theme: Theme) -> NDArray[np.int16]:
    """Return the levels of a short bar from the darkest to the brightest colour."""
    steps = np.linspace(0, theme.heat.n_levels - 1, 6).astype(np.int16)
    return np.repeat(steps[None, :], theme.heat.rows_per_cell, axis=0)


def _of_health(theme: Theme) -> list[Mark]:
    s = theme.styles
    return [
        Mark((("real-time", s.dim),), "seconds of work for a second of the stream; below 1 is fast enough"),
        Mark((("latency", s.dim),), "from the sound or image to its scores: median and slowest hundredth"),
        Mark((("yellow", s.warn), (" red", s.bad)), "asks for attention, results suffer"),
        Mark((("HELD", s.badge_warn),), "the screen stands still, the streams go on"),
    ]
