"""`streamer health` by its lines and exit codes."""

import json
from typing import Any

import pytest

from streamer.commands import health
from streamer.commands.health import HealthCode, show_health
from streamer.service.status_file import Condition, InstanceStatus

STREAM = {"stream": "yard", "state": "running", "windows": 12, "lost_fraction": 0.0, "detail": ""}


def instance(condition: Condition, name: str = "", pid: int = 7, detail: str = "", **stream: Any) -> InstanceStatus:
    return InstanceStatus(
        name=name,
        pid=pid,
        born="",
        version="1",
        time="2026-11-28T12:00:00.000Z",
        monotonic_s=1.0,
        condition=condition,
        detail=detail,
        streams=[STREAM | stream],
    )


def shown(monkeypatch: pytest.MonkeyPatch, *instances: InstanceStatus, wanted: str = "", json: bool = False) -> int:
    monkeypatch.setattr(health, "running_instances", lambda: list(instances))
    return show_health(wanted, json=json)


@pytest.mark.parametrize(("condition", "code"), [("well", 0), ("starting", 4), ("troubled", 4), ("stalled", 5)])
def test_each_condition_has_its_exit_code(monkeypatch: pytest.MonkeyPatch, condition: Condition, code: int) -> None:
    assert shown(monkeypatch, instance(condition)) == code


def test_no_instance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(monkeypatch) == HealthCode.NOT_RUNNING
    assert shown(monkeypatch, instance("well", "barn"), wanted="yard") == HealthCode.NOT_RUNNING
    assert capsys.readouterr().out == "no instance is running\nno instance yard is running\n"
    assert shown(monkeypatch, json=True) == HealthCode.NOT_RUNNING
    assert capsys.readouterr().out == ""


def test_of_several_the_worst_counts_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    several = instance("well", "barn", 7), instance("stalled", "yard", 8), instance("troubled", "", 9)
    assert shown(monkeypatch, *several) == 5
    assert shown(monkeypatch, *several, wanted="barn") == 0
    assert shown(monkeypatch, *several, wanted="9") == 4


def test_lines_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shown(monkeypatch, instance("troubled", "barn", detail="yard is waiting", state="waiting", detail_="", images=3))
    assert capsys.readouterr().out == "barn (7): troubled; yard is waiting\n  yard: waiting, 3 images\n"
    shown(monkeypatch, instance("well", lost_fraction=0.015))
    assert capsys.readouterr().out == "7: well\n  yard: running, 12 windows, 1.50% lost\n"


def test_json_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shown(monkeypatch, instance("well", "barn"), instance("stalled"), json=True)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "name": "barn",
        "pid": 7,
        "version": "1",
        "time": "2026-11-28T12:00:00.000Z",
        "condition": "well",
        "detail": "",
        "streams": [STREAM],
    }
    assert second["condition"] == "stalled"
