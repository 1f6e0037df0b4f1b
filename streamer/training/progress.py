"""How far training has come and how long it will still take: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from streamer.dashboard.text import duration

LINE_S = 10.0  # seconds between two lines where there is no terminal

Report = Callable[..., None]  # takes the share done, 0…1, and, if there is news, how it goes


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
        """Show one stage for the length of a ``with`` block; a line with its time and last news remains.

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
            TextColumn("{task.fields[news]}", style="dim", markup=False, table_column=rest),
        )
        self._bars = Bars(*columns, console=console, transient=True, expand=True)
        self._task = self._bars.add_task(name, total=1.0, news="")
        self.text = ""

    def __enter__(self) -> None:
        self._bars.start()

    def __exit__(self, *reason: object) -> None:
        self._bars.stop()

    def report(self, share: float, text: str = "") -> None:
        self.text = text or self.text
        self._bars.update(self._task, completed=share, news=self.text)


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
            news = f", {self.text}" if self.text else ""
            self._console.print(
                Text(f"  {self._name}: {100 * share:.0f} %, {duration(left_s)} left{news}"), soft_wrap=True
            )
            self._said = now
