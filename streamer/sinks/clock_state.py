"""Which streams' times are uncertain, as far as the messages to a sink have said."""

from __future__ import annotations

from streamer.messages import ClockChange, Health, Message


class ClockState:
    """Follows what the messages of a run say of the wall clock."""

    def __init__(self) -> None:
        self._uncertain: set[str] = set()

    def update(self, message: Message) -> None:
        """Take over what a message says of the clock; most say nothing."""
        if isinstance(message, ClockChange | Health):
            uncertain = message.is_uncertain if isinstance(message, ClockChange) else message.time_uncertain
            (self._uncertain.add if uncertain else self._uncertain.discard)(message.stream)

    def is_uncertain(self, stream: str) -> bool:
        """Return whether the clock by which a stream's times are counted has not been set."""
        return stream in self._uncertain

    @property
    def is_any_uncertain(self) -> bool:
        """Whether that holds for any stream."""
        return bool(self._uncertain)
