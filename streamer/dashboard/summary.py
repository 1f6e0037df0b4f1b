"""What is left on the terminal when the dashboard has gone."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streamer.dashboard.text import clock, duration, milliseconds, percent
from streamer.messages import Summary


def summary(summaries: Sequence[Summary]) -> RenderableType:
    """How it went: a line per stream, and the events of each per label.

    Parameters
    ----------
    summaries : sequence of Summary
        Of each stream.

    Returns
    -------
    rich renderable
    """
    streams = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold")
    streams.add_column("stream")
    for name in ("state", "duration", "windows", "lost", "overflows", "reconnects", "latency p50/p99"):
        streams.add_column(name, justify="left" if name == "state" else "right")
    events = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold")
    events.add_column("stream")
    events.add_column("label")
    for name in ("events", "total"):
        events.add_column(name, justify="right")
    for stream in summaries:
        health = stream.health
        latency = f"{milliseconds(health.latency_p50_s)}/{milliseconds(health.latency_p99_s)} ms"
        lost = f"{health.lost_samples} ({percent(health.lost_fraction)})" if health.lost_samples else "0"
        counts = (clock(health.position_s), health.windows, lost, health.overflows, health.reconnects)
        streams.add_row(Text(health.stream), health.state.value, *map(str, counts), latency)
        for label, (n_events, total_s) in sorted(stream.events.items(), key=lambda item: -item[1][1]):
            events.add_row(Text(health.stream), Text(label), str(n_events), duration(total_s))
    return Group(streams, events if events.row_count else Text("no events", style="dim"))
