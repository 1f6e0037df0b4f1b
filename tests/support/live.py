"""Run `streamer run`, or another live command, as a process, and read its JSON lines."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest


class LiveCommand:
    """Live command in another process, whose JSON lines are collected as they come."""

    def __init__(self, *arguments: object, does: str = "run") -> None:
        command = [sys.executable, "-m", "streamer", does, *map(str, arguments), "--json"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(json.loads(line))

    def wait_for(self, holds: Callable[[dict[str, Any]], bool], timeout_s: float = 30.0) -> dict[str, Any]:
        """Return the first line from now on for which a condition holds."""
        n_before = len(self.lines)
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            for line in self.lines[n_before:]:
                if holds(line):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no such line in {timeout_s} s; the last lines are {self.lines[-3:]}")

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self._process.send_signal(number)

    def end(self) -> dict[str, Any]:
        """Stop the command as SIGTERM does, and return its summary."""
        self._process.terminate()
        code = self._process.wait(20)
        self._reader.join()
        assert self._process.stderr is not None
        errors = self._process.stderr.read()
        assert code == 0, errors
        assert "Traceback" not in errors
        return self.lines[-1]

    def close(self) -> None:
        """End the process and close its pipes, whatever the result of the test."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()


Start = Callable[..., LiveCommand]


@pytest.fixture
def start() -> Iterator[Callable[..., LiveCommand]]:
    """Function that starts `streamer run`, or the command ``does``, with some arguments."""
    with ExitStack() as stack:

        def begin(*arguments: object, does: str = "run") -> LiveCommand:
            live = LiveCommand(*arguments, does=does)
            stack.callback(live.close)
            return live

        yield begin


def is_waiting(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "health" and line["state"] == "waiting")


def is_running(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "health" and line["state"] == "running")
