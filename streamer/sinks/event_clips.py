"""EventClips: the files of the newest events' clips, for whoever selects an event and wants its clip."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from streamer.messages import SAVED, ClipRemoved, ClipWritten, Event, Message

MOST_EVENTS = 2000  # more than any screen lists
_Key: TypeAlias = tuple[str, str, str, float]  # stream, task, label and onset of an event


class EventClips:
    """Sink that remembers where the clips of the newest events are; any thread may ask.

    The clip of a long event is in several files.
    """

    accepts: tuple[type, ...] = (ClipWritten, ClipRemoved)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: dict[_Key, tuple[Path, ...]] = {}  # the oldest event first

    def write(self, message: Message) -> None:
        """Remember a file that is complete, or that one is gone."""
        if isinstance(message, ClipRemoved):
            with self._lock:
                for key, paths in self._paths.items():
                    if message.path in paths:
                        self._paths[key] = tuple(path for path in paths if path != message.path)
        elif isinstance(message, ClipWritten) and message.event.label != SAVED:
            key = _key(message.event)
            with self._lock:
                self._paths[key] = (*self._paths.get(key, ()), message.path)
                while len(self._paths) > MOST_EVENTS:
                    self._paths.pop(next(iter(self._paths)))

    def close(self) -> None:
        """Nothing is open."""

    def of(self, event: Event) -> Sequence[Path] | None:
        """Return the files with the clip of an event; none if they were removed, None if none was written yet."""
        with self._lock:
            return self._paths.get(_key(event))

    def move(self, event: Event, paths: Sequence[Path]) -> None:
        """Remember that the files of an event are elsewhere now."""
        with self._lock:
            self._paths[_key(event)] = tuple(paths)


def _key(event: Event) -> _Key:
    return event.stream, event.task, event.label, event.onset_s
