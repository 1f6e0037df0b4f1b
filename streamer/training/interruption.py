"""Ctrl-C where it does no harm: between two pieces of work, never inside a library that is writing a file."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any


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
