"""streamer as a service: a real process that answers on a real socket, and `streamer health` beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.manager import HANGS, ServiceManager, manager

__all__ = ["manager"]  # a fixture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such sockets")

SHORT = "[source]\nhang_s = 2.0\nstall_s = 0.5\nretry_min_s = 0.2\nretry_max_s = 0.4\n"


def config(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def health(folder: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and JSON lines of `streamer health`, as a script beside the service calls it."""
    done = subprocess.run(
        [sys.executable, "-m", "streamer", "health", "--json", *arguments],
        env=os.environ | dict.fromkeys(("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"), str(folder)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def starts(prefix: str) -> Any:
    return lambda line: line.startswith(prefix)


def test_a_service_that_works_answers_and_is_found_and_ends_in_order(manager: ServiceManager) -> None:
    process = manager.start("run", "demo", "--log", "-c", config(manager.folder, SHORT))
    manager.wait_for(starts("READY=1"))
    manager.wait_for(starts("STATUS=well: 1 of 1 stream running, "))
    code, (status,) = health(manager.folder, str(process.pid))
    assert code == 0
    assert (status["condition"], status["streams"][0]["state"]) == ("well", "running")
    process.send_signal(signal.SIGTERM)
    manager.wait_for(starts("STOPPING=1"))
    assert process.wait(20) == 0
    assert health(manager.folder) == (3, [])


def test_a_pipeline_that_hangs_misses_its_watchdog(manager: ServiceManager) -> None:
    process = manager.start("run", "demo", "--log", "-c", config(manager.folder, SHORT), before=HANGS)
    manager.wait_for(starts("READY=1"))
    manager.wait_for(starts("STATUS=stalled: "))
    manager.wait_until_silent("WATCHDOG=1", 2.0)
    code, (status,) = health(manager.folder)
    assert (code, status["condition"]) == (5, "stalled")
    assert "demo is running and has shown no sign of life" in status["detail"]
    assert process.poll() is None


def test_between_windows_far_apart_the_watchdog_is_answered(manager: ServiceManager) -> None:
    text = SHORT + "[model]\nstride_s = 30.0\n"
    manager.start("run", "demo", "--log", "-c", config(manager.folder, text))
    ready_s = manager.wait_for(starts("READY=1"))
    while time.monotonic() < ready_s + 5.0:  # more than twice hang_s without a window
        manager.wait_for(starts("WATCHDOG=1"), 1.5)
    assert not any(line.startswith("STATUS=stalled") for _, line in manager.lines)


def test_an_absent_camera_is_waited_for_and_the_service_is_not_started_anew(manager: ServiceManager) -> None:
    manager.start("run", "camera:/dev/no-such-camera", "--log", "-c", config(manager.folder, SHORT))
    ready_s = manager.wait_for(starts("READY=1"))
    while time.monotonic() < ready_s + 5.0:
        manager.wait_for(starts("WATCHDOG=1"), 1.5)
    code, (status,) = health(manager.folder)
    assert (code, status["condition"]) == (4, "troubled")
    assert status["streams"][0]["state"] == "waiting"
    assert not any(line.startswith("STATUS=stalled") for _, line in manager.lines)


def test_a_process_that_was_stopped_is_seen_from_outside(manager: ServiceManager) -> None:
    process = manager.start("run", "demo", "--log", "-c", config(manager.folder, SHORT))
    manager.wait_for(starts("READY=1"))
    manager.wait_for(starts("STATUS=well"))
    process.send_signal(signal.SIGSTOP)
    (path,) = manager.folder.glob("[0-9]*.json")
    status = json.loads(path.read_text())
    path.write_text(json.dumps(status | {"monotonic_s": status["monotonic_s"] - 60.0}))  # a minute goes by
    code, (status,) = health(manager.folder)
    assert (code, status["condition"]) == (5, "stalled")
    process.kill()
    process.wait()
    assert health(manager.folder) == (3, [])


def test_one_that_waits_ends_well_when_it_is_stopped(manager: ServiceManager) -> None:
    process = manager.start("run", "camera:/dev/no-such-camera", "--log", "-c", config(manager.folder, SHORT))
    manager.wait_for(starts("READY=1"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_reload_is_told_with_its_end(manager: ServiceManager) -> None:
    path = config(manager.folder, SHORT + '[[streams]]\nsource = "demo"\nname = "before"\n')
    process = manager.start("run", "--log", "-c", path)
    manager.wait_for(starts("READY=1"))
    path.write_text(path.read_text().replace("before", "after"))
    process.send_signal(signal.SIGHUP)
    manager.wait_for(starts("RELOADING=1"))
    manager.wait_for(starts("READY=1"))
    _, (status,) = health(manager.folder)
    assert [stream["stream"] for stream in status["streams"]] == ["after"]
    path.write_text("no_such_key = 1\n")
    process.send_signal(signal.SIGHUP)
    manager.wait_for(starts("RELOADING=1"))
    manager.wait_for(starts("READY=1"))
    manager.wait_for(starts("STATUS=troubled: 1 of 1 stream running"))
    process.send_signal(signal.SIGTERM)
    manager.wait_for(starts("STOPPING=1"))
    assert process.wait(20) == 1  # the problem was not over
