"""Choose an event in the list of events, and the part of the list that is shown."""

from __future__ import annotations

from collections.abc import Sequence

from streamer.dashboard.view import EventId
from streamer.messages import Event
from streamer.monitor.snapshot import Snapshot


def listed(snapshot: Snapshot) -> list[Event]:
    """Return the events in the order of the list: running ones, then those that have ended, newest first."""
    return [*sorted(snapshot.running, key=lambda event: -event.onset_s), *reversed(snapshot.past)]


def selected(snapshot: Snapshot, chosen: EventId | None) -> Event | None:
    """Return the selected event as it is now; None where none is, or it has left the list."""
    return next((each for each in listed(snapshot) if EventId.of(each) == chosen), None) if chosen else None


def moved(snapshot: Snapshot, chosen: EventId | None, n_down: int) -> EventId | None:
    """Return what is selected ``n_down`` places further down the list; the first where nothing was selected."""
    events = listed(snapshot)
    if not events:
        return None
    at = _place(events, chosen)
    to = min(max(at + n_down, 0), len(events) - 1) if at is not None else 0
    return EventId.of(events[to])


def first_shown(events: Sequence[Event], chosen: EventId | None, n_lines: int) -> int:
    """Return the place of the first event that is shown, so that the selected one is among them."""
    at = _place(events, chosen)
    if at is None or at < n_lines:
        return 0
    return min(at - n_lines // 2, max(len(events) - n_lines, 0))


def _place(events: Sequence[Event], chosen: EventId | None) -> int | None:
    return next((k for k, each in enumerate(events) if EventId.of(each) == chosen), None) if chosen else None
