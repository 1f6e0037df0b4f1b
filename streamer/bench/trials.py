"""What both accuracy benchmarks use: trials within a time, and the look of their tables."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rich.table import Table as RichTable
from rich.text import Text

COVERAGE = (0.90, 0.98)  # share of errors within two standard uncertainties
MAX_FALSE = 0.01  # share of trials without a period or pattern in which one may be measured


def trials(seconds: float, at_least: int) -> Iterator[int]:
    """Yield the numbers of trials until ``seconds`` have passed, but at least ``at_least`` of them."""
    end_s = time.perf_counter() + seconds
    n = 0
    while n < at_least or time.perf_counter() < end_s:
        yield n
        n += 1


def table(title: str) -> RichTable:
    """Return an empty table with a title."""
    return RichTable(title=title, title_justify="left", title_style="bold", box=None)


def verdict(met: bool | None) -> Text:
    """Return whether a target was met, as text; None if there were too few results."""
    return {None: Text("below threshold", "dim"), True: Text("met", "green"), False: Text("missed", "red")}[met]
