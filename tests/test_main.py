"""The entry point, before anything heavy is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamer.errors import ExitCode
from tests.support.bands import lines, run_here, scene, streamer, write_other_model, write_sound
from tests.support.paths import ROOT

CODE = """
import sys
sys.maxsize = 2**31 - 1
sys.argv = ["streamer", "--version"]
from streamer.__main__ import main
try:
    main()
finally:
    print([name for name in ("typer", "numpy", "pydantic", "streamer.cli") if name in sys.modules])
"""


def test_a_32_bit_system_is_told_before_anything_that_needs_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "[]\n")
    assert done.stderr.startswith("streamer: 64-bit system needed")
    assert len(done.stderr.splitlines()) == 1


def test_a_64_bit_system_goes_on() -> None:
    assert run_here("--version").returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_encoding_of_standard_output_loses_a_line(encoding: str, tmp_path: Path) -> None:
    labels = ("tiéf", "hell–😀")
    model = write_other_model(tmp_path / "other.tflite", labels)
    arguments = ("run", write_sound(tmp_path / "scene.wav", scene()), "--fast", "-m", model)
    done = streamer(*arguments, "--json", PYTHONIOENCODING=encoding, decoded_as=encoding)
    assert {line["label"] for line in lines(done, "event")} == set(labels)
    done = streamer(*arguments, "--log", PYTHONIOENCODING=encoding, decoded_as=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    ends = [line for line in done.stdout.splitlines() if " peak " in line]
    assert len(ends) == 2
    assert ("–" in ends[0]) is (encoding == "utf-8")


def test_a_fault_of_streamer_itself_has_an_exit_code_of_its_own() -> None:
    code = (
        "import streamer.cli as c\nfrom streamer.__main__ import main\n"
        "def app():\n  try: 1 / 0\n"
        "  except ZeroDivisionError: raise OSError('rtsp://admin:' + 'hun' + 'ter2@cam/1 \\x1b[2J')\n"
        "c.app = app\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.FAULT
    assert "ZeroDivisionError" in done.stderr
    assert r"OSError: rtsp://cam/1 \x1b[2J" in done.stderr
    assert "hunter2" not in done.stderr
    assert done.stderr.endswith("report it with the lines above\n")


@pytest.mark.parametrize("command", [["config"], ["doctor"], ["run", "demo", "--seconds", "0.2", "--log"]])
def test_a_user_without_a_name_and_a_home(command: list[str], tmp_path: Path) -> None:
    """As in a container that runs under a user id of its own."""
    code = (
        "import pwd, sys\ndef unknown(_): raise KeyError\npwd.getpwuid = pwd.getpwnam = unknown\n"
        f"sys.argv[1:] = {command!r}\nfrom streamer.__main__ main\nmain()"
    ).replace("__main__ main", "__main__ import main")
    env = {key: value for key, value in os.environ.items() if key != "HOME" and not key.startswith("XDG_")}
    env["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env, cwd=tmp_path
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Error" not in done.stdout + done.stderr
    if command[0] == "doctor":
        assert "no home folder is known" in " ".join(done.stdout.split())
        assert "STREAMER_CACHE_DIR" in done.stdout
    assert list(tmp_path.iterdir()) == []  # no folder of the name ~
