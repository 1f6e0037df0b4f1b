"""A service manager of which streamer is the service: a socket for its messages, and the process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HANGS = """
import sys, threading
from streamer.pipeline.stage import Stage
classify, n = Stage.classify, [0]
def classify_or_hang(self, *arguments):
    n[0] += 1
    if n[0] > 3:
        threading.Event().wait()  # as a call that never returns
    return classify(self, *arguments)
Stage.classify = classify_or_hang
"""


class ServiceManager:
    """Socket that a service sends to, and the service itself.

    Parameters
    ----------
    folder : Path
        For the socket and the runtime directory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[tuple[float, str]] = []  # with the time at which they came
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._process: subprocess.Popen[bytes] | None = None
        self.errors = folder / "stderr"

    def start(self, *arguments: object, watchdog_s: float = 1.5, before: str = "") -> subprocess.Popen[bytes]:
        """Start streamer, after the statements ``before`` in the same process."""
        code = f"{before}\nfrom streamer.__main__ import main\nmain()"
        environment = os.environ | {
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "WATCHDOG_USEC": str(round(watchdog_s * 1e6)),
            "RUNTIME_DIRECTORY": str(self.folder),
        }
        with self.errors.open("wb") as errors:
            command = [sys.executable, "-c", code, *map(str, arguments)]
            self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        return self._process

    def wait_for(self, holds: Callable[[str], bool], timeout_s: float = 60.0) -> float:
        """Return when the first line from now on came for which a condition holds."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._socket.settimeout(max(0.01, deadline_s - time.monotonic()))
            try:
                datagram = self._socket.recv(8192).decode()
            except TimeoutError:
                texts = [line for _, line in self.lines[-8:]]
                raise AssertionError(f"no such line; the last are {texts}; {self.errors.read_text()}") from None
            now_s = time.monotonic()
            self.lines += [(now_s, line) for line in datagram.splitlines()]
            if any(holds(line) for line in datagram.splitlines()):
                return now_s

    def wait_until_silent(self, prefix: str, seconds: float, timeout_s: float = 30.0) -> float:
        """Return when the last line with a prefix came, once none has come for some time."""
        last_s = deadline_s = time.monotonic()
        deadline_s += timeout_s
        while time.monotonic() < deadline_s:
            try:
                last_s = self.wait_for(lambda line: line.startswith(prefix), last_s + seconds - time.monotonic())
            except AssertionError:
                return last_s
        raise AssertionError(f"{prefix} came to the end")

    def close(self) -> None:
        """End the process, whatever the result of the test."""
        self._socket.close()
        if self._process:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    service_manager = ServiceManager(tmp_path)
    yield service_manager
    service_manager.close()
