"""Control the terminal while the dashboard is shown: enter, write without ever waiting, read keys, restore."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, Any

from streamer.dashboard.keys import ESCAPE_S, Input, KeyParser
from streamer.dashboard.restorer import ENTER, LEAVE, MOUSE_OFF, MOUSE_ON, Restorer

_LEAVE_S = 0.5  # patience with a terminal that is slow to take the last bytes


class Terminal:
    """Context manager that enters the alternate screen, and restores all whatever happens.

    Writing goes through a file description of its own, which never blocks. Bytes that the terminal does not take now
    (after Ctrl-S, or in a suspended multiplexer) are kept, and :attr:`is_busy` is true until it has taken them.

    Attributes
    ----------
    is_gone : bool
        Whether the terminal has hung up, so that nothing can be written any more.

    Parameters
    ----------
    output : file
        Open on the terminal.
    keyboard : file, optional
        Source of keys; there are none where it is not a terminal.
    encoding : str
        Encoding of the terminal; a character that it does not have becomes ``?``.
    """

    def __init__(self, output: IO[str], keyboard: IO[Any] | None, encoding: str = "utf-8") -> None:
        self._output = output.fileno()
        self._encoding = encoding
        self._pending = b""
        self._is_own = False
        self._keyboard = keyboard.fileno() if keyboard is not None and keyboard.isatty() else None
        self._before: list[Any] | None = None
        self._restorer: Restorer | None = None
        self._parser = KeyParser()
        self._read_s = 0.0  # when something was read last
        self._has_mouse = False  # whether the terminal is to report the mouse
        self.is_gone = False

    @property
    def is_busy(self) -> bool:
        """Whether bytes wait until the terminal takes them."""
        return bool(self._pending)

    @property
    def size(self) -> tuple[int, int]:
        """Present number of columns and lines."""
        try:
            columns, lines = os.get_terminal_size(self._output)
        except OSError:
            columns, lines = 80, 24
        return max(columns, 1), max(lines, 1)

    @property
    def is_foreground(self) -> bool:
        """Whether this process is in the foreground; a background job must neither write nor read."""
        if sys.platform == "win32":
            return True
        try:
            return os.tcgetpgrp(self._output) == os.getpgrp()
        except OSError:
            return True  # not the controlling terminal: there is no job control

    def __enter__(self) -> Terminal:
        if sys.platform != "win32":
            with contextlib.suppress(
                OSError
            ):  # a terminal without a name, as in some containers: keep the shared description
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
        """Switch to the alternate screen and to reading single keys; may be repeated."""
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
        self._parser = KeyParser()
        if self._restorer is None:
            self._restorer = Restorer(self._output)
        self.write(ENTER + MOUSE_ON * self._has_mouse)

    def leave(self) -> None:
        """Restore the screen and the keyboard as they were."""
        if self.is_foreground:
            deadline_s = time.monotonic() + _LEAVE_S
            self._resume_output()
            self.write(LEAVE)
            while self._pending and not self.is_gone and (left_s := deadline_s - time.monotonic()) > 0:
                self._wait([], left_s)
                self._flush()
        self._pending = b""
        if sys.platform != "win32" and self._keyboard is not None and self._before is not None:
            import termios

            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._keyboard, termios.TCSANOW, self._before)
            self._before = None
        if self._restorer is not None:  # now it may be the terminal of another program
            self._restorer.close()
            self._restorer = None

    def _resume_output(self) -> None:
        """Undo a Ctrl-S, after which the terminal would never take the last bytes."""
        if sys.platform != "win32":
            import termios

            with contextlib.suppress(termios.error):
                termios.tcflow(
                    self._output, termios.TCOOFF
                )  # the kernel resumes only output that was suspended by this call
                termios.tcflow(self._output, termios.TCOON)

    def report_mouse(self, wanted: bool) -> None:
        """Ask the terminal to report the mouse, or no longer; meanwhile no text can be selected with it."""
        if wanted != self._has_mouse:
            self._has_mouse = wanted
            self.write(MOUSE_ON if wanted else MOUSE_OFF)

    def write(self, text: str) -> None:
        """Write as much as the terminal takes now; :meth:`keys` writes the rest while it waits."""
        self._pending += text.encode(self._encoding, "replace")
        self._flush()

    def keys(self, timeout_s: float) -> Iterator[Input]:
        """Yield the keys pressed within a time, which ends with the first; write pending bytes meanwhile."""
        deadline_s = time.monotonic() + timeout_s
        escape_s = self._read_s + ESCAPE_S if self._parser.is_waiting else float("inf")
        while (left_s := min(deadline_s, escape_s) - time.monotonic()) > 0:
            if self._wait([self._keyboard] if self._keyboard is not None and self.is_foreground else [], left_s):
                data, self._read_s = self._read(), time.monotonic()
                yield from self._parser.feed(data)
                return
            self._flush()
        if time.monotonic() >= escape_s:
            yield from self._parser.flush()

    def _wait(self, keyboards: list[int], timeout_s: float) -> bool:
        """Return whether a key can be read; return early when the terminal can take more bytes."""
        if sys.platform == "win32":
            import msvcrt

            time.sleep(min(timeout_s, 0.02))
            return msvcrt.kbhit()
        ready, _, _ = select.select(keyboards, [self._output] if self._pending else [], [], timeout_s)
        return bool(ready)

    def _read(self) -> bytes:
        if sys.platform == "win32":
            import msvcrt

            return _windows_key(msvcrt.getch(), msvcrt.getch if msvcrt.kbhit() else bytes)
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


# Second byte of a key without a character, as Windows gives it, and the sequence that other terminals send.
_WINDOWS_KEYS = {
    b"H": b"\x1b[A", b"P": b"\x1b[B", b"M": b"\x1b[C", b"K": b"\x1b[D", b"G": b"\x1b[H", b"O": b"\x1b[F",
    b"I": b"\x1b[5~", b"Q": b"\x1b[6~", b"S": b"\x1b[3~", b";": b"\x1bOP",
}  # fmt: skip


def _windows_key(first: bytes, following: Callable[[], bytes]) -> bytes:
    """Return what another terminal would have sent for a key: 0 or 0xE0 comes before one without a character."""
    if first not in (b"\x00", b"\xe0"):
        return first
    return _WINDOWS_KEYS.get(following(), b"")
