"""Crashes: threads of the program that ended by an error which nothing caught."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from streamer.monitor.problems import Problems


class Crashes:
    """Context in which the death of any thread is a problem of the run, and is kept to end it visibly.

    Every thread of streamer catches what it expects, and what it does not expect it makes a problem itself. This is
    for what is left: a mistake in that, and threads of libraries and plug-ins.

    Parameters
    ----------
    problems : Problems
        Of the run.
    crashed : callable
        Called on the dying thread.

    Attributes
    ----------
    first : BaseException or None
        The first error that ended a thread.
    """

    def __init__(self, problems: Problems, crashed: Callable[[], object]) -> None:
        self.first: BaseException | None = None
        self._problems = problems
        self._crashed = crashed
        self._before = threading.excepthook

    def __enter__(self) -> Self:
        self._before, threading.excepthook = threading.excepthook, self._hook
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        threading.excepthook = self._before

    def _hook(self, crash: threading.ExceptHookArgs) -> None:
        error = crash.exc_value or crash.exc_type()
        name = crash.thread.name if crash.thread else "unknown"
        text = f"the thread {name} ended: {type(error).__name__}: {error}; report this as a bug"
        self._problems.begin(f"thread {name}", text)
        self.first = self.first or error
        self._crashed()
