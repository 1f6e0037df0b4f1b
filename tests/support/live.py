"""`streamer run`, or another live command, as a process of its own, watched through its JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest


class Live:
    """A live command in another process, its JSON lines collected as they come."""

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
        """Return the first line, among those still to come, of which something holds."""
        seen = len(self.lines)
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            for line in self.lines[seen:]:
                if holds(line):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"not seen in {timeout_s} s; the last lines were {self.lines[-3:]}")

    def end(self) -> dict[str, Any]:
        """Stop it as Ctrl-C does; return its summary."""
        self._process.terminate()
        code = self._process.wait(20)
        self._reader.join()
        assert self._process.stderr is not None
        told = self._process.stderr.read()
        assert code == 0, told
        assert "Traceback" not in told
        return self.lines[-1]

    def close(self) -> None:
        """Leave nothing behind, however the test went."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()


Start = Callable[..., Live]


@pytest.fixture
def start() -> Iterator[Callable[..., Live]]:
    """Start `streamer run`, or what ``does`` names, with some arguments."""
    with ExitStack() as stack:

        def begin(*arguments: object, does: str = "run") -> Live:
            live = Live(*arguments, does=does)
            stack.callback(live.close)
            return live

        yield begin


def waits(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "health" and line["state"] == "waiting")


def runs(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "health" and line["state"] == "running")
