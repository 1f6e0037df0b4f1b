"""Convert a rolling spectrogram from decibels to levels of the heat map, and place its frequency and time ticks."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from streamer.arrays import Float32
from streamer.dashboard.text import fit
from streamer.dashboard.theme import Line, Theme
from streamer.text import hertz

CELL_S = 0.1  # shown by one cell: at 10 frames per second the spectrogram moves by one cell per frame
SPAN_DB = 60.0  # between the darkest and the brightest colour
_DECAY_DB_PER_S = 2.0  # how fast the range comes down after a loud moment
_MIDDLE = 35.0 / 60.0  # part of the span that lies above the median, at least
_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 4000, 8000, 16000, 32000)
_MORE_TICKS_HZ = tuple(k * 10**e for e in (1, 2, 3, 4) for k in (3, 6, 4, 8, 7, 9, 1.5, 2.5, 3.5, 1.2, 1.8))


def decibel_range(spectrogram: Float32, column_s: float, span_db: float = SPAN_DB) -> tuple[float, float]:
    """Return the levels in dB shown as darkest and brightest.

    The brightest follows the loudest column, less a decay with its age, so that it neither jumps when that column
    scrolls out nor flickers. A steady background stays in the lower half of the range, and silence at the bottom.

    Parameters
    ----------
    spectrogram : ndarray, shape (n_columns, n_mels)
        Levels in dB, newest last; −inf is silence, NaN is no value.
    column_s : float
        Seconds per column.
    span_db : float
        Difference between the two.
    """
    finite = np.where(np.isfinite(spectrogram), spectrogram, np.float32(np.nan))
    sample = finite[::3, ::2].ravel()
    sample = sample[~np.isnan(sample)]
    if sample.size == 0:
        return -span_db, 0.0
    low, middle, high = np.partition(sample, [k := sample.size // 10, sample.size // 2, -k - 1])[
        [k, sample.size // 2, -k - 1]
    ]
    age_s = np.arange(spectrogram.shape[0] - 1, -1, -1, dtype=np.float32) * np.float32(column_s)
    loudest = np.fmax.reduce(finite, axis=1) - _DECAY_DB_PER_S * age_s
    flatness = max(0.0, 1.0 - float(high - low) / 6.0)  # 1 without any texture, as in silence
    above = span_db * (_MIDDLE + (1.0 - _MIDDLE) * flatness)
    top = max(float(np.fmax.reduce(loudest)), float(middle) + above)
    return top - span_db, top


def levels(
    spectrogram: Float32,
    n_rows: int,
    n_columns: int,
    n_levels: int,
    column_s: float,
    column: int = 0,
    span_db: float = SPAN_DB,
    floor_db: float | None = None,
    n_pooled: int = 0,
) -> NDArray[np.int16]:
    """Return a spectrogram as ``n_rows`` × ``n_columns`` levels of the heat map.

    Columns are pooled by their maximum, in groups that stay the same while the spectrogram scrolls. Bands are pooled
    by their maximum or interpolated linearly, depending on the number of rows.

    Parameters
    ----------
    spectrogram : ndarray, shape (n_columns, n_mels)
        Levels in dB, newest last; −inf is the lowest level, NaN is no value.
    n_rows, n_columns : int
        Size of the result.
    n_levels : int
        Number of levels between darkest and brightest.
    column_s : float
        Seconds per column of the spectrogram.
    column : int
        Number of columns since the stream began.
    span_db : float
        Difference between darkest and brightest.
    floor_db : float, optional
        Level of the darkest; else that of :func:`decibel_range`.
    n_pooled : int
        Columns that one cell shows; 0 for the usual number.

    Returns
    -------
    ndarray of int16, shape (n_rows, n_columns)
        0 … ``n_levels`` − 1, or −1 where there is no value; the highest band first, the newest column last.
    """
    drawn = np.full((n_rows, n_columns), -1, np.int16)
    if not spectrogram.size or not n_rows or not n_columns:
        return drawn
    floor = decibel_range(spectrogram, column_s, span_db)[0] if floor_db is None else floor_db
    n_pooled = n_pooled or columns_per_cell(column_s)
    n_newest = column % n_pooled or n_pooled  # columns in the newest group, which may be unfinished
    shown = spectrogram[-((n_columns - 1) * n_pooled + n_newest) :]
    starts = np.arange(shown.shape[0] - n_newest, -n_pooled, -n_pooled)[::-1].clip(0)
    if n_pooled > 1:
        shown = np.fmax.reduceat(shown, starts, axis=0)
    bands = resampled(shown, n_rows)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.clip((bands - np.float32(floor)) * np.float32(n_levels / span_db), 0, n_levels - 1)
    drawn[:, n_columns - shown.shape[0] :] = np.where(np.isnan(scaled), -1, scaled).T[::-1]
    return drawn


def columns_per_cell(column_s: float) -> int:
    """Return the number of columns of the spectrogram that one cell shows."""
    return max(1, round(CELL_S / column_s)) if column_s > 0 else 1


def resampled(columns: Float32, n_rows: int) -> Float32:
    """Return bands as rows: the maximum of the bands in a row, or interpolated linearly where rows are more."""
    n_mels = columns.shape[1]
    if n_rows == n_mels:
        return columns
    if n_rows < n_mels:
        return np.fmax.reduceat(columns, np.arange(n_rows) * n_mels // n_rows, axis=1)
    lower, upper, weight = _between(n_mels, n_rows)
    with np.errstate(invalid="ignore", over="ignore"):
        mixed: Float32 = columns[:, lower] * (1 - weight) + columns[:, upper] * weight
    return mixed


@lru_cache(maxsize=64)
def _between(n_mels: int, n_rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Float32]:
    """Return the bands below and above each row, and the weight of the upper one."""
    at = np.clip((np.arange(n_rows) + 0.5) * n_mels / n_rows - 0.5, 0, n_mels - 1)
    lower = np.floor(at).astype(np.intp)
    return lower, np.minimum(lower + 1, n_mels - 1), (at - lower).astype(np.float32)


def frequency_ticks(mel_hz: Float32, n_lines: int) -> dict[int, str]:
    """Return round frequencies by their line (0 on top), with at least one free line between them."""
    n_mels = mel_hz.size
    ticks: dict[int, str] = {}
    n_apart = 3 if n_lines >= 10 else 2
    if n_mels < 2 or n_lines < 2 or not np.all(np.isfinite(mel_hz)):
        return ticks
    for tick_hz in (*_TICKS_HZ, *_MORE_TICKS_HZ):
        if tick_hz == _MORE_TICKS_HZ[0] and len(ticks) > 2:
            break
        if mel_hz[0] <= tick_hz <= float(mel_hz[-1]) * 1.04:
            height = (float(np.interp(tick_hz, mel_hz, np.arange(n_mels))) + 0.5) / n_mels
            line = n_lines - 1 - min(int(height * n_lines), n_lines - 1)
            if all(abs(line - other) >= n_apart for other in ticks):
                ticks[line] = hertz(tick_hz)
    return ticks


def time_axis(width: int, cell_s: float, theme: Theme, back_s: float = 0.0) -> Line:
    """Return the time axis below a spectrogram ``width`` cells wide: ``−8 s −6 s −4 s −2 s now``.

    Its right edge lies ``back_s`` seconds before now.
    """
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
    step_s = next((s for s in steps if s >= (8 if cell_s >= 2.0 else 10) * cell_s), 600)
    text = fit(_ago(back_s, theme) if back_s else "now", width, theme.glyphs, right=True)
    first = math.floor(back_s / step_s) + 1
    for k in range(first, math.ceil((back_s + width * cell_s) / step_s)):
        label = _ago(k * step_s, theme)
        at = width - 1 - round((k * step_s - back_s) / cell_s) - len(label) // 2
        if at < 0 or text[at : at + len(label) + 2].strip():
            continue
        text = text[:at] + label + text[at + len(label) :]
    return [Segment(text, theme.styles.dim)]


def _ago(seconds: float, theme: Theme) -> str:
    whole = round(seconds)
    if whole < 120 or whole % 60:
        return f"{theme.glyphs.minus}{whole} s"
    return f"{theme.glyphs.minus}{whole // 60} min"
