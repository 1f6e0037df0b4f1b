"""All checks as one command: it fails if anything does, and no test is in no part or in two."""

from __future__ import annotations

import sys

import pytest

from tests import check
from tests.check import NO_TESTS, main


@pytest.mark.parametrize(
    ("statuses", "chosen", "expected"),
    [
        ([0, 0, 0, 0, 0], [], 0),
        ([1, 0, 0, 0, 0], [], 1),
        ([0, 1, 0, 0, 0], [], 1),
        ([0, 0, 1, 0, 0], [], 1),
        ([0, 0, 0, 1, 0], [], 1),
        ([0, 0, 0, 0, 1], [], 1),
        ([0, 0, 0, 0, NO_TESTS], [], 1),  # a part that has lost its tests
        ([0, 0, 0, NO_TESTS, 0], [], 1),
        ([0, 0, 0, 0, NO_TESTS], ["tests/model"], 0),
        ([0, 0, 0, NO_TESTS, 0], ["tests/live"], 0),
        ([0, 0, 0, 1, NO_TESTS], ["tests/model"], 1),
        ([0, 0, 0, NO_TESTS, NO_TESTS], ["-k", "nothing"], 1),
    ],
)
def test_it_fails_if_anything_does(
    statuses: list[int],
    chosen: list[str],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left, commands = list(statuses), []

    def run(command: list[str]) -> int:
        commands.append(command)
        return left.pop(0)

    monkeypatch.setattr(check, "run", run)
    monkeypatch.setattr(sys, "argv", ["check.py", *chosen])
    assert main() == expected
    assert not left  # all run, whatever fails
    assert [command[0] for command in commands] == ["ruff", "ruff", "mypy", "pytest", "pytest"]
    assert [command[2] for command in commands[3:]] == ["not alone", "alone"]
    assert all(command[-len(chosen) :] == chosen for command in commands[3:] if chosen)
    assert ("all checks passed" in capsys.readouterr().out) == (expected == 0)


def test_tests_of_whole_processes_are_alone(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        assert (item.get_closest_marker("alone") is not None) == ("live" in item.path.parts), item.nodeid
