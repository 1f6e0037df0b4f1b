"""Shared by the accuracy benchmarks: how long they try, and how they report."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rich.table import Table as RichTable
from rich.text import Text


def trials(seconds: float, at_least: int) -> Iterator[int]:
    """Count trials, ``at_least`` so many and until so many seconds have passed."""
    end_s = time.perf_counter() + seconds
    n = 0
    while n < at_least or time.perf_counter() < end_s:
        yield n
        n += 1


def table(title: str) -> RichTable:
    """Return an empty table in the style of all."""
    return RichTable(title=title, title_justify="left", title_style="bold", box=None)


def verdict(met: bool | None) -> Text:
    """Return whether a target was met, in words; None where there were too few results to judge."""
    return {None: Text("below threshold", "dim"), True: Text("met", "green"), False: Text("missed", "red")}[met]
