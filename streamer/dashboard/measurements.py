"""Draw the measurements of an image stream: Hz ± σ and px ± σ, in large digits or in one line, with notes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.text import beside, blank_lines, clean, decibels, fit
from streamer.dashboard.theme import Glyphs, Line, Theme
from streamer.messages import Direction, LatticeVector, Spatial, Temporal, TemporalComponent
from streamer.monitor.snapshot import ImageView
from streamer.rhythm_unit import RhythmUnit
from streamer.sinks.log import scaled_text
from streamer.text import value_and_sigma

_WAIT_SHOWN_S = 60.0  # how long the seconds before the first measurement are shown
_SPLIT_WIDTH = 80  # cells from which both measurements stand side by side

_MISSING: dict[str, str] = {
    "none": "nothing periodic in time",
    "too_short": "too few images",
    "too_irregular": "images too irregular",
    "changing": "frequency too unsteady",
}

_Note = tuple[tuple[str, ...], Style]  # wordings of the same, the longest first, and their style


@dataclass(frozen=True)
class _Figure:
    """Texts of one measurement, to be drawn large or in one line."""

    value: str  # empty where there is none
    unit: str
    sigma: str
    aside: str  # beside it
    notes: tuple[_Note, ...]  # below it
    missing: str  # shown where there is no value
    style: Style


def measurements_height(width: int, height: int) -> int:
    """Return how many of ``height`` lines the measurements take; the spectra below them get the rest."""
    if width >= _SPLIT_WIDTH:
        return 5 if height >= 9 else min(height, 4)
    for enough, n_lines in ((26, 10), (15, 8), (11, 6), (8, 5)):
        if height >= enough:
            return n_lines
    return height


def measurement_lines(
    view: ImageView, position_s: float, width: int, n_lines: int, theme: Theme, dimmed: bool
) -> list[Line]:
    """Return both measurements in ``n_lines`` lines of ``width`` cells.

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
    found = view.temporal if view.temporal and view.temporal.components else None
    time = _temporal_figure(found, theme) if found else _missing_figure(view, position_s, theme)
    time = replace(time, notes=(*time.notes, *_region_notes(view, theme)))
    space = _spatial_figure(view.spatial, theme)
    if width >= _SPLIT_WIDTH and n_lines >= 4:
        left = width // 2
        lines = beside(_figure_lines(time, left, n_lines, theme), _figure_lines(space, width - left, n_lines, theme))
    elif n_lines >= 8:
        n_above = (n_lines + 1) // 2
        lines = _figure_lines(time, width, n_above, theme) + _figure_lines(space, width, n_lines - n_above, theme)
    elif n_lines >= 5:
        first, second = (space, time) if not time.value and space.value else (time, space)
        lines = _figure_lines(first, width, 4, theme) + _figure_lines(second, width, n_lines - 4, theme)
    else:
        n_below = n_lines // 2
        lines = _figure_lines(time, width, n_lines - n_below, theme) + _figure_lines(space, width, n_below, theme)
    if dimmed:
        lines = [[Segment(segment.text, theme.styles.dim) for segment in line] for line in lines]
    return lines


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


def _region_notes(view: ImageView, theme: Theme) -> list[_Note]:
    """Return a line for each region with what was measured in it."""
    notes: list[_Note] = []
    for each in view.regions:
        found = [short_text(part, theme.glyphs) for part in (each.temporal, each.spatial) if part]
        text = "  ".join(filter(None, found)) or theme.glyphs.ellipsis
        notes.append(((f"{each.region.name}: {text}",), theme.styles.accent))
    return notes


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
    figure = _temporal_figure(found, theme) if isinstance(found, Temporal) else _spatial_figure(found, theme)
    properties = [figure.aside, *(texts[0] for texts, _ in figure.notes)]
    text = f"{figure.value} {figure.unit} {theme.glyphs.plus_minus} {figure.sigma}"
    return clean(text, theme.glyphs.ascii_only), clean("; ".join(properties), theme.glyphs.ascii_only)


def _missing_figure(view: ImageView, position_s: float, theme: Theme) -> _Figure:
    text = _MISSING.get(view.temporal.status if view.temporal else "none", _MISSING["none"])
    if not view.temporal_known:
        waited = f" {position_s:.0f} s" if 0 <= position_s < _WAIT_SHOWN_S else ""
        text = f"measuring {theme.glyphs.ellipsis}{waited}"
    return _Figure("", "Hz", "", "", (), text, theme.styles.dim)


