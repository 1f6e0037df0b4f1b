"""Sinks write results: JSON lines, log lines, clips, recordings. Each runs on a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from streamer.messages import Message


@runtime_checkable
class Sink(Protocol):
    """Protocol of a sink, which receives messages one at a time, always on the same thread.

    ``write`` and ``close`` may raise StreamerError or OSError: the error is shown, and the sink gets the next message;
    after Undelivered it gets the same one again, after a pause. BrokenPipeError says that nobody reads the results any
    more: it ends the run.
    """

    @property
    def accepts(self) -> tuple[type, ...]:
        """Types of the messages that ``write`` is called with."""

    def write(self, message: Message) -> bool | None:
        """Write one message; False if there was nothing to write, which says nothing of whether it could be."""

    def close(self) -> None:
        """Write what is left and close all files."""


@runtime_checkable
class RecoveringSink(Sink, Protocol):
    """Protocol of a sink to which messages come rarely: it knows without one whether it works again."""

    def works_again(self) -> bool:
        """Return whether it can write; asked every few seconds while it has a problem."""


@runtime_checkable
class TimedSink(Sink, Protocol):
    """Protocol of a sink that has something to do at a certain time, whether messages come or not."""

    @property
    def due_s(self) -> float:
        """Monotonic time at which to call ``tick``; infinity for not at all."""

    def tick(self) -> bool | None:
        """Do what is due; returns and raises what ``write`` does, and sets ``due_s`` anew even then."""


class RunLink(Protocol):
    """What a sink may use of the run that it belongs to; any thread may call it."""

    def post(self, message: Message) -> None:
        """Send a message: commands to the stream that they name, all others to the sinks that accept them."""

    def queue_lengths(self) -> Mapping[str, int]:
        """Return how many messages wait for each sink, by its name."""


@runtime_checkable
class LinkedSink(Sink, Protocol):
    """Protocol of a sink that sends messages itself, or looks at the run."""

    def connect(self, link: RunLink) -> None:
        """Take over what it may use of the run; called once, before the first message."""


@runtime_checkable
class AwareSink(Sink, Protocol):
    """Protocol of a sink that others take at its word: it must know what was lost before it, to say nothing untrue."""

    def miss(self, message: Message) -> None:
        """Take notice of a message that was lost from the full queue; called on another thread."""


@runtime_checkable
class AbortableSink(Sink, Protocol):
    """Protocol of a sink whose ``write`` may take long, and must not outlast the run."""

    def abort(self) -> None:
        """Break off what ``write`` is doing; called on another thread."""
