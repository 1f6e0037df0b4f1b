"""What a manager and the status file are told of a run, from streams whose progress is set by hand."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from streamer.messages import Health, State
from streamer.monitor.problems import Problems
from streamer.runtime.progress import StreamProgress
from streamer.service import status_file
from streamer.service.notification import Notifier
from streamer.service.reporter import StatusReporter
from streamer.service.status_file import running_instances

STARTING = StreamProgress(State.STARTING, n_results=0, n_attempts=1, n_idle=0, due_s=20.0)
RUNNING = StreamProgress(State.RUNNING, n_results=1, n_attempts=1, n_idle=0, due_s=20.0)
WAITING = StreamProgress(State.WAITING, n_results=0, n_attempts=2, n_idle=0, due_s=20.0)


@dataclass
class FakeStream:
    name: str
    now: StreamProgress

    def progress(self) -> StreamProgress:
        return self.now

    def health(self) -> Health:
        return Health(self.name, self.now.state, windows=self.now.n_results)


@dataclass
class Bench:
    """A reporter on a clock set by hand, with the manager that it talks to."""

    manager: socket.socket
    monkeypatch: pytest.MonkeyPatch
    now_s: float = 1000.0
    problems: Problems = field(default_factory=Problems)
    said: list[str] = field(default_factory=list)

    def start(self, *streams: FakeStream) -> StatusReporter:
        self.monkeypatch.setattr("time.monotonic", lambda: self.now_s)
        notifier = Notifier(self.manager.getsockname(), watchdog_s=6.0)
        return StatusReporter(cast(Any, streams), self.problems, notifier, self.said.append)

    def beat(self, reporter: StatusReporter, seconds: float = 0.0) -> list[str]:
        """Beat for some time, twice a second; return the lines received."""
        lines = []
        for _ in range(round(2 * seconds) + 1):
            self.now_s += 0.5
            reporter.beat()
            lines += self.received()
        return lines

    def received(self) -> list[str]:
        lines = []
        while True:
            try:
                lines += self.manager.recv(4096).decode().splitlines()
            except BlockingIOError:
                return lines


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setattr(status_file, "folders", lambda: [tmp_path / "streamer"])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        yield Bench(manager, monkeypatch)


def test_the_service_has_started_when_every_stream_has_a_result_or_waits(bench: Bench) -> None:
    yard, barn = FakeStream("yard", STARTING), FakeStream("barn", STARTING)
    reporter = bench.start(yard, barn)
    lines = bench.beat(reporter, 5.0)
    assert "READY=1" not in lines
    assert "EXTEND_TIMEOUT_USEC=60000000" in lines
    yard.now = RUNNING
    assert "READY=1" not in bench.beat(reporter)
    barn.now = WAITING
    assert "READY=1" in bench.beat(reporter)
    assert not any("READY" in line or "EXTEND" in line for line in bench.beat(reporter, 5.0))


def test_the_watchdog_is_answered_three_times_in_its_time_until_a_stream_hangs(bench: Bench) -> None:
    yard = FakeStream("yard", RUNNING)
    reporter = bench.start(yard)
    assert bench.beat(reporter, 17.5).count("WATCHDOG=1") == 9
    bench.beat(reporter, 3.0)  # 20 s without a window are over
    lines = bench.beat(reporter, 30.0)
    assert "WATCHDOG=1" not in lines
    assert running_instances()[0].condition == "stalled"
    yard.now = replace(RUNNING, n_results=2)
    assert "WATCHDOG=1" in bench.beat(reporter, 2.0)
    assert running_instances()[0].condition == "well"


def test_a_condition_is_told_with_its_reason_when_it_changes_and_the_counts_every_5_s(bench: Bench) -> None:
    yard = FakeStream("yard", RUNNING)
    reporter = bench.start(yard)
    assert "STATUS=well: 1 of 1 stream running, 1 windows" in bench.beat(reporter)
    yard.now = replace(RUNNING, n_results=3)
    assert not any("STATUS" in line for line in bench.beat(reporter, 3.0))
    assert "STATUS=well: 1 of 1 stream running, 3 windows" in bench.beat(reporter, 2.0)
    bench.problems.begin("clips", "clips=/full must be writable; make room")
    text = "clips: clips=/full must be writable; make room"
    assert f"STATUS=troubled: 1 of 1 stream running, 3 windows; {text}" in bench.beat(reporter)
    (status,) = running_instances()
    assert (status.condition, status.detail) == ("troubled", text)
    assert status.streams[0]["windows"] == 3
    bench.problems.end("clips")
    yard.now = replace(yard.now, state=State.WAITING)
    bench.beat(reporter)
    assert running_instances()[0].detail == "yard is waiting"


def test_reload_and_end(bench: Bench) -> None:
    reporter = bench.start(FakeStream("yard", RUNNING))
    bench.beat(reporter)
    reporter.reloading()
    reloading, moment = bench.received()
    assert reloading == "RELOADING=1"
    assert moment.removeprefix("MONOTONIC_USEC=").isdecimal()
    reporter.reloaded()
    assert bench.received() == ["READY=1"]
    reporter.stopping()
    assert bench.received() == ["STOPPING=1", "STATUS=stopping"]
    assert running_instances() == []


def test_a_status_file_that_cannot_be_written_is_told_once_and_the_run_goes_on(bench: Bench, tmp_path: Path) -> None:
    reporter = bench.start(FakeStream("yard", RUNNING))
    (tmp_path / "streamer").rmdir()
    assert "WATCHDOG=1" in bench.beat(reporter, 20.0)
    assert len(bench.said) == 1
    assert "must be writable" in bench.said[0]


def test_a_folder_that_cannot_be_made_is_told(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "streamer").touch()
    reporter = bench.start(FakeStream("yard", RUNNING))
    bench.beat(reporter, 1.0)
    assert len(bench.said) == 1
    assert "streamer health will not find this run" in bench.said[0]