def _temporal_figure(found: Temporal, theme: Theme) -> _Figure:
    """Return the first rhythm, with the others and what else it may be below it."""
    g, s = theme.glyphs, theme.styles
    first, *others = found.components
    value, sigma = value_and_sigma(*found.unit.converted(first.hz, first.hz_sigma))
    notes: list[_Note] = []
    if found.unit.name != "hz":
        hz, hz_sigma = value_and_sigma(first.hz, first.hz_sigma)
        note = f"{found.unit.note(first.hz)} {g.dot} " if found.unit.name == "note" else ""
        notes.append(((f"{note}{hz} {g.plus_minus} {hz_sigma} Hz", f"{note}{hz} Hz"), s.text))
    if found.count is not None and found.unit.name in ("bpm", "rpm"):
        n, spread = int(found.count.n), max(1, round(found.count.sigma))
        notes.append(((f"{n} {g.plus_minus} {spread} repetitions", f"{n} times"), s.text))
    if first.mains_hz is not None:
        is_folded = abs(first.hz - first.mains_hz) > 1.0 + 3 * first.hz_sigma
        notes.append(((f"{first.mains_hz} Hz mains flicker{', folded' if is_folded else ''}", "mains"), s.warn))
    if others:
        unit = found.unit.symbol
        figures = [value_and_sigma(*found.unit.converted(each.hz, each.hz_sigma)) for each in others]
        names = [f"{found.unit.note(each.hz)} ".lstrip() for each in others]
        long = ", ".join(
            f"{name}{each} {g.plus_minus} {sigma}" for name, (each, sigma) in zip(names, figures, strict=True)
        )
        short = ", ".join(f"{name}{each}" for name, (each, _) in zip(names, figures, strict=True))
        notes.append(((f"and {long} {unit}", f"and {short} {unit}", f"+{len(others)}"), s.accent))
    if first.alias_hz:
        rivals = [", ".join(f"{hz:.4g}" for hz in first.alias_hz[:n]) for n in (3, 2, 1)]
        texts = [f"or {hz} Hz: above half the image rate" for hz in rivals]
        texts += [f"or {hz} Hz by aliasing" for hz in rivals[1:]]
        notes.append((tuple(dict.fromkeys([*texts, f"or {rivals[-1]} Hz"])), s.dim))
    cells = f"{first.n_cells} cell{'' if first.n_cells == 1 else 's'}"
    aside = f"{decibels(first.snr_db, g, 0)} dB {g.dot} {cells}"
    return _Figure(value, found.unit.symbol, sigma, aside, tuple(notes), "", s.accent)


def _spatial_figure(found: Spatial | None, theme: Theme) -> _Figure:
    """Return the first pattern, with its second vector and the other patterns below it."""
    g, s = theme.glyphs, theme.styles
    if found is None or not found.components:
        missing = "pattern too fine to measure" if found and found.status == "too_fine" else "no pattern in space"
        return _Figure("", "px", "", "", (), missing, s.dim)
    component, *others = found.components
    first = component.vectors[0]
    value, sigma = value_and_sigma(first.period_px, first.period_px_sigma)
    quality = f"contrast {component.contrast:.2f} {g.dot} {decibels(component.snr_db, g, 0)} dB"
    notes: list[_Note] = [((f"{component.lattice} {g.dot} {quality}", component.lattice), s.text)]
    if first.period_range_px:
        low, high = (f"{end:.4g}" for end in first.period_range_px)
        notes.append(((f"from {low} to {high} px over the image", f"{low} to {high} px"), s.text))
    if found.px_per_mm:
        texts = [scaled_text(vector, found.px_per_mm, g.plus_minus) for vector in component.vectors]
        notes.append(((" and ".join(texts), texts[0], texts[0].partition(",")[0]), s.text))
    if component.second:
        period, period_sigma = value_and_sigma(component.second.period_px, component.second.period_px_sigma)
        at = _angle_text(component.second, g)
        notes.append(((f"and {period} px {g.plus_minus} {period_sigma} {at}", f"and {period} px"), s.text))
    if others:
        periods = [value_and_sigma(o.vectors[0].period_px, o.vectors[0].period_px_sigma)[0] for o in others]
        named = ", ".join(f"{o.lattice} {period} px" for o, period in zip(others, periods, strict=True))
        notes.append(((f"elsewhere {named}", f"elsewhere {', '.join(periods)} px", f"+{len(others)}"), s.info))
    return _Figure(value, "px", sigma, _angle_text(first, g), tuple(notes), "", s.info + Style(bold=True))


def _angle_text(vector: LatticeVector, glyphs: Glyphs) -> str:
    angle, sigma = value_and_sigma(vector.angle_deg, vector.angle_deg_sigma)
    if angle != "?" and float(angle) == -90:
        angle = angle[1:]  # rounded to the open end of −90° < angle ≤ 90°: the same direction as 90°
    return f"at {angle.replace('-', glyphs.minus)}{glyphs.angle} {glyphs.plus_minus} {sigma}"


def _figure_lines(figure: _Figure, width: int, n_lines: int, theme: Theme) -> list[Line]:
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
        digits = large(figure.value, g) if n_lines >= 3 else None
        n_aside = width - len(digits[0]) - 2 if digits else 0
        if digits and n_aside >= max(len(spread), 2):
            aside = (figure.unit, spread, figure.aside if len(figure.aside) <= n_aside else "")
            lines = [
                [Segment(shape, figure.style), Segment("  ", s.text), Segment(fit(text, n_aside, g), style)]
                for shape, text, style in zip(digits, aside, (s.title, s.title, s.dim), strict=True)
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


def _one_line(figure: _Figure, spread: str, width: int, theme: Theme) -> Line:
    """Return ``3.600 Hz ± 0.004  31 dB · 47 cells`` as far as it fits."""
    g, s = theme.glyphs, theme.styles
    line: Line = []
    room = width
    parts = ((f"{figure.value} {figure.unit}", figure.style), (f" {spread}", s.title), (f"  {figure.aside}", s.dim))
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
}


def large(number: str, glyphs: Glyphs) -> tuple[str, str, str] | None:
    """Return a number in large digits, three lines of the same width; None unless it is digits, point and minus."""
    shapes = _LINES if glyphs.ascii_only else _BLOCKS
    if not number or any(character not in shapes for character in number):
        return None
    first, second, third = (" ".join(shapes[character][line] for character in number) for line in range(3))
    return first, second, third
