"""Where results go; every sink runs on a thread of its own."""

from __future__ import annotations

from typing import Protocol

from streamer.messages import Message


class Sink(Protocol):
    """Takes messages, one at a time, on one thread.

    ``write`` and ``close`` may raise StreamerError or OSError: that is shown, and the next message is tried.
    """

    @property
    def accepts(self) -> tuple[type, ...]:
        """The kinds of message that ``write`` takes."""

    def write(self, message: Message) -> None:
        """Take one message."""

    def close(self) -> None:
        """Finish what is open."""
