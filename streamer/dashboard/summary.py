"""Summarise the streams on the terminal after the dashboard has closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from streamer.dashboard.measurements import summary_texts
from streamer.dashboard.theme import Theme, theme_of
from streamer.messages import Summary
from streamer.text import duration, elapsed, milliseconds, percent


def summary(summaries: Sequence[Summary]) -> RenderableType:
    """Return three tables: the streams, their events by label, and their strongest periods in time and space.

    Parameters
    ----------
    summaries : sequence of Summary
        One for each stream.

    Returns
    -------
    rich renderable
    """
    return _Page(summaries)


@dataclass(frozen=True)
class _Page:
    summaries: Sequence[Summary]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _streams(self.summaries)
        yield _events(self.summaries)
        measured = [found for stream in self.summaries for found in (stream.temporal, stream.spatial)]
        if any(found and found.components for found in measured):
            yield _periods(self.summaries, theme_of(console))


def _streams(summaries: Sequence[Summary]) -> RenderableType:
    table = _table()
    table.add_column("stream")
    for name in ("state", "duration", "windows", "lost", "overflows", "reconnects", "latency p50/p99"):
        table.add_column(name, justify="left" if name == "state" else "right")
    for stream in summaries:
        health = stream.health
        latency = f"{milliseconds(health.latency_p50_s)}/{milliseconds(health.latency_p99_s)} ms"
        n_lost = health.lost_samples if health.images is None else health.images.skipped_images
        lost = f"{n_lost} ({percent(health.lost_fraction)})" if n_lost else "0"
        counts = (elapsed(health.position_s), health.windows, lost, health.overflows, health.reconnects)
        table.add_row(Text(health.stream), health.state.value, *map(str, counts), latency)
    return table


def _events(summaries: Sequence[Summary]) -> RenderableType:
    table = _table()
    table.add_column("stream")
    table.add_column("label")
    for name in ("events", "total"):
        table.add_column(name, justify="right")
    for stream in summaries:
        for label, (n_events, total_s) in sorted(stream.events.items(), key=lambda item: -item[1][1]):
            table.add_row(Text(stream.health.stream), Text(label), str(n_events), duration(total_s))
    return table if table.row_count else Text("no events", style="dim")


def _periods(summaries: Sequence[Summary], theme: Theme) -> RenderableType:
    table = _table()
    for name in ("stream", "strongest period", "details"):
        table.add_column(name)
    for stream in summaries:
        for found in (stream.temporal, stream.spatial):
            if found is not None and found.components:
                table.add_row(Text(stream.health.stream), *map(Text, summary_texts(found, theme)))
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold")
