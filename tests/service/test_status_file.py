"""Status files: written whole, found again, and stale ones recognised."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from streamer.service import status_file
from streamer.service.process import birth
from streamer.service.status_file import STALE_S, StatusFile, running_instances


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(status_file, "folders", lambda: [tmp_path])
    return tmp_path


def edited(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_what_is_written_is_found(folder: Path) -> None:
    file = StatusFile(folder)
    file.write("troubled", "yard: waiting", [{"stream": "yard", "state": "waiting"}])
    (status,) = running_instances()
    assert (status.pid, status.condition, status.detail) == (os.getpid(), "troubled", "yard: waiting")
    assert status.streams[0]["stream"] == "yard"
    assert [path.name for path in folder.iterdir()] == [f"{os.getpid()}.json"]
    file.remove()
    assert running_instances() == []
    assert list(folder.iterdir()) == []
    file.remove()


def test_a_service_has_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "barn").mkdir()
    monkeypatch.setattr(status_file, "folders", lambda: [folder, folder / "barn"])
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(folder / "barn"))
    StatusFile(folder / "barn").write("well", "", [])
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    assert [status.title for status in running_instances()] == [f"barn ({os.getpid()})"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")
def test_a_file_of_a_process_that_is_gone_is_passed_over_and_removed_by_the_next(folder: Path) -> None:
    file = StatusFile(folder)
    file.write("well", "", [])
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    edited(file.path, pid=dead.pid, born="boot 123")
    assert running_instances() == []
    (folder / "notes.json").write_text('{"mine": true}')
    StatusFile(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")
def test_a_later_process_with_the_same_number_is_another(folder: Path) -> None:
    file = StatusFile(folder)
    file.write("well", "", [])
    edited(file.path, born=birth(os.getpid()) + "1", monotonic_s=time.monotonic() - STALE_S - 1)
    assert running_instances() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")
def test_a_process_that_is_there_and_writes_is_itself_whatever_it_was_told_of_its_birth(folder: Path) -> None:
    file = StatusFile(folder)
    file.write("well", "", [])
    edited(file.path, born=birth(os.getpid()) + "1")  # as by qemu-user, which makes up /proc/self/stat
    assert [status.condition for status in running_instances()] == ["well"]
    StatusFile(folder)
    assert file.path.exists()


def test_a_process_that_writes_no_more_is_stalled(folder: Path) -> None:
    file = StatusFile(folder)
    file.write("well", "", [])
    edited(file.path, monotonic_s=time.monotonic() - STALE_S - 1)
    (status,) = running_instances()
    assert status.condition == "stalled"
    assert "has not written its status for 21 s" in status.detail


def test_where_processes_are_hidden_the_age_of_the_file_decides(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_file, "is_same", lambda pid, mark: None)
    file = StatusFile(folder)
    file.write("well", "", [])
    assert [status.condition for status in running_instances()] == ["well"]
    edited(file.path, monotonic_s=time.monotonic() - STALE_S - 1)
    assert running_instances() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "\0"])
def test_what_is_no_status_is_passed_over(folder: Path, text: str) -> None:
    (folder / "1.json").write_text(text)
    assert running_instances() == []
    StatusFile(folder)
    assert (folder / "1.json").exists()
