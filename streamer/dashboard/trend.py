"""Draw the trend of a value over the last ten minutes in one line."""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter

import numpy as np
from rich.segment import Segment
from rich.style import Style

from streamer.arrays import Float32, Float64
from streamer.dashboard.theme import Line, Theme
from streamer.text import value_and_sigma

_LEAST_SHARE = 0.001  # of the value: a smaller change does not fill the height
_MOST_CELLS = 60
_SPARKS_ASCII = "_-^"


def trend_cells(n_values: int, width: int) -> int:
    """Return how many cells a trend takes of ``width``: as many as divide its values into equal groups."""
    return max((n for n in range(1, width + 1) if n_values % n == 0), default=0) if n_values else 0


def trend_line(
    trend: Float32, position_s: float, bin_s: float, sigma: float, width: int, style: Style, theme: Theme
) -> Line:
    """Return a trend in ``width`` cells, the present at the right: low and high by the height of its cells.

    Cells show means of groups of values that stay the same while time goes on. The height is that of the greatest
    deviation from the median; one within the uncertainty does not fill it.

    Parameters
    ----------
    trend : ndarray, shape (n_values,)
        Newest last; NaN where there was no value, which a dot shows.
    position_s, bin_s : float
        Present second of the stream, and seconds of each value.
    sigma : float
        Standard uncertainty of the newest value.
    width : int
        Cells.
    style : Style
        Of the trend.
    theme : Theme
        How to show it.
    """
    g, s = theme.glyphs, theme.styles
    sparks = _SPARKS_ASCII if g.ascii_only else g.upward[1:]
    n_cells = trend_cells(trend.size, min(width, _MOST_CELLS))
    cells: list[tuple[str, Style]] = [(" ", s.text)] * (width - n_cells)
    shares = _shares(_grouped(trend, n_cells, position_s, bin_s), sigma)
    for share in shares.tolist():
        if math.isnan(share):
            cells.append((g.track if not g.ascii_only else ".", s.faint))
        else:
            cells.append((sparks[min(int(share * len(sparks)), len(sparks) - 1)], style))
    return [Segment("".join(glyph for glyph, _ in run), style) for style, run in _runs(cells)]


def range_text(trend: Float32, sigma: float, unit: str) -> str:
    """Return between which values a trend lies: ``2.098 to 2.103 Hz``; empty where there is none."""
    values = trend[np.isfinite(trend)]
    if not values.size:
        return ""
    low, high = (value_and_sigma(float(end), sigma)[0] for end in (values.min(), values.max()))
    return f"{low} to {high} {unit}" if low != high else ""


def _runs(cells: list[tuple[str, Style]]) -> list[tuple[Style, list[tuple[str, Style]]]]:
    return [(style, list(run)) for style, run in groupby(cells, itemgetter(1))]


def _grouped(trend: Float32, n_cells: int, position_s: float, bin_s: float) -> Float64:
    """Return means of groups of values, NaN of groups without any; the newest group may be unfinished."""
    if not n_cells:
        return np.zeros(0)
    n_each = trend.size // n_cells
    newest = int(position_s // bin_s) if math.isfinite(position_s) else 0
    n_ahead = n_each - 1 - newest % n_each  # values of the newest group that are still to come
    padded = np.concatenate([trend[n_ahead:], np.full(n_ahead, np.nan)]).reshape(n_cells, n_each)
    known = np.isfinite(padded)
    n_known = known.sum(axis=1)
    total = np.where(known, padded, 0.0).sum(axis=1)
    means: Float64 = np.where(n_known > 0, total / np.maximum(n_known, 1), np.nan)
    return means


def _shares(values: Float64, sigma: float) -> Float64:
    """Return the height of each value, range 0…1, with the median in the middle."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.full(values.size, np.nan)
    middle = float(np.median(finite))
    reach = max(
        float(np.abs(finite - middle).max()), 3.0 * sigma if math.isfinite(sigma) else 0.0, _LEAST_SHARE * abs(middle)
    )
    if not reach > 0.0 or not math.isfinite(reach):
        return np.where(np.isfinite(values), 0.5, np.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.clip(0.5 + (values - middle) / (2.0 * reach), 0.0, 1.0), np.float64)
