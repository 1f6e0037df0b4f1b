"""Say in words what is known of a rhythm or pattern: kind, amplitude, place, time span, what else it may be."""

from __future__ import annotations

import math

import numpy as np

from streamer.dashboard.text import decibels
from streamer.dashboard.theme import Glyphs
from streamer.messages import LatticeVector, SpatialComponent, Temporal, TemporalComponent
from streamer.rhythm_unit import RhythmUnit
from streamer.sinks.log import scaled_text
from streamer.text import value_and_sigma

_KINDS = {"pulse_train": "pulse train", "coder": "video coder"}
_MARGIN_S = 0.25  # a rhythm that begins or ends so near to the ends of the window lasts for all of it
_MOST_ALIASES = 3


def kind_text(rhythm: TemporalComponent) -> str:
    """Return what a rhythm is: ``steady``, ``drifting``, ``pulse train``, ``mains``, ``video coder``."""
    return "mains" if rhythm.mains_hz is not None else _KINDS.get(rhythm.what, rhythm.what)


def amplitude_text(rhythm: TemporalComponent, px_per_mm: float, glyphs: Glyphs, *, with_sigma: bool = False) -> str:
    """Return the greatest displacement, ``2.99 px`` or with a scale in mm; of what is no motion ``35.1 grey``."""
    px, sigma = rhythm.amplitude_px, rhythm.amplitude_px_sigma
    if math.isfinite(px):
        unit, per = ("mm", px_per_mm) if px_per_mm > 0.0 else ("px", 1.0)
        value, spread = value_and_sigma(px / per, sigma / per)
        return f"{value} {glyphs.plus_minus} {spread} {unit}" if with_sigma and spread != "?" else f"{value} {unit}"
    return grey_text(rhythm)


def grey_text(rhythm: TemporalComponent) -> str:
    """Return the amplitude in grey levels: ``35.1 grey``; empty where it is not known, or not of grey."""
    if not math.isfinite(rhythm.amplitude) or rhythm.seen_in[:1] != ("grey",):
        return ""
    return f"{rhythm.amplitude:.{0 if rhythm.amplitude >= 100 else 1}f} grey"


def span_text(rhythm: TemporalComponent, found: Temporal, glyphs: Glyphs) -> str:
    """Return when a rhythm was there, in seconds before the present; empty where that is the whole window.

    ``since −4.9 s``, ``until −1.6 s``, ``−4.9 to −1.6 s``.
    """
    window_s = 1.0 / found.resolution_hz if found.resolution_hz > 0.0 else math.nan
    start_s, end_s = rhythm.start_s, min(rhythm.end_s, window_s)
    begins, ends = start_s > _MARGIN_S, end_s < window_s - _MARGIN_S
    if not (math.isfinite(window_s) and math.isfinite(start_s) and math.isfinite(end_s)):
        return ""
    first, last = (f"{at - window_s:.1f}".replace("-", glyphs.minus) for at in (start_s, end_s))
    if begins and ends:
        return f"{first} to {last} s"
    return f"since {first} s" if begins else f"until {last} s" if ends else ""


def place_text(row: float, column: float) -> str:
    """Return where a point of the image lies, from shares of its height and width: ``upper left``, ``middle``."""
    if not (math.isfinite(row) and math.isfinite(column)):
        return ""
    down = ("upper", "", "lower")[min(max(int(row * 3), 0), 2)]
    across = ("left", "", "right")[min(max(int(column * 3), 0), 2)]
    return " ".join(filter(None, (down, across))) or "middle"


def rhythm_place(rhythm: TemporalComponent) -> str:
    """Return where the cells of a rhythm lie: ``upper left``; ``everywhere`` where nearly all are its cells."""
    heat = np.clip(np.nan_to_num(rhythm.heat, nan=0.0), 0.0, 1.0)
    total = float(heat.sum())
    if not total > 0.0:
        return ""
    if np.count_nonzero(heat > 0) > 0.8 * heat.size:
        return "everywhere"
    n_rows, n_columns = heat.shape
    row = float(heat.sum(axis=1) @ (np.arange(n_rows) + 0.5)) / total / n_rows
    column = float(heat.sum(axis=0) @ (np.arange(n_columns) + 0.5)) / total / n_columns
    return place_text(row, column)


def pattern_place(pattern: SpatialComponent, image_px: tuple[int, int]) -> str:
    """Return where a pattern lies: ``lower right``; ``everywhere`` where it covers nearly all of the image."""
    left, top, width, height = pattern.box
    if pattern.share > 0.8 or not min(image_px) > 0:
        return "everywhere"
    return place_text((top + height / 2) / image_px[1], (left + width / 2) / image_px[0])


