"""The command line as users meet it: what it prints, how it ends, what it says to mistakes."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import streamer as package
from streamer.cli import app
from streamer.cli.learn import Trigger
from streamer.cli.options import TaskChoice
from streamer.recording.settings import TakeTrigger
from streamer.tasks import TASKS
from tests.support import bands
from tests.support.bands import lines, run_here, streamer


def test_version() -> None:
    assert streamer("--version").stdout.strip() == f"streamer {package.__version__}"


@pytest.mark.parametrize("command", ["run", "demo", "classify", "devices", "models", "bench", "doctor"])
def test_every_command_has_help(command: str) -> None:
    done = streamer(command, "--help", COLUMNS="100", NO_COLOR="1")
    assert done.returncode == 0
    assert f"streamer {command}" in done.stdout


def test_choices_repeat_the_names_of_the_rooms_below() -> None:
    assert [choice.value for choice in TaskChoice] == list(TASKS)
    assert [choice.value for choice in Trigger] == list(get_args(TakeTrigger))


MISTAKES = [
    (["run", "no-such-file.wav"], r"no-such-file\.wav"),
    (["run", "tcp://x"], r"source='tcp://x' must have one of these forms"),
    (["run", "-m", "no-such-model", "demo"], r"model=no-such-model must be a \.tflite file or a shipped model"),
    (["run", "-c", "none.toml"], r"config=none\.toml must be an existing file"),
    (["run", "demo", "--channel", "left"], r"source\.channel='left' must be"),
    (["run", "missing.mp4"], r"file=missing\.mp4 must exist"),
    (["run", "demo:camera", "-m", "ambient"], r"model=ambient must be a pattern or motion model"),
    (["run", "demo", "-m", "pattern"], r"model=pattern must be a sound model"),
    (["run", "demo:camera", "--size", "12"], r"size='12' must be WIDTHxHEIGHT"),
    (["run", "camera:/dev/no-such", "-c", "none.toml"], r"config=none\.toml must be an existing file"),
    (["run", "empty-folder/*.png"], r"empty-folder"),
    (["run", "demo", "--json", "--log"], r"output=--json --log must be one of the two"),
    (["demo", "--json", "--log"], r"output=--json --log must be one of the two"),
    (["record", "dog", "-o", "data", "-s", "demo", "--json", "--log"], r"output=--json --log must be one of the two"),
    (["run", "demo", "--log", "--scores"], r"output=--scores must have JSON lines .*; add --json or --jsonl FILE"),
    (["run", "demo:camera", "--json", "--record", "kept"], r"output=--record must have a source of sound"),
    (["classify", ".", "--scores"], r"output=--scores must have JSON lines .*; add --json"),
    (["models", "--sidecar", "x.toml"], r"sidecar=x\.toml must describe one model"),
    (["models", "ambient", "pattern", "--sidecar", "x.toml"], r"sidecar=x\.toml must describe one model"),
    (["bench", "accuracy", "-m", "ambient"], r"model=ambient must be left out with accuracy"),
    (["classify", "."], r"path=\. must hold sound, picture or video files"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_mistakes_are_one_line_and_exit_2(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = streamer(*arguments, PYTHONPATH=str(Path(package.__file__).parents[1]))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("streamer: ")
    assert re.search(message, done.stderr)


NUMBERS = [
    (["run", "x.wav", "--seconds"], ["inf", "nan", "1e308", "-1", "0", "x"]),
    (["run", "x.wav", "--fps"], ["inf", "nan", "1e308", "-1"]),
    (["run", "x.wav", "--rate"], ["inf", "-1", "9" * 30, "9" * 5000]),
    (["run", "x.wav", "--channels"], ["0x10", "-1", "9" * 30]),
    (["run", "x.wav", "--channel"], ["inf", "-1", "9" * 30]),
    (["run", "x.wav", "--size"], ["infxinf", f"{'9' * 5000}x1", "1e308x1"]),
    (["run", "x.wav", "--roi"], ["nan,0,0,0", f"0,0,{'9' * 5000},1"]),
    (["classify", "x.wav", "--jobs"], ["inf", "-1", "9" * 30]),
    (["record", "dog", "-s", "x.wav", "-o", "out", "--seconds"], ["inf", "nan", "1e308"]),
    (["record", "dog", "-s", "x.wav", "-o", "out", "--length"], ["inf", "nan", "1e308"]),
    (["record", "dog", "-s", "x.wav", "-o", "out", "--trigger"], ["inf", "nan", "1e308"]),
    (["record", "dog", "-s", "x.wav", "-o", "out", "--pause"], ["inf", "nan", "-1"]),
    (["record", "dog", "-s", "x.wav", "-o", "out", "--pre-roll"], ["inf", "nan", "-1"]),
    (["record", "dog", "-s", "x.wav", "-o", "out", "--count"], ["inf", "0", "9" * 30]),
    (["bench", "accuracy", "--seconds"], ["inf", "nan", "-1"]),
    (["evaluate", "ambient", ".", "--collar"], ["inf", "nan", "0"]),
    (["evaluate", "ambient", ".", "--segment"], ["inf", "nan", "0"]),
    (["train", "sound", ".", "-o", "x.tflite", "--seed"], ["-1", "9" * 30]),
    (["train", "sound", ".", "-o", "x.tflite", "--false-alarms"], ["inf", "nan", "-1"]),
]


@pytest.mark.parametrize(("arguments", "values"), NUMBERS, ids=lambda given: given[-1] if "." not in given[-1] else "")
def test_numbers_out_of_all_range_are_refused(
    arguments: list[str], values: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bands.write_sound(tmp_path / "x.wav", bands.tones(500.0, (0.0, 0.1), length_s=0.1))
    for value in values:
        done = run_here(*arguments[:-1], f"{arguments[-1]}={value}")
        assert done.returncode == 2, (value, done.stderr)


LONG = "x" * 5000


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", LONG],
        ["run", f"{LONG}.png"],
        ["run", f"file:{LONG}"],
        ["classify", LONG],
        ["classify", "x.wav", "-m", LONG],
        ["run", "x.wav", "--fast", "-c", LONG],
        ["run", "x.wav", "--fast", "--clips", LONG],
        ["run", "x.wav", "--fast", "--record", LONG],
        ["run", "x.wav", "--fast", "--jsonl", LONG],
        ["run", "x.wav", "--fast", "--sink", f"log:{LONG}"],
        ["run", "x.wav", "--fast", "--clips", "~nosuchuser/x"],
        ["run", "~nosuchuser/x.wav"],
        ["record", LONG, "-s", "x.wav", "-o", "out", "--log"],
        ["record", "dog", "-s", "x.wav", "-o", LONG, "--log"],
        ["models", LONG],
        ["models", "ambient", "--sidecar", LONG],
        ["config", "--check", LONG],
        ["evaluate", "ambient", LONG],
        ["evaluate", LONG, "."],
        ["evaluate", "ambient", ".", "--annotations", LONG],
        ["train", "sound", LONG, "-o", "x.tflite"],
        ["train", "sound", ".", "-o", "/"],
        ["train", "sound", ".", "-o", LONG],
        ["run", f"${{{LONG}}}"],
        ["run", f"${{file:{LONG}}}"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_paths_that_no_system_takes_are_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bands.write_sound(tmp_path / "x.wav", bands.tones(500.0, (0.0, 0.1), length_s=0.1))
    done = run_here(*arguments)
    assert done.returncode in (1, 2), done.stderr
    assert done.stdout + done.stderr


def test_files_that_are_no_models_are_refused(tmp_path: Path, sound: Path) -> None:
    for name, content in {
        "empty": b"",
        "text": b"hello world, this is no model",
        "cut": b"\x1c\0\0\0TFL3" + b"\0" * 40,
    }.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        done = streamer("run", sound, "--fast", "-m", path, "--json")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert str(path) in done.stderr


def test_a_pipe_that_delivers_nothing_is_waiting_and_the_run_ends_with_its_time(tmp_path: Path, model: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text("[source]\nstall_s = 0.5\n[output]\nhealth_s = 1.0\n")
    reading, writing = os.pipe()
    os.write(writing, np.zeros(1600, np.int16).tobytes())
    command = [sys.executable, "-m", "streamer", "run", "-", "-c", settings, "-m", model, "--json", "--seconds", "2"]
    done = subprocess.run(
        list(map(str, command)), stdin=reading, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(reading)
    os.close(writing)
    assert done.returncode == 1
    health = [json.loads(line) for line in done.stdout.splitlines() if '"health"' in line]
    assert "waiting" in [line["state"] for line in health]
    assert re.search(r"-: no sound for \d s; what feeds - has stopped", done.stderr)


def test_classify_prints_a_line_per_file_and_goes_on_after_a_bad_one(tmp_path: Path, model: Path) -> None:
    (tmp_path / "sub").mkdir()
    bands.write_sound(tmp_path / "a.wav", bands.tones(500.0, (0.0, 3.0), length_s=3.0))
    bands.write_sound(tmp_path / "sub" / "b.flac.wav", bands.tones(4000.0, (0.0, 3.0), length_s=3.0))
    (tmp_path / "bad.wav").write_bytes(b"RIFF nothing of the kind")
    done = streamer("classify", tmp_path, "-m", model, "--json")
    assert done.returncode == 1
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(result) for result in results] == [
        ["type", "path", "duration_s", "label", "score", "labels", "events", "quality", "note", "error"]
    ] * 3
    assert [(Path(r["path"]).name, r["label"]) for r in results] == [
        ("a.wav", "low"),
        ("bad.wav", None),
        ("b.flac.wav", "high"),
    ]
    good, bad, _ = results
    assert (good["duration_s"], good["error"]) == (3.0, None)
    assert [event["label"] for event in good["events"]] == ["low"]
    assert list(good["events"][0]) == ["label", "score", "mean_score", "onset_s", "offset_s", "time"]
    assert "bad.wav" in bad["error"]
    text = streamer("classify", tmp_path, "-m", model)
    assert "low 1.00" in text.stdout
    assert "bad.wav" in text.stderr


def test_classify_scores_are_those_of_a_run_bit_by_bit(model: Path, sound: Path) -> None:
    run = lines(streamer("run", sound, "--fast", "-m", model, "--json", "--scores"), "scores")
    batch = lines(streamer("classify", sound, "-m", model, "--json", "--scores"), "scores")
    assert [line["scores"] for line in run] == [line["scores"] for line in batch]
    assert [line["end_s"] for line in run] == [line["end_s"] for line in batch]


def test_raw_pcm_and_file_give_the_same_scores(model: Path, tmp_path: Path) -> None:
    pcm = (bands.scene() * 32767).astype("<i2")
    path = bands.write_sound(tmp_path / "pcm.wav", pcm.astype(np.float32) / np.float32(32768))
    piped = lines(streamer("run", "-s", "-", "-m", model, "--json", "--scores", stdin=pcm.tobytes()), "scores")
    file = lines(streamer("run", path, "--fast", "-m", model, "--json", "--scores"), "scores")
    assert [line["scores"] for line in piped] == [line["scores"] for line in file]


def test_without_a_terminal_events_are_lines_for_people(model: Path, sound: Path) -> None:
    done = streamer("run", sound, "--fast", "-m", model)
    assert done.returncode == 0
    assert re.search(r"low 0\.9\d–2\.\d+ s, 1\.\d+ s, peak 1\.00", done.stdout)


def test_two_sources_at_once(model: Path, sound: Path) -> None:
    done = streamer("run", sound, sound, "--fast", "-m", model, "--json")
    assert {line["stream"] for line in lines(done, "summary")} == {str(sound), f"{sound}-2"}


def test_a_reader_that_has_had_enough_ends_the_run(model: Path) -> None:
    command = f"{sys.executable} -m streamer run demo -m {model} --json --scores | head -n 2"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert len(done.stdout.splitlines()) == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order_with_a_summary(model: Path, number: int) -> None:
    command = [sys.executable, "-m", "streamer", "run", "demo", "-m", str(model), "--json", "--scores"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first score: it runs
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["type"] == "summary"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_reported_and_the_stream_goes_on(model: Path, sound: Path) -> None:
    done = streamer("run", sound, "--fast", "-m", model, "--json", "--jsonl", "/dev/full")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert '"type": "summary"' in done.stdout


@pytest.mark.parametrize("arguments", [["models"], ["doctor"]])
def test_tables(arguments: list[str]) -> None:
    done = streamer(*arguments, COLUMNS="120", NO_COLOR="1")
    assert "Traceback" not in done.stderr
    assert "ambient" in done.stdout


COMMANDS = [command.callback.__name__ for command in app.registered_commands if command.callback]
NOISE = r"<(?:bool|str|int|float|path|list)|default: 0(?:\.0)?\]|…\]…|\[\["


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_says_nothing_that_means_nothing(command: str) -> None:
    done = streamer(*command.split(), "--help", COLUMNS="100", NO_COLOR="1")
    assert done.returncode == 0
    assert re.findall(NOISE, done.stdout) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands(shell: str) -> None:
    words = {"COMP_WORDS": "streamer cla", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "streamer cla"}
    code = "import sys; sys.argv = ['streamer']; from streamer.__main__ import main; main()"
    env = {**os.environ, **words, "_STREAMER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "classify" in done.stdout
    assert "doctor" not in done.stdout


def test_models_are_a_short_table() -> None:
    done = streamer("models", NO_COLOR="1")
    assert [line.split()[:2] for line in done.stdout.splitlines()[:1]] == [["model", "for"]]
    names = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[1:] if re.match(r"\w", line)}
    assert names.items() >= {("ambient", "sound"), ("pattern", "pattern"), ("motion", "motion")}
    assert len(done.stdout.splitlines()) <= 10
    assert "streamer models NAME" in done.stdout


def test_the_card_of_a_model(model: Path) -> None:
    shown = streamer("models", "ambient", COLUMNS="120", NO_COLOR="1").stdout
    assert "closed set accuracy: 0.846" in shown
    assert "closed_set" not in shown
    done = streamer("models", model, COLUMNS="120", NO_COLOR="1")
    assert done.returncode == 0
    assert re.search(r"labels\s+2: low, high", done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize("extra", [[], ["-c", "plain.toml"]])
def test_a_terminal_shows_the_dashboard_unless_it_is_disabled(model: Path, tmp_path: Path, extra: list[str]) -> None:
    (tmp_path / "plain.toml").write_text("[dashboard]\nenabled = false\nframes_per_s = 5.0\n")
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    command = [sys.executable, "-m", "streamer", "run", "demo", "-m", str(model), "--seconds", "2.5", *extra]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=tmp_path) as process:
        os.close(slave)
        shown = b""
        deadline_s = time.monotonic() + 60
        while time.monotonic() < deadline_s and select.select([master], [], [], 60)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux: the other end is closed
                break
            shown += data
        assert process.wait(10) == 0
    os.close(master)
    on_screen = b"\x1b[?1049h" in shown
    assert on_screen == (not extra)
    assert shown.count(b"\x1b[?1049l") >= on_screen
    assert b"demo" in shown
