"""A process is told from a later one with its number."""

import os
import subprocess
import sys

import pytest

from streamer.service import process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")


def test_the_mark_of_a_process_is_its_own() -> None:
    mark = process.birth(os.getpid())
    assert mark == process.birth(os.getpid())
    assert process.is_same(os.getpid(), mark) is True
    assert process.is_same(os.getpid(), mark + "0") is False  # its number was given again
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert process.birth(other.pid) not in ("", mark)
        assert process.is_same(other.pid, process.birth(other.pid)) is True
        other.kill()


def test_a_process_that_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as other:
        other.wait()
    assert process.birth(other.pid) == ""
    assert process.is_same(other.pid, "boot 123") is False


def test_nothing_is_said_of_processes_that_the_system_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "birth", lambda pid: "")
    assert process.is_same(os.getpid(), "boot 123") is None
