"""Events as lines for people, where there is no terminal to draw on."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from streamer.messages import Event, Health, Message, State, Summary


class EventLog:
    """Write one line per event, and one whenever a stream's state changes.

    Parameters
    ----------
    stream : TextIO
        Flushed after every line.
    """

    accepts: tuple[type, ...] = (Event, Health, Summary)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._states: dict[str, tuple[State, str]] = {}

    def write(self, message: Message) -> None:
        """Write a line, or none where nothing changed."""
        if isinstance(message, Event):
            self._line(message.time, message.stream, _event_text(message))
        elif isinstance(message, Health):
            if self._states.get(message.stream, (State.RUNNING, "")) != (message.state, message.detail):
                self._line(datetime.now().timestamp(), message.stream, f"{message.state} {message.detail}".rstrip())
            self._states[message.stream] = (message.state, message.detail)
        elif isinstance(message, Summary):
            health = message.health
            text = (
                f"{health.position_s:.1f} s, {health.windows} windows, {health.lost_samples} samples lost, "
                f"{sum(n for n, _ in message.events.values())} events"
            )
            self._line(datetime.now().timestamp(), health.stream, text)

    def close(self) -> None:
        """Nothing is left open."""

    def _line(self, epoch_s: float, stream: str, text: str) -> None:
        clock = datetime.fromtimestamp(epoch_s).isoformat(sep=" ", timespec="milliseconds")
        self._stream.write(f"{clock} {stream}: {text}\n")
        self._stream.flush()


def _event_text(event: Event) -> str:
    if event.offset_s is None:
        return f"{event.label} begins at {event.onset_s:.2f} s ({event.score:.2f})"
    lost = f", {event.lost_samples} samples lost" if event.lost_samples else ""
    length_s = event.offset_s - event.onset_s
    return f"{event.label} {event.onset_s:.2f}–{event.offset_s:.2f} s, {length_s:.2f} s, peak {event.score:.2f}{lost}"
