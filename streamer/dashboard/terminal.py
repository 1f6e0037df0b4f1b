"""Own the terminal while the dashboard is on it: entered, written without ever waiting for it, and always restored."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any

from streamer.dashboard.layout import parse

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # alternate screen, no cursor, no wrapping, clear
_LEAVE = "\x1b[0m\x1b[?2026l\x1b[?7h\x1b[?25h\x1b[?1049l"
_FAREWELL_S = 0.5  # for a terminal that is slow to take the last bytes


class Terminal:
    """Context manager that owns the terminal.

    Writing goes through a file description of its own that never blocks: what the terminal does not take now
    (Ctrl-S, a suspended multiplexer) waits in :attr:`is_busy`, and no frame is drawn meanwhile.

    Parameters
    ----------
    output : file
        Open on the terminal.
    keyboard : file, optional
        Where keys come from; no keys where it is no terminal.
    encoding : str
        Of the terminal; what it cannot show becomes ``?``.
    """

    def __init__(self, output: IO[str], keyboard: IO[Any] | None, encoding: str = "utf-8") -> None:
        self._output = output.fileno()
        self._encoding = encoding
        self._pending = b""
        self._is_own = False
        self._keyboard = keyboard.fileno() if keyboard is not None and keyboard.isatty() else None
        self._before: list[Any] | None = None
        self.is_gone = False  # hung up: nothing can be written any more

    @property
    def is_busy(self) -> bool:
        """Return whether bytes still wait for the terminal."""
        return bool(self._pending)

    @property
    def size(self) -> tuple[int, int]:
        """Return the columns and lines now."""
        try:
            columns, lines = os.get_terminal_size(self._output)
        except OSError:
            columns, lines = 80, 24
        return max(columns, 1), max(lines, 1)

    @property
    def is_ours(self) -> bool:
        """Return whether the process is in the foreground; a background job must neither write nor read."""
        if sys.platform == "win32":
            return True
        try:
            return os.tcgetpgrp(self._output) == os.getpgrp()
        except OSError:
            return True  # not our controlling terminal: no job control to obey

    def __enter__(self) -> Terminal:
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # no name, as in some containers: the shared one must do
                own = os.open(os.ttyname(self._output), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
                self._output, self._is_own = own, True
        self.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
        if self._is_own:
            os.close(self._output)

    def enter(self) -> None:
        """Switch to the alternate screen and read keys; harmless to repeat."""
        if sys.platform != "win32" and self._keyboard is not None:
            import termios

            with contextlib.suppress(termios.error):
                if self._before is None:
                    self._before = termios.tcgetattr(self._keyboard)
                mode = termios.tcgetattr(self._keyboard)
                mode[3] &= ~(termios.ICANON | termios.ECHO)  # Ctrl-C, Ctrl-Z and Ctrl-S keep their meaning
                mode[6] = [*mode[6]]
                mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
                termios.tcsetattr(self._keyboard, termios.TCSANOW, mode)
        self._pending = b""
        self.write(_ENTER)

    def leave(self) -> None:
        """Restore the screen and the keyboard as they were."""
        if self.is_ours:
            deadline_s = time.monotonic() + _FAREWELL_S
            self._resume_output()
            self.write(_LEAVE)
            while self._pending and not self.is_gone and (left_s := deadline_s - time.monotonic()) > 0:
                self._wait([], left_s)
                self._flush()
        self._pending = b""
        if sys.platform != "win32" and self._keyboard is not None and self._before is not None:
            import termios

            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._keyboard, termios.TCSANOW, self._before)
            self._before = None

    def _resume_output(self) -> None:
        """Undo a Ctrl-S, or the last bytes would never arrive."""
        if sys.platform != "win32":
            import termios

            with contextlib.suppress(termios.error):
                termios.tcflow(self._output, termios.TCOOFF)  # the kernel resumes only what this way was stopped
                termios.tcflow(self._output, termios.TCOON)

    def write(self, text: str) -> None:
        """Send as much as the terminal takes now; the rest follows while :meth:`keys` waits."""
        self._pending += text.encode(self._encoding, "replace")
        self._flush()

    def keys(self, timeout_s: float) -> Iterator[str]:
        """Return the keys pressed within a time, all of which is spent unless a key comes; sends what is pending."""
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            if self._wait([self._keyboard] if self._keyboard is not None and self.is_ours else [], left_s):
                data = self._read()
                yield from parse(data)
                return
            self._flush()

    def _wait(self, keyboards: list[int], timeout_s: float) -> bool:
        """Return whether a key waits; returns early when the terminal can take more."""
        if sys.platform == "win32":
            import msvcrt

            time.sleep(min(timeout_s, 0.02))
            return msvcrt.kbhit()
        ready, _, _ = select.select(keyboards, [self._output] if self._pending else [], [], timeout_s)
        return bool(ready)

    def _read(self) -> bytes:
        if sys.platform == "win32":
            import msvcrt

            return msvcrt.getch()
        assert self._keyboard is not None
        try:
            data = os.read(self._keyboard, 1024)
        except OSError:
            data = b""
        if not data:  # hung up; a terminal in this mode has no end of file
            self.is_gone, self._keyboard = True, None
        return data

    def _flush(self) -> None:
        try:
            while self._pending:
                n_written = os.write(self._output, self._pending)
                self._pending = self._pending[n_written:]
        except BlockingIOError:
            pass
        except OSError:
            self.is_gone, self._pending = True, b""
