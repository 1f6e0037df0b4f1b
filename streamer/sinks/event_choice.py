"""Which events a sink acts on, and when: at their beginning, at their end, or when their clip is complete."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from streamer.messages import ClipWritten, Event, Message


class EventChoice:
    """The events of some labels, each once.

    Parameters
    ----------
    when : {"begin", "end", "clip"}
    labels : collection of str
        In any case of letters; empty: all.

    Attributes
    ----------
    accepts : tuple of type
        Types of the messages that tell of them.
    """

    def __init__(self, when: Literal["begin", "end", "clip"], labels: Collection[str]) -> None:
        self._has_ended = when == "end"
        self._labels = {label.casefold() for label in labels}
        self.accepts: tuple[type, ...] = (ClipWritten,) if when == "clip" else (Event,)

    def event_of(self, message: Message) -> Event | None:
        """Return the event that a message tells of; None where it is not one to act on now."""
        if isinstance(message, ClipWritten) and message.is_recovered:  # of long ago
            return None
        event = message.event if isinstance(message, ClipWritten) else message
        if not isinstance(event, Event) or (self._labels and event.label.casefold() not in self._labels):
            return None
        if isinstance(message, Event) and (message.offset_s is not None) != self._has_ended:
            return None
        return event
