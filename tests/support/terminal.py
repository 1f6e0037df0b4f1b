"""Run a program on a pseudo-terminal and read its screen."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from typing import Any

import pyte

LIMIT_S = 30.0  # longest wait for a condition


class TerminalSession:
    """A Python program on a pseudo-terminal, and the screen of that terminal as pyte shows it."""

    def __init__(self, program: str, columns: int = 80, lines: int = 24) -> None:
        self.master, self.slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.sent = b""
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self.slave)
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def read(self, timeout_s: float) -> None:
        if select.select([self.master], [], [], timeout_s)[0]:
            data = os.read(self.master, 65536)
            self.sent += data
            self._stream.feed(data)

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Read from the terminal until a condition holds; ``what`` describes it in the message of a failure."""
        deadline_s = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline_s, f"never: {what}\n" + "\n".join(self.screen.display)
            self.read(0.1)

    def shows(self, text: str) -> bool:
        return any(text in line for line in self.screen.display)

    def is_filled(self) -> bool:
        """Return whether a dashboard fills the whole screen."""
        first, last = self.screen.display[0], self.screen.display[-1]
        return first.startswith("╭") and first.endswith("╮") and "quit" in last

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def ends(self) -> int:
        """Wait for the end of the program and return its exit code."""
        self.until(lambda: self.process.poll() is not None, "end")
        while select.select([self.master], [], [], 0.1)[0]:
            self.read(0)
        assert self.process.returncode is not None
        return self.process.returncode

    def assert_restored(self) -> None:
        """Assert that the terminal is as before the program."""
        assert termios.tcgetattr(self.slave) == self.before
        assert self.sent.rfind(b"\x1b[?1049l") > self.sent.rfind(b"\x1b[?1049h")  # the main screen
        assert self.sent.rfind(b"\x1b[?7h") > self.sent.rfind(b"\x1b[?7l")  # wraps again
        assert self.sent.rfind(b"\x1b[?2004l") > self.sent.rfind(b"\x1b[?2004h")  # marks of pasted text
        assert b"\x1b[?1000h" not in self.sent
        # Text can be selected with the mouse again.
        assert self.sent.rfind(b"\x1b[?1002l") > self.sent.rfind(b"\x1b[?1002h")
        assert not self.screen.cursor.hidden

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for fd in (self.master, self.slave):
            os.close(fd)