def other_texts(rhythm: TemporalComponent, unit: RhythmUnit) -> tuple[str, ...]:
    """Return what else a rhythm may be, the longest wording first: rivals, and frequencies that would look the same."""
    texts: list[str] = []
    symbol = "Hz" if unit.name == "note" else unit.symbol

    def number(hz: float) -> str:
        return f"{hz if unit.name == 'note' else unit.converted(hz)[0]:.4g}"

    rivals = [number(each.hz) for each in rhythm.rivals[:2]]
    for n in range(min(len(rhythm.alias_hz), _MOST_ALIASES), -1, -1):
        values = [*rivals, *(number(hz) for hz in rhythm.alias_hz[:n])]
        if values and (n or rivals):
            texts.append(f"or {', '.join(values)} {symbol}")
    if rivals and rhythm.alias_hz and len(rivals) > 1:
        texts.append(f"or {rivals[0]} {symbol}")
    return tuple(dict.fromkeys(texts))


def mains_text(rhythm: TemporalComponent) -> str:
    """Return how mains light looks like the rhythm; empty where it does not."""
    if rhythm.mains_hz is None:
        return ""
    is_folded = abs(rhythm.hz - rhythm.mains_hz) > 1.0 + 3 * rhythm.hz_sigma
    return f"{rhythm.mains_hz} Hz mains flicker{', folded' if is_folded else ''}"


def rhythm_notes(rhythm: TemporalComponent, found: Temporal, glyphs: Glyphs) -> list[tuple[str, ...]]:
    """Return what is to be said below a rhythm, the most important first; of each the longest wording first."""
    hz, sigma = value_and_sigma(rhythm.hz, rhythm.hz_sigma)
    n_cells = f"{rhythm.n_cells} cell{'' if rhythm.n_cells == 1 else 's'}"
    place, snr = rhythm_place(rhythm), f"{decibels(rhythm.snr_db, glyphs, 0)} dB"
    notes: list[tuple[str, ...]] = [
        (span_text(rhythm, found, glyphs),),
        (mains_text(rhythm), "mains" if rhythm.mains_hz is not None else ""),
        (f"{hz} {glyphs.plus_minus} {sigma} Hz", f"{hz} Hz") if found.unit.name != "hz" else (),
        other_texts(rhythm, found.unit),
        (f"{place}, {n_cells}" if place else n_cells, place),
        (snr,),
        (grey_text(rhythm),) if math.isfinite(rhythm.amplitude_px) else (),
    ]
    return [texts for texts in notes if texts and texts[0]]


def angle_text(vector: LatticeVector, glyphs: Glyphs, *, with_sigma: bool = True) -> str:
    """Return the direction in which a pattern repeats: ``29.98° ± 0.14``."""
    angle, sigma = value_and_sigma(vector.angle_deg, vector.angle_deg_sigma)
    if angle != "?" and float(angle) == -90:
        angle = angle[1:]  # rounded to the open end of −90° < angle ≤ 90°: the same direction as 90°
    text = f"{angle.replace('-', glyphs.minus)}{glyphs.angle}"
    return f"{text} {glyphs.plus_minus} {sigma}" if with_sigma else text


def pattern_details(pattern: SpatialComponent, px_per_mm: float, glyphs: Glyphs) -> list[tuple[str, ...]]:
    """Return the range over the image, the second period and the lengths of a pattern, where it has them."""
    first, g = pattern.vectors[0], glyphs
    details: list[tuple[str, ...]] = []
    if first.period_range_px:
        low, high = (f"{end:.4g}" for end in first.period_range_px)
        details.append((f"from {low} to {high} px over the image", f"{low} to {high} px"))
    if px_per_mm:
        texts = [scaled_text(vector, px_per_mm, g.plus_minus) for vector in pattern.vectors]
        details.append((" and ".join(texts), texts[0], texts[0].partition(",")[0]))
    if pattern.second:
        period, sigma = value_and_sigma(pattern.second.period_px, pattern.second.period_px_sigma)
        at = angle_text(pattern.second, g)
        details.append((f"and {period} px {g.plus_minus} {sigma} at {at}", f"and {period} px"))
    return details


def pattern_notes(
    pattern: SpatialComponent, px_per_mm: float, image_px: tuple[int, int], glyphs: Glyphs
) -> list[tuple[str, ...]]:
    """Return what is to be said below a pattern, the most important first; of each the longest wording first."""
    place = pattern_place(pattern, image_px)
    return [
        *pattern_details(pattern, px_per_mm, glyphs),
        (f"at {angle_text(pattern.vectors[0], glyphs)}",),
        *([(place,)] if place else []),
        (f"contrast {pattern.contrast:.2f}",),
        (f"{decibels(pattern.snr_db, glyphs, 0)} dB",),
    ]
