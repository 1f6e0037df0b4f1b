"""Summarise the streams on the terminal after the dashboard has closed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from streamer.dashboard.measurements import short_text, summary_texts
from streamer.dashboard.theme import Theme, theme_of
from streamer.messages import Event, Summary
from streamer.text import duration, elapsed, milliseconds, percent, wall_clock


def summary(summaries: Sequence[Summary], events: Sequence[Event] = ()) -> RenderableType:
    """Return tables: the events one by one, the streams, their events by label, and their strongest periods.

    Parameters
    ----------
    summaries : sequence of Summary
        One for each stream.
    events : sequence of Event
        Those of the run that are still known, of all streams.

    Returns
    -------
    rich renderable
    """
    return _Page(summaries, sorted(events, key=lambda event: (event.time, event.onset_s)))


@dataclass(frozen=True)
class _Page:
    summaries: Sequence[Summary]
    events: Sequence[Event]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.events:
            yield _each_event(self.events, sum(n for each in self.summaries for n, _ in each.events.values()), console)
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


def _each_event(events: Sequence[Event], n_all: int, console: Console) -> RenderableType:
    """Return the events one by one; the title says how many of the run there are no longer."""
    table = _table()
    if n_all > len(events):
        table.title = f"the newest {len(events)} of {n_all} events"
    for name in ("begins", "stream", "label", "measured"):
        table.add_column(name)
    for name in ("lasts", "score"):
        table.add_column(name, justify="right")
    glyphs = theme_of(console).glyphs
    for event in events:
        lasts = "still on" if event.offset_s is None else duration(event.offset_s - event.onset_s)
        measured = short_text(event.measured, glyphs) if event.measured is not None else ""
        score = f"{event.score:.2f}" if math.isfinite(event.score) else "?"
        table.add_row(wall_clock(event.time), Text(event.stream), Text(event.label), Text(measured), lasts, score)
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
