"""Renewal: prepare a run anew while it goes on, by new settings or a new model file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from streamer.commands.process_end import fault
from streamer.errors import StreamerError
from streamer.monitor.problems import Problems

PlanT = TypeVar("PlanT")
Marks = Mapping[Path, tuple[int, int, int] | None]  # inode, size and time of files; None where there is none
PART = "settings"  # that has a problem while what was asked for cannot be prepared


def marks_of(files: Mapping[Path, object] | list[Path]) -> dict[Path, tuple[int, int, int] | None]:
    """Return what tells whether files have changed."""
    return {path: _mark_of(path) for path in files}


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class Renewal(Generic[PlanT]):
    """Preparation of a run's next plan on a thread of its own; until it is ready, the old one goes on.

    What is not valid is a problem of the run, and nothing else happens.

    Parameters
    ----------
    prepare : callable
        Returns a new plan, or raises StreamerError.
    marks : mapping
        Of the files that are watched, as they were when the present plan was prepared.
    watch_s : float
        Seconds between two looks at these files; 0 for none.
    problems : Problems
        Of the run.
    say : callable
        Receives what has come of it.

    Attributes
    ----------
    plan : object or None
        The new plan, once it is ready.
    """

    def __init__(
        self, prepare: Callable[[], PlanT], marks: Marks, watch_s: float, problems: Problems, say: Callable[[str], None]
    ) -> None:
        self.plan: PlanT | None = None
        self._prepare = prepare
        self._known = dict(marks)
        self._newest = dict(marks)
        self._watch_s = watch_s
        self._next_look_s = time.monotonic() + watch_s
        self._problems = problems
        self._say = say
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a plan is being prepared."""
        return self._thread is not None and self._thread.is_alive()

    def ask(self, reason: str) -> None:
        """Begin to prepare a plan; where one is being prepared already, do nothing."""
        if not self.is_busy and self.plan is None:
            self._say(reason)
            self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)
            self._thread.start()

    def look(self) -> None:
        """Ask for a plan if a watched file has been replaced, and has not changed since the last look."""
        now_s = time.monotonic()
        if not self._watch_s or now_s < self._next_look_s or self.is_busy:
            return
        self._next_look_s = now_s + self._watch_s
        marks = marks_of(self._known)
        changed = [path for path, mark in marks.items() if mark is not None and mark != self._known[path]]
        if changed and marks == self._newest:  # else it is still being written
            self._known = marks
            self.ask(f"{', '.join(map(str, changed))} has changed, and is read again")
        self._newest = marks

    def _run(self) -> None:
        try:
            plan = self._prepare()
        except StreamerError as error:
            self._refuse(str(error))
        except Exception as error:
            fault(error)
            self._refuse(f"{type(error).__name__}: {error}; report this as a bug")
        else:
            self._problems.end(PART)
            self.plan = plan

    def _refuse(self, reason: str) -> None:
        self._problems.begin(PART, f"not taken over, the old settings and models go on: {reason}")
