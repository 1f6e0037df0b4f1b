"""Sinks write results: JSON lines, log lines, clips, recordings. Each runs on a thread of its own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from streamer.messages import Message


@runtime_checkable
class Sink(Protocol):
    """Protocol of a sink, which receives messages one at a time, always on the same thread.

    ``write`` and ``close`` may raise StreamerError or OSError: the error is shown, and the sink gets the next message.
    BrokenPipeError says that nobody reads the results any more: it ends the run.
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
