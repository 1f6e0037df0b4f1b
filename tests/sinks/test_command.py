"""Programs that are run for events: what they find, how long they have, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from streamer.config import CommandSettings, validated
from streamer.errors import StreamerError, UserError
from streamer.messages import ClipWritten
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread
from streamer.sinks.command import CommandOnEvent
from streamer.sinks.jsonlines import as_dict
from tests.runtime.test_sink_thread import until
from tests.support.bands import lines, run_here
from tests.support.messages import EVENT, MOTION, RUNNING

NOTES = "import json, os, sys; open(sys.argv[1], 'a').write(json.dumps([sys.argv[2:], dict(os.environ)]) + chr(10))"


def command(*run: str, **settings: Any) -> CommandOnEvent:
    return CommandOnEvent(validated(CommandSettings, {"run": run, **settings}, "on_event"))


def notes(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_program_finds_the_event_in_its_environment_and_its_arguments_as_they_are(tmp_path: Path) -> None:
    sink = command(sys.executable, "-c", NOTES, str(tmp_path / "n"), "$HOME; rm -rf *", "{label}")
    assert [sink.write(message) for message in (RUNNING, EVENT)] == [True, False]
    ((arguments, environment),) = notes(tmp_path / "n")
    assert arguments == ["$HOME; rm -rf *", "{label}"]
    assert (environment["STREAMER_LABEL"], environment["STREAMER_STREAM"]) == ("dog", "mic")
    assert (environment["STREAMER_TYPE"], environment["STREAMER_SCORE"]) == ("event_start", "0.91")
    assert json.loads(environment["STREAMER_EVENT"]) == as_dict(RUNNING)
    assert environment["PATH"] == os.environ["PATH"]


def test_it_runs_at_the_end_or_with_the_clip_and_for_its_labels_alone(tmp_path: Path) -> None:
    sink = command(sys.executable, "-c", NOTES, str(tmp_path / "e"), when="end", labels=["DOG"])
    assert [sink.write(message) for message in (RUNNING, EVENT, MOTION)] == [False, True, False]
    assert notes(tmp_path / "e")[0][1]["STREAMER_OFFSET_S"] == "2.500"
    sink = command(sys.executable, "-c", NOTES, str(tmp_path / "c"), when="clip")
    assert sink.accepts == (ClipWritten,)
    sink.write(ClipWritten(MOTION, tmp_path / "x.mp4"))
    environment = notes(tmp_path / "c")[0][1]
    assert environment["STREAMER_CLIP"] == str(tmp_path / "x.mp4")
    assert environment["STREAMER_MEASURED"] == "31.9741 ± 0.0012 Hz moving by 0.0617 ± 0.0015 mm, 3.00 ± 0.03 Hz"


def test_a_program_that_fails_or_is_gone_is_told_with_its_last_words(tmp_path: Path) -> None:
    sink = command(sys.executable, "-c", "import sys; print('first'); sys.exit('no such\\x1b lamp')")
    with pytest.raises(StreamerError, match=r"ended with 1: no such\\x1b lamp"):
        sink.write(RUNNING)
    with pytest.raises(StreamerError, match="was ended by signal 9"):
        command(sys.executable, "-c", "import os; os.kill(os.getpid(), 9)").write(RUNNING)
    program = tmp_path / "lamp"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    sink = command(str(program))
    program.unlink()
    with pytest.raises(StreamerError, match=r"lamp cannot be run: .*No such file"):
        sink.write(RUNNING)
    with pytest.raises(UserError, match=r"on_event.run=/no/such must be a program that can be run"):
        command("/no/such")


STARTS_ANOTHER = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1] + ".new", "w").write(str(child.pid)); os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize("is_aborted", [False, True])
def test_one_that_takes_too_long_is_killed_with_all_that_it_has_started(tmp_path: Path, is_aborted: bool) -> None:
    path, n_threads = tmp_path / "pid", threading.active_count()
    sink = command(sys.executable, "-c", STARTS_ANOTHER, str(path), timeout_s=600.0 if is_aborted else 3.0)
    thread = SinkThread(sink, problems=Problems(), patience_s=0.05)
    thread.put(RUNNING, wait=True)
    until(path.exists)
    if is_aborted:  # the run ends
        thread.close()
    else:
        until(lambda: bool(thread.problems.now()))
        assert "has not ended in 3 s and was killed" in thread.problems.now()[0].text
    until(lambda: not is_running(int(path.read_text())))
    thread.close()
    until(lambda: threading.active_count() <= n_threads)


def test_a_run_runs_it_for_each_event(tmp_path: Path, model: Path, sound: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text(f"[[on_event]]\nrun = {json.dumps([sys.executable, '-c', NOTES, str(tmp_path / 'n')])}\n")
    lines(run_here("run", sound, "-m", model, "-c", config, "--fast", "--json"), "summary")
    assert [environment["STREAMER_LABEL"] for _, environment in notes(tmp_path / "n")] == ["low", "high"]
