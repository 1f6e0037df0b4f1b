"""Words and numbers of the dashboard, each of a known width in terminal cells."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.theme import Glyphs, Line

_MAX_DECIMALS = 4  # of a measurement: more is never read off a screen


@lru_cache(maxsize=4096)
def clean(text: str, ascii_only: bool) -> str:
    """Text without anything that could move the cursor: what is not printable becomes a space.

    On a terminal without UTF-8 every other foreign character becomes one ``?`` per cell.
    """
    kept = "".join(c if c.isprintable() else " " for c in text)
    if ascii_only:
        kept = "".join(c if c.isascii() else "?" * cell_len(c) for c in kept)
    return kept


@lru_cache(maxsize=4096)
def fit(text: str, width: int, glyphs: Glyphs, right: bool = False) -> str:
    """Text cut (with an ellipsis) or padded to exactly ``width`` cells, wide characters included."""
    if width <= 0:
        return ""
    text = clean(text, glyphs.ascii_only)
    n_cells = cell_len(text)
    if n_cells > width:
        return set_cell_size(text, width - 1) + glyphs.ellipsis
    padding = " " * (width - n_cells)
    return padding + text if right else text + padding


def row(columns: Iterable[tuple[str, int, bool, Style]], width: int, glyphs: Glyphs) -> tuple[Line, int]:
    """Columns beside each other, each cut or padded to its width, as far as they fit; and the cells left.

    Parameters
    ----------
    columns : iterable of (text, width, whether to the right, style)
    """
    line: Line = []
    for text, n_cells, right, style in columns:
        n_cells = min(n_cells, width)
        width -= n_cells
        line.append(Segment(fit(text, n_cells, glyphs, right), style))
    return line, width


def wrap(text: str, width: int, n_lines: int, glyphs: Glyphs) -> list[str]:
    """At most ``n_lines`` lines of at most ``width`` cells; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = clean(text, glyphs.ascii_only).split()
    while words and len(lines) < n_lines:
        line = words.pop(0)
        while words and cell_len(line) + 1 + cell_len(words[0]) <= width:
            line += " " + words.pop(0)
        if words and len(lines) == n_lines - 1:
            line += " " + " ".join(words)
        lines.append(fit(line, width, glyphs).rstrip())
    return lines


def clock(seconds: float) -> str:
    """Time since the start: ``00:12:34``, ``2d 03:04:05``."""
    if not math.isfinite(seconds):
        return "--:--:--"
    days, rest = divmod(int(max(seconds, 0.0)), 86400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}d {text}" if days else text


def wall_clock(time_s: float) -> str:
    """Local time of day of seconds since the epoch: ``14:03:21``."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(time_s))
    except (ValueError, OverflowError, OSError):
        return "--:--:--"


def duration(seconds: float) -> str:
    """Length of an event: ``4.2 s``, ``12:34``, ``1:02:03``."""
    if not math.isfinite(seconds):
        return "?"
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def milliseconds(seconds: float) -> str:
    """A latency in ms without its unit: ``0.4``, ``12``, ``1834``."""
    if not math.isfinite(seconds):
        return "?"
    return f"{seconds * 1e3:.1f}" if 0 < seconds < 0.00995 else f"{seconds * 1e3:.0f}"


def decibels(value: float, glyphs: Glyphs, digits: int = 1) -> str:
    """A level without its unit: ``−23.4``; silence is ``−∞``."""
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return (glyphs.minus if value < 0 else "+") + glyphs.infinity
    return f"{value:.{digits}f}".replace("-", glyphs.minus)


def percent(fraction: float) -> str:
    """A share: ``0 %``, ``<0.01 %``, ``0.12 %``, ``3.4 %``, ``57 %``."""
    if not math.isfinite(fraction):
        return "? %"
    share = fraction * 100.0
    if share <= 0:
        return "0 %"
    if share < 0.01:
        return "<0.01 %"
    return f"{share:.2f} %" if share < 1 else f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def megabytes(n_bytes: int) -> str:
    """Memory: ``142 MB``."""
    return f"{n_bytes / 1e6:.0f} MB"


def hertz(frequency_hz: float) -> str:
    """A frequency tick: ``500``, ``1k``, ``1.5k``."""
    return f"{frequency_hz:.0f}" if frequency_hz < 1000 else f"{frequency_hz / 1000:.3g}k"


def measured(value: float, sigma: float) -> tuple[str, str]:
    """A value rounded to its standard uncertainty, and that: ``3.600``, ``0.004``; ``32.0130``, ``0.0014``.

    The uncertainty keeps one digit, two where the first is 1, and is rounded up beyond four decimals; where it is
    unknown the value keeps four digits.
    """
    if not math.isfinite(value):
        return "?", "?"
    if not (math.isfinite(sigma) and sigma > 0):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}", "?"
    exponent = math.floor(math.log10(sigma * (1 + 1e-9)))
    n_digits = 2 if sigma < 1.95 * 10.0**exponent else 1
    n_decimals = min(max(n_digits - 1 - exponent, 0), _MAX_DECIMALS)
    value = round(value, n_decimals) + 0.0  # no minus zero
    return f"{value:.{n_decimals}f}", f"{max(sigma, 10.0**-_MAX_DECIMALS):.{n_decimals}f}"
