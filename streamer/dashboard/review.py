"""Draw the clip under review: what it was taken for, its spectrogram or an image of it, its scores, and the keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.segment import Segment

from streamer.arrays import Float32, UInt8
from streamer.dashboard.bars import bar
from streamer.dashboard.image import image_size, resized
from streamer.dashboard.label_entry import HOW, LabelEntry
from streamer.dashboard.spectrogram import CELL_S, frequency_ticks, levels
from streamer.dashboard.text import beside, blank_lines, fit, wrap
from streamer.dashboard.theme import Line, Theme

KEYS = "y right   n wrong   l label   s skip   space play   u undo   q quit"
_SCORES_WIDTH = 34  # cells beside the spectrogram, where there is room
_TICKS_WIDTH = 7
_FEWEST_BESIDE = 60  # cells of a screen on which the scores stand beside


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What there is to show of the clip under review."""

    title: str  # folder and place in the row
    question: str  # what it was taken for; empty when all clips are done
    facts: Sequence[str] = ()  # where it comes from
    scores: Sequence[tuple[str, float, float]] = ()  # label, score, threshold; the highest first
    said: str = ""  # what came of the last key
    spectrogram: Float32 | None = None  # shape (n_frames, n_mels), dB
    mel_hz: Float32 = field(default_factory=lambda: np.zeros(0, np.float32))
    seconds: float = 0.0  # length of the clip
    image: UInt8 | None = None  # shape (height, width, 3), red-green-blue; what is shown now
    played_s: float | None = None  # as far as it is played
    entry: LabelEntry | None = None  # the label being chosen; None where none is asked for


def review_lines(view: ReviewView, width: int, height: int, theme: Theme) -> list[Line]:
    """Return the screen, ``height`` lines of ``width`` cells."""
    s, g = theme.styles, theme.glyphs
    head = [
        [Segment(fit(f" {view.title}", width, g), s.title)],
        [Segment(g.horizontal * width, s.faint)],
        [Segment(fit(f" {view.question}", width, g), s.accent)],
    ]
    facts = [line for fact in view.facts for line in wrap(fact, width - 1, 2, g)][: 4 if height >= 20 else 1]
    head += [[Segment(fit(f" {line}", width, g), s.dim)] for line in facts]
    foot = _typing(view.entry, width, theme) if view.entry is not None else _keys(view, width, theme)
    n_middle = height - len(head) - len(foot)
    lines = head + _middle(view, width, n_middle, theme) + foot
    return (lines + blank_lines(height - len(lines), width, theme))[:height]


def _keys(view: ReviewView, width: int, theme: Theme) -> list[Line]:
    s, g = theme.styles, theme.glyphs
    keys = KEYS if width >= len(KEYS) + 2 else " ".join(KEYS.split())
    said = wrap(view.said, width - 1, 2, g) or [""]
    return [
        *([Segment(fit(f" {each}", width, g), s.good)] for each in said),
        [Segment(fit(f" {keys}", width, g), s.key)],
    ]


def _typing(entry: LabelEntry, width: int, theme: Theme) -> list[Line]:
    s, g = theme.styles, theme.glyphs
    lines = wrap("  ".join(f"{k} {label}" for k, label in enumerate(entry.choices, 1)), width - 1, 3, g)
    return [
        [Segment(fit(f" label: {entry.typed}_", width, g), s.accent)],
        *([Segment(fit(f" {line}", width, g), s.text)] for line in lines),
        [Segment(fit(f" {HOW}", width, g), s.key)],
    ]


def _middle(view: ReviewView, width: int, height: int, theme: Theme) -> list[Line]:
    """Return the picture of the clip with its scores beside it, or below where it is narrow."""
    if height <= 0:
        return []
    if width >= _FEWEST_BESIDE and view.scores:
        left = width - _SCORES_WIDTH
        return beside(_content(view, left, height, theme), _scores(view, _SCORES_WIDTH, height, theme))
    n_scores = min(len(view.scores), height // 3)
    content = _content(view, width, height - n_scores, theme)
    return content + _scores(view, width, n_scores, theme)


def _content(view: ReviewView, width: int, height: int, theme: Theme) -> list[Line]:
    if view.image is not None:
        return _image(view.image, width, height, theme)
    if view.spectrogram is not None and height >= 2 and width > 2 * _TICKS_WIDTH:
        return _spectrogram(view, view.spectrogram, width, height, theme)
    return blank_lines(height, width, theme)


def _image(image: UInt8, width: int, height: int, theme: Theme) -> list[Line]:
    across, down = image_size((image.shape[1], image.shape[0]), width - 2, height)
    pixels = resized(image, down * theme.pixels.rows_per_cell, across)
    lines = theme.pixels.lines(pixels, np.zeros(pixels.shape[:2], bool))
    style, left = theme.styles.text, (width - across) // 2
    shown = [[Segment(" " * left, style), *line, Segment(" " * (width - across - left), style)] for line in lines]
    return (shown + blank_lines(height - len(shown), width, theme))[:height]


def _spectrogram(view: ReviewView, spectrogram: Float32, width: int, height: int, theme: Theme) -> list[Line]:
    """Return the whole clip over the width, with frequencies at the left and the time below."""
    s, g = theme.styles, theme.glyphs
    n_lines, n_columns = height - 1, width - _TICKS_WIDTH - 1
    edges = np.arange(n_columns) * len(spectrogram) // n_columns
    pooled = np.fmax.reduceat(spectrogram, edges, axis=0) if len(spectrogram) else spectrogram
    drawn = levels(pooled, n_lines * theme.heat.rows_per_cell, n_columns, theme.heat.n_levels, CELL_S)
    ticks = frequency_ticks(view.mel_hz, n_lines)
    cells = theme.heat.lines(drawn)
    lines = [
        [Segment(fit(f"{ticks.get(k, '')} ", _TICKS_WIDTH, g, right=True), s.dim), *line, Segment(" ", s.text)]
        for k, line in enumerate(cells)
    ]
    end = f"{view.seconds:.1f} s"
    axis = fit(f"0{end:>{n_columns - 1}}", n_columns, g)
    if view.played_s is not None and view.seconds > 0:
        at = min(int(view.played_s / view.seconds * n_columns), n_columns - 1)
        axis = f"{axis[:at]}{g.bullet}{axis[at + 1 :]}"
    return [*lines, [Segment(" " * _TICKS_WIDTH, s.dim), Segment(axis, s.dim), Segment(" ", s.text)]]


def _scores(view: ReviewView, width: int, height: int, theme: Theme) -> list[Line]:
    s, g = theme.styles, theme.glyphs
    name, n_bar = width // 2, width - width // 2 - 7
    lines: list[Line] = []
    for label, score, on in view.scores[: max(height, 0)]:
        filled = s.bar_active if score >= on else s.bar
        number = "" if math.isnan(score) else f"{score:.2f}"
        lines.append(
            [
                Segment(fit(f" {label}", name, g), s.text),
                *bar(max(n_bar, 1), score, on, math.nan, filled, theme),
                Segment(fit(number, 6, g, right=True) + " ", s.dim),
            ]
        )
    return lines + blank_lines(height - len(lines), width, theme)
