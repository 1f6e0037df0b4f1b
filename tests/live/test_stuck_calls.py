"""A process of which a call never returns ends all the same, and all that came before is written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamer.errors import ExitCode
from tests.support.bands import write_model

CODE = """
import sys, time
from streamer.__main__ import main
from streamer.commands import run_plan
from tests.runtime.test_runtime import FORMAT, FakeSource, noise

def delivers(begin, stop):
    ring = begin(FORMAT)
    for _ in range(40):
        ring.write(noise(400), time.monotonic())
        time.sleep(0.01)
    HANGS

run_plan.open_source = lambda *_: FakeSource(delivers)
main()
"""


def start(folder: Path, hangs: str, *arguments: object) -> subprocess.Popen[bytes]:
    (folder / "c.toml").write_text("[runtime]\nend_s = 1.0\nsink_close_s = 1.0\n")
    model = write_model(folder / "m.tflite")
    command = [sys.executable, "-c", CODE.replace("HANGS", hangs), "run", "x", "-c", folder / "c.toml", "-m", model]
    return subprocess.Popen([*map(str, command), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_source_that_never_returns_is_left_alone(tmp_path: Path) -> None:
    jsonl = tmp_path / "lines.jsonl"
    process = start(tmp_path, "time.sleep(1e6)", "--jsonl", jsonl, "--seconds", 1, "--log")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.FAILURE
    assert b"a call into the system hangs; the process ends without it, all results are written" in errors
    lines = [json.loads(line) for line in jsonl.read_text().splitlines()]
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["windows"] > 0


def test_a_reader_of_standard_output_that_has_stopped_holds_nothing_up(tmp_path: Path) -> None:
    jsonl = tmp_path / "lines.jsonl"
    writes = "while not stop.is_set(): ring.write(noise(400), time.monotonic()); time.sleep(0.001)"
    deadline_s = time.monotonic() + 60.0
    with start(tmp_path, writes, "--json", "--scores", "--jsonl", jsonl) as process:
        while jsonl.stat().st_size < 200_000 if jsonl.exists() else True:  # a pipe holds 64 KiB
            assert time.monotonic() < deadline_s
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == ExitCode.FAILURE
        assert process.stderr is not None
        errors = process.stderr.read()
    assert b"standard output has not finished in 1 s: not all is written" in errors
    assert json.loads(jsonl.read_text().splitlines()[-1])["type"] == "summary"


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_last_resort_ends_a_process_that_does_not_end(cancelled: bool) -> None:
    code = (
        "import time; from streamer.runtime.last_resort import LastResort\n"
        "last = LastResort(70); last.arm(0.5)\n"
        f"if {cancelled}: last.cancel()\n"
        f"time.sleep({1.0 if cancelled else 1e6})"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == (0 if cancelled else 70)
