"""Ctrl-C where it does no harm: between two pieces of work, never inside a library that is writing a file."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from streamer.text import duration

LINE_S = 10.0  # seconds between two lines where there is no terminal

Report = Callable[..., None]  # takes the share done, 0…1, and, if there is messages, how it goes


class Progress:
    """Shows the stages of a long piece of work on standard error.

    Parameters
    ----------
    console : Console, optional
        Where to; None: standard error.
    check : callable
        Called at every report: what it raises ends the stage there.
    """

    def __init__(self, console: Console | None = None, check: Callable[[], None] = lambda: None) -> None:
        self._console = console or Console(stderr=True)
        self._check = check

    def say(self, text: str) -> None:
        """Write a line of plain text."""
        self._console.print(Text(text), soft_wrap=not self._console.is_terminal)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[Report]:
        """Show one stage for the length of a ``with`` block; a line with its time and last messages remains.

        Yields
        ------
        callable
            Takes the share done, 0…1, and optionally how it goes.
        """
        show = _Bar(name, self._console) if self._console.is_terminal else _Lines(name, self._console)
        started = time.monotonic()

        def report(share: float, text: str = "") -> None:
            show.report(share, text)
            self._check()

        try:
            with show:
                yield report
        finally:
            self.say(f"  {name}: {duration(time.monotonic() - started)}{', ' if show.text else ''}{show.text}")


class _Bar:
    def __init__(self, name: str, console: Console) -> None:
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")  # of the width, once bar and time have theirs
        columns = (
            TextColumn("  {task.description}", markup=False),
            BarColumn(24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[messages]}", style="dim", markup=False, table_column=rest),
        )
        self._bars = Bars(*columns, console=console, transient=True, expand=True)
        self._task = self._bars.add_task(name, total=1.0, messages="")
        self.text = ""

    def __enter__(self) -> None:
        self._bars.start()

    def __exit__(self, *reason: object) -> None:
        self._bars.stop()

    def report(self, share: float, text: str = "") -> None:
        self.text = text or self.text
        self._bars.update(self._task, completed=share, messages=self.text)


class _Lines:
    def __init__(self, name: str, console: Console) -> None:
        self._name, self._console = name, console
        self._started = self._said = time.monotonic()
        self.text = ""

    def __enter__(self) -> None: ...

    def __exit__(self, *reason: object) -> None: ...

    def report(self, share: float, text: str = "") -> None:
        self.text = text or self.text
        now = time.monotonic()
        if share > 0 and now - self._said >= LINE_S:
            left_s = (now - self._started) * (1.0 - share) / share
            messages = f", {self.text}" if self.text else ""
            self._console.print(
                Text(f"  {self._name}: {100 * share:.0f} %, {duration(left_s)} left{messages}"), soft_wrap=True
            )
            self._said = now


class Interruption:
    """Within a ``with`` block the first Ctrl-C waits for :meth:`check`; one that comes before that acts at once.

    SIGTERM, and SIGHUP of a terminal that is closed, end the program as an error does, so that what is temporary is
    removed. In other threads than the main one, where signals do not arrive, it does nothing.
    """

    def __init__(self) -> None:
        self._asked = self._insisted = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before[signal.SIGINT] = signal.signal(signal.SIGINT, self._note)
            for name in ("SIGTERM", "SIGHUP"):
                if number := getattr(signal, name, None):  # not every system has both
                    self._before[number] = signal.signal(number, _leave)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self._insisted and isinstance(error, Exception):  # what a library made of being interrupted
            raise KeyboardInterrupt from None

    def check(self) -> None:
        """Stop here if that was asked for.

        Raises
        ------
        KeyboardInterrupt
            Once for each Ctrl-C.
        """
        if self._asked:
            self._asked = False
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            self._insisted = True
            raise KeyboardInterrupt
        self._asked = True
        with contextlib.suppress(OSError):  # past Python's own buffers, which may be in the middle of a line
            os.write(2, b"\n  stopping, in a moment\n")


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
