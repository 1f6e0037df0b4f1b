"""Show the newest snapshots on the terminal until the user quits or all streams have ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console

from streamer.config import PaletteName
from streamer.dashboard.encoder import Encoder
from streamer.dashboard.keymap import is_quit
from streamer.dashboard.keys import Mouse
from streamer.dashboard.layout import compose, image_on_screen, without_ended_help
from streamer.dashboard.operation import Operator
from streamer.dashboard.terminal import Terminal
from streamer.dashboard.theme import Line, Theme, theme_of
from streamer.dashboard.view import View
from streamer.monitor.snapshot import Snapshot


def run_dashboard(
    streams: Sequence[Callable[[], Snapshot]],
    console: Console,
    frames_per_s: float = 10.0,
    stop: threading.Event | None = None,
    press: Callable[[str], bool] = lambda _: False,
    operator: Operator | None = None,
    palette: PaletteName = "dark",
) -> None:
    """Show the streams on the alternate screen until ``stop`` is set; runs in the main thread.

    Its keys are in :mod:`streamer.dashboard.keymap`. ``q``, Ctrl-C and a hung-up terminal set ``stop``; Ctrl-Z and
    ``fg`` work; the terminal is restored whatever happens. Only frozen snapshots are shared with the processing
    threads, so a terminal that takes no bytes delays nothing but its own frames.

    Parameters
    ----------
    streams : sequence of callables
        Each returns the newest snapshot of its stream without waiting.
    console : rich.console.Console
        Console on a terminal (see :func:`streamer.console.can_show`).
    frames_per_s : float
        Frames drawn per second, above 0.
    stop : threading.Event, optional
        Ends the loop when set, and is set when the user ends it.
    press : callable
        Called first with every key but ``q``; returns True if it has used the key, which then does nothing else.
    operator : Operator, optional
        What all other keys do; without one they reach no stream. Further keys for the selected event are bound there,
        see :class:`streamer.dashboard.operation.EventKey`.
    palette : {"dark", "light", "viridis", "cividis"}
        Colours to begin with.
    """
    stop, operator = stop or threading.Event(), operator or Operator()
    view = View(palette=palette)
    system = None if console.no_color else console.color_system
    encoder = Encoder(system)
    keyboard = sys.stdin if sys.stdin is not None and not sys.stdin.closed else None
    size, held, snapshots = (0, 0), False, [stream() for stream in streams]
    next_s = time.monotonic()
    with _signals(stop) as job, Terminal(console.file, keyboard, console.encoding) as terminal:
        while not stop.is_set():
            if job.take_suspend():
                terminal.leave()
                job.suspend()
            if job.is_away and terminal.is_foreground:  # continued in the foreground
                job.is_away, size = False, (0, 0)  # first: another stop may come while the terminal is entered
                terminal.enter()
            if terminal.is_foreground and not job.is_away and not terminal.is_busy:
                if size != terminal.size:
                    size = terminal.size
                    encoder.reset()
                    terminal.write("\x1b[0m\x1b[2J")
                if not view.is_held or not held:
                    snapshots = [stream() for stream in streams]
                held = view.is_held
                theme = theme_of(console, view.palette)
                terminal.write(encoder.frame(_lines(snapshots, size, theme, view, operator)))
            next_s = max(next_s + 1 / frames_per_s, time.monotonic())
            while not stop.is_set():  # once at least: keys work on a machine too slow for so many frames
                for key in terminal.keys(max(0.0, next_s - time.monotonic())):
                    if isinstance(key, Mouse):
                        view = operator.point(key, view, image_on_screen(snapshots, terminal.size, theme, view))
                    elif is_quit(key) and view.entry is None:
                        stop.set()
                    elif not press(key.lower()):
                        view = operator.press(key, view, snapshots)
                        theme = theme_of(console, view.palette)
                        view = without_ended_help(view, operator.all_bindings, snapshots, terminal.size, theme)
                terminal.report_mouse(view.region is not None)
                if time.monotonic() >= next_s:
                    break
            if terminal.is_gone:
                stop.set()


def _lines(
    snapshots: Sequence[Snapshot], size: tuple[int, int], theme: Theme, view: View, operator: Operator
) -> list[Line]:
    """Return the lines of the screen; the last one names the keys that work now, the help all."""
    bindings = operator.all_bindings if view.help_page is not None else operator.bindings(view)
    return compose(operator.shown(snapshots), *size, theme, time.time(), view, bindings)


class _Job:
    """Job control: handlers of SIGTSTP and SIGCONT only set flags, so that none acts in the middle of a write."""

    def __init__(self) -> None:
        self._wants_suspend = False
        self.is_away = False  # stopped and continued since the last frame: others may have written on the screen

    def take_suspend(self) -> bool:
        """Return whether Ctrl-Z was pressed since the last call."""
        wanted, self._wants_suspend = self._wants_suspend, False
        return wanted

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Set the flag of a signal."""
        if number == getattr(signal, "SIGCONT", None):
            self.is_away = True
        else:
            self._wants_suspend = True

    def suspend(self) -> None:
        """Stop this process as Ctrl-Z does; return when it is continued."""
        if sys.platform != "win32":
            ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, ours)
            self.is_away = True


@contextmanager
def _signals(stop: threading.Event) -> Iterator[_Job]:
    """Handle signals while the dashboard is shown; restore the old handlers afterwards."""
    job = _Job()
    before: dict[int, Any] = {}
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if name == "SIGHUP" and number and signal.getsignal(number) is not signal.SIG_DFL:
                continue  # it is ignored, or asks the run for something else than to end
            if number:
                before[number] = signal.signal(number, lambda *_: stop.set())
        for name in ("SIGTSTP", "SIGCONT"):
            if number := getattr(signal, name, None):
                before[number] = signal.signal(number, job.on_signal)
        yield job
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
