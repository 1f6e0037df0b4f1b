"""Draw one measurement with its uncertainty: in large digits or in one line, with notes below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.component_rows import joined, whole_digits
from streamer.dashboard.component_texts import (
    amplitude_text,
    angle_text,
    kind_text,
    mains_text,
    pattern_details,
    span_text,
)
from streamer.dashboard.components import missing_pattern, missing_rhythm
from streamer.dashboard.digits import large, padded
from streamer.dashboard.text import blank_lines, clean, decibels, fit
from streamer.dashboard.theme import Line, Theme
from streamer.messages import Spatial, Temporal
from streamer.monitor.snapshot import ImageView
from streamer.text import value_and_sigma

_N_TREND = 8  # cells of a trend at least

Note = tuple[tuple[str, ...], Style]  # wordings of the same, the longest first, and their style


@dataclass(frozen=True)
class Figure:
    """Texts of one measurement, to be drawn large or in one line."""

    value: str  # empty where there is none
    unit: str
    sigma: str
    aside: tuple[str, ...]  # beside it, the most important first
    notes: tuple[Note, ...]  # below it
    missing: str  # shown where there is no value
    style: Style
    n_whole: int = 0  # digits before the point for which there is room, so that it stays where it is
    trend: Callable[[int], Line] | None = None  # draws the trend in so many cells


def missing_figure(view: ImageView, position_s: float, theme: Theme) -> Figure:
    """Return that there is no rhythm, and why."""
    return Figure("", "Hz", "", (), (), missing_rhythm(view, position_s, theme), theme.styles.dim)


def rhythm_figure(found: Temporal, theme: Theme, row: int = 0, trend: Callable[[int], Line] | None = None) -> Figure:
    """Return the first rhythm, with the others and what else it may be below it."""
    g, s = theme.glyphs, theme.styles
    first, *others = found.components
    value, sigma = value_and_sigma(*found.unit.converted(first.hz, first.hz_sigma))
    notes: list[Note] = []
    if found.unit.name != "hz":
        hz, hz_sigma = value_and_sigma(first.hz, first.hz_sigma)
        note = f"{found.unit.note(first.hz)} {g.dot} " if found.unit.name == "note" else ""
        notes.append(((f"{note}{hz} {g.plus_minus} {hz_sigma} Hz", f"{note}{hz} Hz"), s.text))
    if found.count is not None and found.unit.name in ("bpm", "rpm"):
        n, spread = int(found.count.n), max(1, round(found.count.sigma))
        notes.append(((f"{n} {g.plus_minus} {spread} repetitions", f"{n} times"), s.text))
    if first.mains_hz is not None:
        notes.append(((mains_text(first), "mains"), s.warn))
    if first.what == "pulse":
        notes.append((("pulse, by the colour of skin", "pulse"), s.text))
    if others:
        unit = found.unit.symbol
        figures = [value_and_sigma(*found.unit.converted(each.hz, each.hz_sigma)) for each in others]
        names = [f"{found.unit.note(each.hz)} ".lstrip() for each in others]
        long = ", ".join(
            f"{name}{each} {g.plus_minus} {sigma}" for name, (each, sigma) in zip(names, figures, strict=True)
        )
        short = ", ".join(f"{name}{each}" for name, (each, _) in zip(names, figures, strict=True))
        notes.append(((f"and {long} {unit}", f"and {short} {unit}", f"+{len(others)}"), s.accent))
    if span := span_text(first, found, g):
        notes.append(((span,), s.text))
    if first.alias_hz:
        rivals = [", ".join(f"{hz:.4g}" for hz in first.alias_hz[:n]) for n in (3, 2, 1)]
        texts = [f"or {hz} Hz: above half the image rate" for hz in rivals]
        texts += [f"or {hz} Hz by aliasing" for hz in rivals[1:]]
        notes.append((tuple(dict.fromkeys([*texts, f"or {rivals[-1]} Hz"])), s.dim))
    cells = f"{first.n_cells} cell{'' if first.n_cells == 1 else 's'}"
    amplitude = amplitude_text(first, found.px_per_mm, g)
    aside = tuple(filter(None, (kind_text(first), amplitude, f"{decibels(first.snr_db, g, 0)} dB", cells)))
    style, whole = theme.component_tints.rhythm(row).text, whole_digits(found)
    return Figure(value, found.unit.symbol, sigma, aside, tuple(notes), "", style, whole, trend)


def pattern_figure(found: Spatial | None, theme: Theme, row: int = 0) -> Figure:
    """Return the first pattern, with its second vector and the other patterns below it."""
    g, s = theme.glyphs, theme.styles
    if found is None or not found.components:
        return Figure("", "px", "", (), (), missing_pattern(found), s.dim)
    component, *others = found.components
    first = component.vectors[0]
    value, sigma = value_and_sigma(first.period_px, first.period_px_sigma)
    quality = f"contrast {component.contrast:.2f} {g.dot} {decibels(component.snr_db, g, 0)} dB"
    notes: list[Note] = [((f"{component.lattice} {g.dot} {quality}", component.lattice), s.text)]
    notes += [(texts, s.text) for texts in pattern_details(component, found.px_per_mm, g)]
    if others:
        periods = [value_and_sigma(o.vectors[0].period_px, o.vectors[0].period_px_sigma)[0] for o in others]
        named = ", ".join(f"{o.lattice} {period} px" for o, period in zip(others, periods, strict=True))
        notes.append(((f"elsewhere {named}", f"elsewhere {', '.join(periods)} px", f"+{len(others)}"), s.info))
    style = theme.component_tints.pattern(row).text
    return Figure(value, "px", sigma, (f"at {angle_text(first, g)}",), tuple(notes), "", style)


def figure_lines(figure: Figure, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return a measurement with its notes in ``n_lines`` lines of ``width`` cells, large where there is room."""
    g, s = theme.glyphs, theme.styles
    lines: list[Line]
    if not figure.value:
        words = fit(figure.missing, width, g)
        before = min(n_lines // 3, 1)
        lines = [*blank_lines(before, width, theme), [Segment(words, figure.style)]]
        n_rest = n_lines - len(lines)
        lines += [[Segment(fit(texts[0], width, g), style)] for texts, style in figure.notes[:n_rest]]
    else:
        spread = f"{g.plus_minus} {figure.sigma}"
        digits = _digits(figure, width - 2 - max(cell_len(spread), 2), theme) if n_lines >= 3 else None
        if digits:
            n_aside = width - len(digits[0]) - 2
            aside = joined([(each,) for each in figure.aside], n_aside, f" {g.dot} ")
            n_trend = n_aside - len(figure.unit) - 2 if figure.trend else 0
            unit = fit(figure.unit, n_aside - n_trend if n_trend >= _N_TREND else n_aside, g)
            beside_digits: list[Line] = [
                [Segment(unit, s.title)],
                [Segment(fit(spread, n_aside, g), s.title)],
                [Segment(fit(aside, n_aside, g), s.dim)],
            ]
            if figure.trend and n_trend >= _N_TREND:
                beside_digits[0] += figure.trend(n_trend)
            lines = [
                [Segment(shape, figure.style), Segment("  ", s.text), *line]
                for shape, line in zip(digits, beside_digits, strict=True)
            ]
        else:
            lines = [_one_line(figure, spread, width, theme)]
        n_rest = n_lines - len(lines)
        notes = [(_fitting(texts, width), style) for texts, style in figure.notes[: max(n_rest, 0)]]
        if len(figure.notes) > n_rest == 1:
            # The notes on the mains and on the aliases qualify each other: both in one line where they fit.
            (first, style), (second, _) = figure.notes[:2]
            together = tuple(f"{a} {g.dot} {b}" for a in first for b in second)
            notes = [(_fitting((*together, first[0]), width), style)]
        lines += [[Segment(fit(text, width, g), style)] for text, style in notes]
    return (lines + blank_lines(n_lines - len(lines), width, theme))[:n_lines]


def _digits(figure: Figure, width: int, theme: Theme) -> tuple[str, str, str] | None:
    """Return the value in large digits, with room for other values where that fits; None where it does not fit."""
    for text in (padded(figure.value, figure.n_whole, 4), figure.value):
        shapes = large(text, theme.glyphs)
        if shapes and len(shapes[0]) <= width:
            return shapes
    return None


def _one_line(figure: Figure, spread: str, width: int, theme: Theme) -> Line:
    """Return ``3.600 Hz ± 0.004  31 dB · 47 cells`` as far as it fits."""
    g, s = theme.glyphs, theme.styles
    line: Line = []
    room = width
    n_first = len(figure.value) + len(figure.unit) + len(spread) + 2
    aside = joined([(each,) for each in figure.aside], width - n_first - 2, f" {g.dot} ")
    parts = ((f"{figure.value} {figure.unit}", figure.style), (f" {spread}", s.title), (f"  {aside}", s.dim))
    for k, (text, style) in enumerate(parts):
        text = clean(text, g.ascii_only)
        if k and len(text) > room:
            break
        line.append(Segment(fit(text, min(len(text), room), g), style))
        room -= min(len(text), room)
    return [*line, Segment(" " * room, s.text)]


def _fitting(texts: tuple[str, ...], width: int) -> str:
    """Return the first text that fits, or the last, which is the shortest."""
    return next((text for text in texts if cell_len(text) <= width), texts[-1])
