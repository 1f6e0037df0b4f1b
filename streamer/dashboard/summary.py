"""What is left on the terminal when the dashboard has gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streamer.dashboard.text import clock, duration, milliseconds, percent
from streamer.messages import Snapshot

Tally = Mapping[str, tuple[int, float]]  # label → number of events, their seconds in all


def tally(snapshot: Snapshot) -> dict[str, tuple[int, float]]:
    """Events per label of those a snapshot still knows, running ones up to its position."""
    counts: dict[str, tuple[int, float]] = {}
    for event in (*snapshot.past, *snapshot.running):
        end_s = snapshot.health.position_s if event.offset_s is None else event.offset_s
        n_events, total_s = counts.get(event.label, (0, 0.0))
        counts[event.label] = (n_events + 1, total_s + max(end_s - event.onset_s, 0.0))
    return counts


def summary(snapshots: Sequence[Snapshot], tallies: Sequence[Tally] | None = None) -> RenderableType:
    """How it went: a line per stream, and the events of each per label.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        The last of each stream.
    tallies : sequence of mapping, optional
        For each stream, label → (number of events, seconds); else counted from the snapshots.

    Returns
    -------
    rich renderable
    """
    streams = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    streams.add_column("stream")
    for name in ("state", "duration", "windows", "lost", "overflows", "reconnects", "latency p50/p99"):
        streams.add_column(name, justify="left" if name == "state" else "right")
    events = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    events.add_column("stream")
    events.add_column("label")
    for name in ("events", "total"):
        events.add_column(name, justify="right")
    for k, snapshot in enumerate(snapshots):
        health = snapshot.health
        latency = f"{milliseconds(health.latency_p50_s)}/{milliseconds(health.latency_p99_s)} ms"
        lost = f"{health.lost_samples} ({percent(health.lost_fraction)})" if health.lost_samples else "0"
        counts = (clock(health.position_s), health.windows, lost, health.overflows, health.reconnects)
        streams.add_row(Text(health.stream), health.state.value, *map(str, counts), latency)
        known = tallies[k] if tallies is not None else tally(snapshot)
        for label, (n_events, total_s) in sorted(known.items(), key=lambda item: -item[1][1]):
            events.add_row(Text(health.stream), Text(label), str(n_events), duration(total_s))
    return Group(streams, events if events.row_count else Text("no events", style="dim"))
