"""How a run ends: its exit code, what is told, and that every sink is closed whatever fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from streamer.commands import run_streams
from streamer.commands.run_streams import carry_out
from streamer.config import SourceSettings
from streamer.errors import ExitCode, SourceUnavailable, UserError
from streamer.messages import Event, Health, Message, Scores, Summary
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread, Stream
from tests.runtime.test_runtime import FakeSource, noise, plays, refuses, track_of, waits
from tests.support.loudness import sound_pipeline


class Script:
    """A sink whose writes fail by a script: one entry for each message, none when it is over."""

    accepts: tuple[type, ...] = (Event, Scores, Health, Summary)

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.messages: list[Message] = []
        self.is_closed = False

    def write(self, message: Message) -> None:
        if self.errors and (error := self.errors.pop(0)):
            raise error
        self.messages.append(message)

    def close(self) -> None:
        self.is_closed = True


def run(*sinks: Script, source: FakeSource | None = None, prepare: Callable[[SinkThread], Any] | None = None,
        **options: Any) -> int | None:  # fmt: skip
    problems = Problems()
    threads = [SinkThread(sink, problems=problems, name=f"sink {k}") for k, sink in enumerate(sinks)]
    if prepare:
        prepare(threads[0])
    source = source or FakeSource(plays(noise(20_000)), is_live=False)
    track = track_of(source, sound_pipeline(stream="fake"))
    stream = Stream(track, SourceSettings(), threads, problems=problems, health_s=0.1)
    return carry_out([stream], threads, problems, options.pop("seconds", None), **options)


FULL = OSError(28, "No space left on device")


def test_a_problem_that_is_over_leaves_no_exit_status_but_what_was_lost_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sink = Script(FULL, FULL)
    assert run(sink) == ExitCode.OK
    assert isinstance(sink.messages[-1], Summary)
    assert sink.messages[-1].health.problems == ()
    assert sink.messages[-1].health.unwritten == 2
    assert "2 messages were not written" in capsys.readouterr().err


def test_two_problems_that_stay_are_both_told_and_give_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    sinks = Script(*[FULL] * 10_000), Script(*[OSError(5, "Input/output error")] * 10_000)
    assert run(*sinks) == ExitCode.FAILURE
    errors = capsys.readouterr().err
    assert "sink 0: No space left on device" in errors
    assert "sink 1: Input/output error" in errors
    assert all(sink.is_closed for sink in sinks)


def test_a_thread_that_dies_ends_the_run_with_a_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def breaks(thread: SinkThread) -> None:
        def get() -> None:
            raise ZeroDivisionError("a fault in the thread itself")

        thread._queue.get = get  # type: ignore[method-assign,assignment]

    healthy = Script()
    code = run(Script(), healthy, source=FakeSource(waits), prepare=breaks)
    assert code == ExitCode.FAULT
    errors = capsys.readouterr().err
    assert "the thread sink sink 0 ended: ZeroDivisionError: a fault in the thread itself" in errors
    assert "Traceback" in errors
    assert healthy.is_closed
    assert isinstance(healthy.messages[-1], Summary)


def test_a_dashboard_that_fails_ends_the_run_in_order() -> None:
    def show(stop: threading.Event) -> None:
        raise ZeroDivisionError("a fault of the dashboard")

    sink = Script()
    with pytest.raises(ZeroDivisionError):
        run(sink, source=FakeSource(waits), show=show)
    assert sink.is_closed
    assert isinstance(sink.messages[-1], Summary)


def test_freed_memory_is_given_back_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Semaphore(0)
    monkeypatch.setattr(run_streams, "RELEASE_S", 0.0)
    monkeypatch.setattr(run_streams, "release_unused", released.release)

    def until_released(begin: object, stop: threading.Event) -> None:
        assert released.acquire(timeout=10.0)
        assert released.acquire(timeout=10.0)

    assert run(Script(), source=FakeSource(until_released)) == ExitCode.OK


@pytest.mark.parametrize(
    ("source", "code", "text"),
    [
        (FakeSource(plays(noise(8000)), is_live=False), ExitCode.OK, ""),
        (FakeSource(refuses(UserError("channel=7 must be below 2; x"))), ExitCode.MISTAKE, "fake: channel=7 must"),
        (FakeSource(refuses(ZeroDivisionError("bug"))), ExitCode.FAULT, "ZeroDivisionError: bug"),
        (FakeSource(*[refuses(SourceUnavailable("unplugged"))] * 99), ExitCode.FAILURE, "fake: unplugged; trying"),
    ],
)
def test_exit_codes(source: FakeSource, code: ExitCode, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Script(), source=source, seconds=0.5) == code
    assert text in capsys.readouterr().err
