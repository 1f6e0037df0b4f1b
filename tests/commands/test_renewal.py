"""A run's next plan: prepared beside the run, taken over when it is valid, refused otherwise."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from streamer.commands.renewal import PART, Renewal, marks_of
from streamer.errors import UserError
from streamer.monitor.problems import Problems


def done(renewal: Renewal[str]) -> None:
    assert renewal._thread is not None
    renewal._thread.join(10.0)
    assert not renewal.is_busy


def test_what_is_not_valid_is_a_problem_until_something_valid_is_prepared(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes: list[Exception | str] = [UserError("events.on=2 must be at most 1"), ZeroDivisionError("x"), "plan"]
    problems = Problems()
    said: list[str] = []

    def prepare() -> str:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    renewal = Renewal(prepare, {}, 0.0, problems, said.append)
    for text in ("events.on=2 must be at most 1", "ZeroDivisionError: x; report this as a bug"):
        renewal.ask("asked")
        done(renewal)
        (problem,) = problems.now()
        assert problem.part == PART
        assert problem.text.endswith(text)
        assert renewal.plan is None
    renewal.ask("asked")
    done(renewal)
    assert (renewal.plan, problems.now(), said) == ("plan", (), ["asked"] * 3)
    assert capsys.readouterr().err.count("Traceback") == 1
    renewal.ask("too late")  # there is a plan
    assert said == ["asked"] * 3


def test_while_a_plan_is_prepared_nothing_else_is() -> None:
    go_on, n_calls = threading.Event(), []

    def prepare() -> str:
        n_calls.append(1)
        assert go_on.wait(10.0)
        return "plan"

    renewal = Renewal(prepare, {}, 0.0, Problems(), lambda _: None)
    for _ in range(3):
        renewal.ask("asked")
    go_on.set()
    done(renewal)
    assert len(n_calls) == 1


def test_a_file_is_read_again_once_it_has_changed_and_stays_as_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "m.tflite", tmp_path / "none.toml"
    path.write_bytes(b"old")
    said: list[str] = []
    renewal = Renewal(lambda: "plan", marks_of([path, other]), 1e-9, Problems(), said.append)
    for _ in range(3):
        renewal.look()
    assert said == []
    for k in range(3):  # it grows
        path.write_bytes(b"new" * (k + 2))
        renewal.look()
        assert said == []
    path.unlink()
    renewal.look()
    renewal.look()
    assert said == []  # it is being replaced
    path.write_bytes(b"new")
    os.utime(path, (1.0, 2.0))
    renewal.look()
    renewal.look()
    assert said == [f"{path} has changed, and is read again"]
    done(renewal)
    assert renewal.plan == "plan"
