"""The progress of training on standard error, and Ctrl-C that takes effect between two steps only."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Column
from rich.text import Text

from streamer.console import SafeConsole
from streamer.text import duration

LINE_S = 10.0  # seconds between two lines where there is no terminal


class ReportProgress(Protocol):
    """Takes the share of a stage that is done, 0…1, and optionally a text that says how it goes."""

    def __call__(self, share: float, text: str = "") -> None:
        """Report how far the stage is."""


class Progress:
    """Show the stages of a long piece of work on standard error.

    Parameters
    ----------
    console : Console, optional
        Where to; None: standard error.
    check : callable
        Called at every report: what it raises ends the stage there.
    """

    def __init__(self, console: Console | None = None, check: Callable[[], None] = lambda: None) -> None:
        self._console = console or SafeConsole(stderr=True)
        self._check = check

    def say(self, text: str) -> None:
        """Write a line of plain text."""
        self._console.print(Text(text), soft_wrap=not self._console.is_terminal)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[ReportProgress]:
        """Show one stage for the length of a ``with`` block; a line with its time and last text remains.

        Yields
        ------
        ReportProgress
        """
        display = _Bar(name, self._console) if self._console.is_terminal else _Lines(name, self._console)
        started = time.monotonic()

        def report(share: float, text: str = "") -> None:
            display.report(share, text)
            self._check()

        try:
            with display:
                yield report
        finally:
            text = f", {display.text}" if display.text else ""
            self.say(f"  {name}: {duration(time.monotonic() - started)}{text}")


class _Bar:
    """A bar that stays in one line of a terminal."""

    def __init__(self, name: str, console: Console) -> None:
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")  # of the width, once bar and time have theirs
        columns = (
            TextColumn("  {task.description}", markup=False),
            BarColumn(24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}", style="dim", markup=False, table_column=rest),
        )
        self._bars = RichProgress(*columns, console=console, transient=True, expand=True)
        self._task = self._bars.add_task(name, total=1.0, text="")
        self.text = ""

    def __enter__(self) -> None:
        self._bars.start()

    def __exit__(self, *reason: object) -> None:
        self._bars.stop()

    def report(self, share: float, text: str = "") -> None:
        self.text = text or self.text
        self._bars.update(self._task, completed=share, text=self.text)


class _Lines:
    """A line now and then, where there is no terminal."""

    def __init__(self, name: str, console: Console) -> None:
        self._name, self._console = name, console
        self._started = self._written = time.monotonic()
        self.text = ""

    def __enter__(self) -> None: ...

    def __exit__(self, *reason: object) -> None: ...

    def report(self, share: float, text: str = "") -> None:
        self.text = text or self.text
        now = time.monotonic()
        if share > 0 and now - self._written >= LINE_S:
            left_s = (now - self._started) * (1.0 - share) / share
            shown = f", {self.text}" if self.text else ""
            self._console.print(
                Text(f"  {self._name}: {100 * share:.0f} %, {duration(left_s)} left{shown}"), soft_wrap=True
            )
            self._written = now


class Interruption:
    """Delay the first Ctrl-C within a ``with`` block until :meth:`check`; a second one before that acts at once.

    So Ctrl-C ends a piece of work between two steps, never inside a library that is writing a file. SIGTERM, and
    SIGHUP of a terminal that is closed, end the program as an error does, so that what is temporary is removed. In
    other threads than the main one, where signals do not arrive, it does nothing.
    """

    def __init__(self) -> None:
        self._requested = self._insisted = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before[signal.SIGINT] = signal.signal(signal.SIGINT, self._on_interrupt)
            for name in ("SIGTERM", "SIGHUP"):
                if number := getattr(signal, name, None):  # not every system has both
                    self._before[number] = signal.signal(number, _exit)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self._insisted and isinstance(error, Exception):  # the error that a library raised when it was interrupted
            raise KeyboardInterrupt from None

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed.

        Raises
        ------
        KeyboardInterrupt
            Once for each Ctrl-C.
        """
        if self._requested:
            self._requested = False
            raise KeyboardInterrupt

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._requested:
            self._insisted = True
            raise KeyboardInterrupt
        self._requested = True
        with contextlib.suppress(OSError):  # past Python's own buffers, which may be in the middle of a line
            os.write(2, b"\n  stopping, in a moment\n")


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
