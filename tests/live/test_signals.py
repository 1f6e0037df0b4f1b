"""`streamer run` as a process: nohup, SIGHUP, a closed terminal, SIGSTOP; and a model that is replaced meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bands import write_model, write_other_model

pty = pytest.importorskip("pty")  # Windows has neither terminals of this kind nor these signals
SETTINGS = "[output]\nhealth_s = 1.0\n[runtime]\nmodel_watch_s = 0.2\n"


class Run:
    """`streamer run demo --jsonl FILE` as a process."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.config, self.model, self.jsonl = folder / "c.toml", folder / "m.tflite", folder / "lines.jsonl"
        self.errors = folder / "errors.txt"
        command = [sys.executable, "-m", "streamer", "run", "demo", "-c", str(self.config), "-m", str(self.model)]
        command += ["--jsonl", str(self.jsonl), "--log"]
        with self.errors.open("w") as errors:
            options = {"stdout": subprocess.DEVNULL, "stderr": errors, **options}
            self.process = subprocess.Popen(command, **options)

    def lines(self, kind: str) -> list[dict[str, Any]]:
        text = self.jsonl.read_text() if self.jsonl.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in lines if line["type"] == kind]

    def until(self, holds: Callable[[], Any], timeout_s: float = 40.0) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            assert self.process.poll() is None, self.errors.read_text()
            assert time.monotonic() < deadline_s, self.errors.read_text()
            time.sleep(0.05)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Function that starts a run, which is killed in the end."""
    (tmp_path / "c.toml").write_text(SETTINGS)
    write_model(tmp_path / "m.tflite")
    runs: list[Run] = []

    def start(**options: Any) -> Run:
        runs.append(Run(tmp_path, **options))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()


def test_an_ignored_hang_up_stays_ignored(begin: Callable[..., Run]) -> None:
    run = begin(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup does
    run.until(lambda: run.lines("health"))
    run.process.send_signal(signal.SIGHUP)
    n_before = len(run.lines("health"))
    run.until(lambda: len(run.lines("health")) > n_before + 2)
    assert not run.lines("summary")
    assert run.end() == 0
    assert "SIGHUP" not in run.errors.read_text()


def test_a_hang_up_reads_the_settings_again_valid_or_not(begin: Callable[..., Run]) -> None:
    run = begin(start_new_session=True)  # without a terminal, as a service
    run.until(lambda: run.lines("health"))
    run.config.write_text(SETTINGS + "[events]\non = 2.0\n")
    run.process.send_signal(signal.SIGHUP)
    run.until(lambda: any(health["problems"] for health in run.lines("health")))
    assert "events.on" in run.lines("health")[-1]["problems"][0]["text"]
    assert not run.lines("summary")  # the old ones go on
    run.config.write_text(SETTINGS + "[source]\nrealtime = true\n[events]\nallow = ['high']\n")
    run.process.send_signal(signal.SIGHUP)
    run.until(lambda: run.lines("summary"))
    n_before = len(run.lines("health"))
    run.until(lambda: len(run.lines("health")) > n_before + 1)
    assert run.lines("health")[-1]["problems"] == []
    assert run.end() == 0
    assert len(run.lines("summary")) == 2
    errors = run.errors.read_text()
    assert "not taken over, the old settings and models go on" in errors
    assert "settings: works again" in errors


def test_a_replaced_model_is_taken_over_once_it_is_valid(begin: Callable[..., Run], tmp_path: Path) -> None:
    run = begin(start_new_session=True)
    run.until(lambda: run.lines("health"))
    whole = write_other_model(tmp_path / "other.tflite").read_bytes()
    run.model.write_bytes(whole[: len(whole) // 2])
    run.until(lambda: any(health["problems"] for health in run.lines("health")))
    assert not run.lines("summary")
    shutil.move(tmp_path / "other.tflite", run.model)
    run.until(lambda: run.lines("summary"))
    run.until(lambda: {"deep", "shrill"} & {event["label"] for event in run.lines("event_start")})
    assert run.lines("health")[-1]["problems"] == []
    assert run.end() == 0


def test_a_closed_terminal_ends_the_run_in_order(begin: Callable[..., Run]) -> None:
    screen, terminal = pty.openpty()
    run = begin(stdin=terminal, stdout=terminal, start_new_session=True, preexec_fn=lambda: _take_terminal(terminal))
    os.close(terminal)
    run.until(lambda: run.lines("health"))
    os.close(screen)
    assert run.process.wait(30) in (0, 1)  # 1 where a line went to the terminal after it was closed
    assert len(run.lines("summary")) == 1
    assert "Traceback" not in run.errors.read_text()


def _take_terminal(terminal: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def test_after_a_stop_health_comes_once(begin: Callable[..., Run]) -> None:
    run = begin()
    run.until(lambda: run.lines("health"))
    run.process.send_signal(signal.SIGSTOP)
    n_before = len(run.lines("health"))
    time.sleep(5.0)  # five lines would be due
    run.process.send_signal(signal.SIGCONT)
    run.until(lambda: len(run.lines("health")) > n_before)
    time.sleep(0.5)
    assert len(run.lines("health")) <= n_before + 2
    with contextlib.suppress(ProcessLookupError):
        assert run.end() == 0
