"""WithheldEvents: the newest events that other sinks have not handed on, for whoever asks why nothing came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from streamer.messages import Message, Withheld

MOST_KEPT = 200


class WithheldEvents:
    """Sink that remembers what rules and quiet hours have kept from the others; any thread may ask."""

    accepts: tuple[type, ...] = (Withheld,)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Withheld] = deque(maxlen=MOST_KEPT)

    def write(self, message: Message) -> None:
        """Remember one."""
        if isinstance(message, Withheld):
            with self._lock:
                self._kept.append(message)

    def close(self) -> None:
        """Nothing is open."""

    def of(self, stream: str) -> Sequence[Withheld]:
        """Return those of a stream, the newest last."""
        with self._lock:
            return [each for each in self._kept if each.event.stream == stream]
