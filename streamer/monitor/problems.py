"""Problems: what is wrong with a run at this instant, each from its beginning to its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from streamer.address import without_secrets
from streamer.messages import RunProblem


class Problems:
    """The problems that a run has now, at most one of each of its parts; any thread may begin and end them.

    Parameters
    ----------
    clock : callable
        Returns the wall clock, seconds since the epoch.

    Attributes
    ----------
    n_unwritten : int
        Messages that sinks have dropped or could not write since the start.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.n_unwritten = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._now: dict[str, RunProblem] = {}

    def begin(self, part: str, text: str, n_unwritten: int = 0) -> None:
        """Begin the problem of a part, or count it once more.

        Parameters
        ----------
        part : str
            What has the problem, such as the name of a sink.
        text : str
            What is wrong and what to do, for people.
        n_unwritten : int
            Messages that were lost by it.
        """
        with self._lock:
            self.n_unwritten += n_unwritten
            old, text = self._now.get(part), without_secrets(text)
            self._now[part] = replace(old, text=text, n=old.n + 1) if old else RunProblem(part, text, self._clock())

    def lose(self) -> None:
        """Count a message that a sink has lost by the problem that it has."""
        with self._lock:
            self.n_unwritten += 1

    def end(self, part: str) -> None:
        """End the problem of a part, if it has one."""
        if part in self._now:  # called for every message written: no lock where there is nothing to do
            with self._lock:
                self._now.pop(part, None)

    def end_all(self) -> None:
        """End all problems: their parts are gone."""
        with self._lock:
            self._now.clear()

    def now(self) -> tuple[RunProblem, ...]:
        """Return all problems there are at this instant, the oldest first."""
        with self._lock:
            return tuple(self._now.values())
