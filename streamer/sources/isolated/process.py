"""The parent's side of a process that captures: started, asked, listened to and ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from typing import Any

from streamer.errors import SourceUnavailable
from streamer.sources.stall import StallTimer

START_S = 30.0  # to start Python and import what a source needs, on the slowest machine …
SILENT_S = 3.0  # … afterwards a status comes five times a second, unless a driver keeps all threads from running
POLL_S = 0.01
END_S = 0.5


class CaptureProcess:
    """A child process that captures one source.

    It ends with this process, however that ends: by its standard input, and on Linux by the kernel.

    Parameters
    ----------
    uri : str
        As shown in errors.
    request : dict
        What the child is to open; sent to it through a pipe, since it may hold a password.
    """

    def __init__(self, uri: str, request: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "streamer.sources.isolated.child", str(os.getpid())]
        self._uri = uri
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.status: dict[str, Any] = {}
        self._n_lines = 0
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._silence = StallTimer(POLL_S, time.monotonic())
        self._reader = threading.Thread(target=self._read, name=f"listen {uri}", daemon=True)
        self._reader.start()
        self.send(request)

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def send(self, message: dict[str, Any]) -> None:
        """Send a line; one that has ended gets none."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def next_message(self, timeout_s: float = POLL_S) -> dict[str, Any] | None:
        """Return the next message other than a status; None where none comes in time.

        Raises
        ------
        SourceUnavailable
            When the process has ended, or has been silent for so long that it must be hanging; then it is killed.
        """
        with contextlib.suppress(queue.Empty):
            return self._messages.get(timeout=timeout_s)
        if not self._reader.is_alive() and self._messages.empty():
            code = self._code()
            reason = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            raise SourceUnavailable(f"source={self._uri!r} must be captured; the process for it {reason}")
        if self._silence.update(self._n_lines, time.monotonic()) > (SILENT_S if self._n_lines else START_S):
            raise self.killed("hangs or spins")
        return None

    def _code(self) -> int:
        """Return the exit code once its output has ended; one that goes on without is killed."""
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def killed(self, why: str) -> SourceUnavailable:
        """Kill the process; return the error that says why."""
        self.close()
        return SourceUnavailable(f"source={self._uri!r} must answer; its driver {why}: the process for it was ended")

    def close(self) -> None:
        """End the process now, whatever it does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._reader.join(END_S)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed, or a line that was cut when it was killed
            for line in self._process.stdout:
                message = json.loads(line)
                self._n_lines += 1
                if "status" in message:
                    self.status = message["status"]
                else:
                    self._messages.put(message)
