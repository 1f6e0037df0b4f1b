"""Signals of a run: which end it, which asks for its settings anew, and which are left as they are."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

CLOSED_S = 0.5  # after a hang-up for the terminal to be gone: the shell signals its jobs a moment before


class RunSignals:
    """Context that handles signals while streams run, and restores the old handlers.

    Ctrl-C and SIGTERM end the run in order; a second one ends the process at once. SIGHUP asks for the settings to be
    read again, or ends the run in order where the terminal was closed. Where it is ignored, as under ``nohup``, it
    stays ignored.

    Parameters
    ----------
    stop : threading.Event
        Set to end the run.

    Attributes
    ----------
    has_ended : bool
        Whether Ctrl-C or SIGTERM has ended the run.
    """

    def __init__(self, stop: threading.Event) -> None:
        self.has_ended = False
        self._stop = stop
        self._before: dict[int, Any] = {}
        self._had_terminal = False
        self._hung_up_s: float | None = None

    def __enter__(self) -> Self:
        self._had_terminal = _has_terminal()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._end)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._hang_up)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def take_reload(self) -> bool:
        """Return whether the settings are to be read again; end the run where the terminal was closed."""
        if self._hung_up_s is None:
            return False
        if self._had_terminal and not _has_terminal():
            self._stop.set()
        elif self._had_terminal and time.monotonic() < self._hung_up_s + CLOSED_S:
            return False
        self._hung_up_s = None
        return not self._stop.is_set()

    def _end(self, number: int, _: FrameType | None) -> None:
        if self._stop.is_set():
            os._exit(128 + number)
        self.has_ended = True
        self._stop.set()

    def _hang_up(self, number: int, _: FrameType | None) -> None:
        self._hung_up_s = time.monotonic()


def _has_terminal() -> bool:
    """Return whether the process has a terminal from which it is controlled."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except (OSError, AttributeError):  # there is neither on Windows
        return False
    return True
