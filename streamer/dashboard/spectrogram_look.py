"""SpectrogramLook: which part of a spectrogram is shown, how bright, and what a cursor on it reads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.dashboard.spectrogram import CELL_S
from streamer.dashboard.text import decibels
from streamer.dashboard.theme import Glyphs
from streamer.monitor.snapshot import SoundView
from streamer.text import elapsed

MULTIPLES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)  # of CELL_S: what one cell may show
_USUAL = MULTIPLES.index(1.0)
_MOST_HALVINGS = 3  # of the bands
_STEP_DB, _MOST_DB = 5.0, 40.0
_FOR_RANGE = 400  # columns by which brightness is chosen, at least
STEP_CELLS, PAGE_CELLS = 1, 10


@dataclass(frozen=True)
class SpectrogramLook:
    """What keys have chosen of the spectrogram of one stream; columns are counted since it began."""

    end: int | None = None  # columns up to the right edge; None: to the newest, as it comes
    zoom: int = 0  # steps in MULTIPLES from the usual one
    halvings: int = 0  # how often the range of frequencies was halved
    low: int = 0  # lowest band that is shown then
    brighter_db: float = 0.0  # by which what is shown brightest lies lower
    cursor: tuple[int, int] | None = None  # column and band

    @property
    def is_moved(self) -> bool:
        """Whether it does not show the newest sound as it comes."""
        return self.end is not None or self.cursor is not None

    def at_present(self) -> SpectrogramLook:
        """Return the same of the newest sound, without a cursor, as for another stream."""
        return replace(self, end=None, cursor=None)

    def n_pooled(self, column_s: float) -> int:
        """Return the number of columns that one cell shows."""
        cell_s = CELL_S * MULTIPLES[min(max(_USUAL + self.zoom, 0), len(MULTIPLES) - 1)]
        return max(1, round(cell_s / column_s)) if column_s > 0 else 1

    def zoomed(self, step: int) -> SpectrogramLook:
        """Return it with more time in a cell, or less."""
        return replace(self, zoom=min(max(self.zoom + step, -_USUAL), len(MULTIPLES) - 1 - _USUAL))

    def halved(self, step: int, view: SoundView) -> SpectrogramLook:
        """Return it with half the frequencies, around the cursor or the middle, or with twice as many."""
        low, n_shown = self.bands(view)
        middle = self.cursor[1] if self.cursor else low + n_shown // 2
        halvings = min(max(self.halvings + step, 0), _MOST_HALVINGS)
        changed = replace(self, halvings=halvings, low=0)
        return replace(changed, low=middle - changed.bands(view)[1] // 2)

    def brightened(self, step: int) -> SpectrogramLook:
        """Return it brighter or darker."""
        return replace(self, brighter_db=min(max(self.brighter_db + step * _STEP_DB, -_MOST_DB), _MOST_DB))

    def bands(self, view: SoundView) -> tuple[int, int]:
        """Return the lowest band that is shown, and the number of bands."""
        n_all = view.mel_hz.size
        n_shown = max(n_all >> self.halvings, min(n_all, 4))
        low = self.low
        if self.cursor:
            low = min(max(low, self.cursor[1] - n_shown + 1), self.cursor[1])
        return min(max(low, 0), n_all - n_shown), n_shown

    def moved(self, view: SoundView, n_cells: int) -> SpectrogramLook:
        """Return it so many cells later, or earlier; at the newest sound it follows that again."""
        n_columns, oldest = n_cells * self.n_pooled(view.column_s), oldest_column(view)
        if self.cursor:
            at = min(max(self.cursor[0] + n_columns, oldest), max(view.column - 1, oldest))
            return replace(self, cursor=(at, self.cursor[1]))
        end = (view.column if self.end is None else self.end) + n_columns
        return replace(self, end=None if end >= view.column else max(end, min(oldest + abs(n_columns), view.column)))

    def raised(self, view: SoundView, step: int) -> SpectrogramLook:
        """Return it with the cursor at a higher frequency, or a lower one."""
        if not self.cursor:
            return self
        n_bands = max(1, self.bands(view)[1] // 24)
        return replace(
            self, cursor=(self.cursor[0], min(max(self.cursor[1] + step * n_bands, 0), view.mel_hz.size - 1))
        )

    def with_cursor(self, view: SoundView) -> SpectrogramLook:
        """Return it with a cursor in the middle of the frequencies at the right edge, or without one."""
        if self.cursor or not view.spectrogram.size:
            return replace(self, cursor=None)
        low, n_shown = self.bands(view)
        end = view.column if self.end is None else self.end
        return replace(self, cursor=(max(end - 1, oldest_column(view)), low + n_shown // 2))


USUAL_LOOK = SpectrogramLook()


@dataclass(frozen=True, eq=False)
class ShownPart:
    """The part of a spectrogram that a picture of so many cells shows."""

    columns: Float32  # shape (n_columns, n_mels), dB; also such left of the picture, for the brightness
    times_s: Float64  # second of the stream at the end of each
    column: int  # number of columns since the stream began, up to the right edge
    column_s: float
    n_pooled: int  # columns in a cell
    n_cells: int
    low: int  # lowest band
    n_bands: int
    back_s: float  # how far the right edge lies behind the newest sound

    def cell_of_column(self, column: int) -> int:
        """Return the cell of a column; one that is outside lies before 0 or behind the last."""
        return self.n_cells - 1 - (-(-self.column // self.n_pooled) - -(-(column + 1) // self.n_pooled))

    def cell_of(self, time_s: float) -> int:
        """Return the cell of a second of the stream."""
        n = self.times_s.size
        if not n or not math.isfinite(time_s) or self.column_s <= 0:
            return -1
        before = max(math.ceil((float(self.times_s[0]) - time_s) / self.column_s), 0)  # columns left of the first
        behind = max(math.ceil((time_s - float(self.times_s[-1])) / self.column_s - 1e-6), 0) if self.back_s else 0
        place = min(int(np.searchsorted(self.times_s, time_s)), n - 1) - before + behind
        return self.cell_of_column(self.column - n + place)

    def row_of(self, band: int, n_rows: int) -> int:
        """Return the row of a band, 0 on top, as :func:`streamer.dashboard.spectrogram.resampled` places it."""
        at = min(max(band - self.low, 0), self.n_bands - 1)
        if n_rows > self.n_bands:
            return n_rows - 1 - min(int((at + 0.5) * n_rows / self.n_bands), n_rows - 1)
        starts = np.arange(n_rows) * self.n_bands // n_rows
        return n_rows - int(np.searchsorted(starts, at, side="right"))


def oldest_column(view: SoundView) -> int:
    """Return the number of the oldest column that is kept."""
    oldest = view.column - len(view.spectrogram)
    return min(oldest, view.earlier[0].first) if view.earlier else oldest


def shown_part(view: SoundView, look: SpectrogramLook, n_cells: int) -> ShownPart:
    """Return what a picture of so many cells shows: the cursor, where there is one, is in it."""
    n_pooled, oldest, newest = look.n_pooled(view.column_s), oldest_column(view), view.column
    end = newest if look.end is None else min(max(look.end, oldest), newest)
    if look.cursor:
        at = min(max(look.cursor[0], oldest), max(newest - 1, oldest))
        last_group = -(-(at + 1) // n_pooled) + n_cells - 1  # at the right edge, with the cursor at the left one
        end = min(max(end, at + 1), last_group * n_pooled, newest)
    columns, times_s = _columns(view, max(oldest, end - max(n_cells * n_pooled, _FOR_RANGE)), end)
    low, n_bands = look.bands(view)
    back_s = (newest - end) * view.column_s
    return ShownPart(columns, times_s, end, view.column_s, n_pooled, n_cells, low, n_bands, back_s)


def cursor_text(view: SoundView, look: SpectrogramLook, glyphs: Glyphs) -> str:
    """Return what the cursor reads: time of day, how long ago, frequency, and the loudest of its cell there."""
    if not look.cursor or not view.spectrogram.size:
        return ""
    oldest, n_pooled = oldest_column(view), look.n_pooled(view.column_s)
    at = min(max(look.cursor[0], oldest), view.column - 1)
    band = min(max(look.cursor[1], 0), view.mel_hz.size - 1)
    first = at // n_pooled * n_pooled
    columns, times_s = _columns(view, max(first, oldest), min(first + n_pooled, view.column))
    values = columns[:, band]
    loudest = float(np.max(values[~np.isnan(values)], initial=-np.inf))
    time_s = float(times_s[min(at - max(first, oldest), times_s.size - 1)]) if times_s.size else math.nan
    hz = float(view.mel_hz[band])
    frequency = f"{hz:.0f} Hz" if hz < 1000 else f"{hz / 1000:.2f} kHz"
    ago = f"{glyphs.minus}{(view.column - 1 - at) * view.column_s:.1f} s"
    return f"{_moment(view.epoch_s + time_s, time_s)}  {ago}  {frequency}  {decibels(loudest, glyphs)} dB"


def _moment(epoch_s: float, time_s: float) -> str:
    """Return a time of day to a tenth of a second; of a file that does not say when it was made, the time in it."""
    try:
        return f"{datetime.fromtimestamp(epoch_s):%H:%M:%S.%f}"[:-5]
    except (ValueError, OverflowError, OSError):
        return elapsed(time_s)


def _columns(view: SoundView, first: int, end: int) -> tuple[Float32, Float64]:
    """Return columns by their numbers, as far as they are kept, with their times."""
    start = view.column - len(view.spectrogram)  # of the newest ones
    columns = [view.spectrogram[max(first - start, 0) : max(end - start, 0)]]
    times_s = [view.times_s[max(first - start, 0) : max(end - start, 0)]]
    for block in reversed(view.earlier if first < start else ()):
        till = min(end, start) - block.first
        if till > 0:
            columns.append(block.columns[max(first - block.first, 0) : till].astype(np.float32))
            times_s.append(block.times_s[max(first - block.first, 0) : till])
            start = block.first
        if block.first <= first:
            break
    if len(columns) == 1:
        return columns[0], times_s[0]
    return np.concatenate(columns[::-1]), np.concatenate(times_s[::-1])
