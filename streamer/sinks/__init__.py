"""Where results go: files, standard output, folders of clips; every sink runs on a thread of its own."""

from __future__ import annotations

from typing import Protocol

from streamer.messages import Message


class Sink(Protocol):
    """Protocol of a sink, which takes messages one at a time on one thread.

    ``write`` and ``close`` may raise StreamerError or OSError: that is shown, and the next message is tried.
    """

    @property
    def accepts(self) -> tuple[type, ...]:
        """Message types that ``write`` takes."""

    def write(self, message: Message) -> None:
        """Write one message."""

    def close(self) -> None:
        """Finish and close what is open."""
