"""The example programs, run as they stand in new processes, and checked by mypy as a stranger's program."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FOLDER = ROOT / "examples"
EXPECTED = {
    "batch_over_a_folder": r"broken.wav: .* must be a sound file, or a video with sound; .*\n"
    r"clock.ogg: clock_tick .*\nrain.wav: rain .*"
    r"\nsilence.flac: background .*, 0 events in 4 s$",
    "beside_librosa": r"^\(198, 80\) and \(198, 80\); the largest difference is 0\.000\d+ dB$",
    "callback": r"rain begins\n.*rain has ended; .*\n.*clock_tick begins\n.*clock_tick has ended",
    "classify_array": r"^clock_tick [01]\.\d+\n.* s  clock_tick",
    "generator_of_chunks": r"^0.0 s: .* 320 Hz\n(.*\n)*298 frames; in one piece: 298$",
    "in_a_thread": r"^the program goes on\nheard: rain\nheard: clock_tick$",
    "in_asyncio": r"^rain from 1.* s\nclock_tick from 5.* s$",
    "own_sink": r"clock_tick +\d+\.\d s\n",
    "own_source": r"^rain begins at .* s\nrain has ended at \d+\.\d s$",
    "video_array": r"^2\.(50|49)\d+ ± 0\.00\d+ Hz in 576 cells\nstripes of (16\.0|15\.9)\d+ ± .*\nmotion: drift$",
}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_example_has_its_result() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted(EXPECTED)
    for name in EXPECTED:  # a program's folder comes first among the modules
        assert name not in sys.stdlib_module_names


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example(name: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{name}.py").read_text()
    for package in ("librosa",):
        if f"import {package}" in text and importlib.util.find_spec(package) is None:
            pytest.skip(f"{package}, of the extra `bench`, is not installed")
    done = run(FOLDER / f"{name}.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(EXPECTED[name], done.stdout.strip()), done.stdout
    assert list(tmp_path.iterdir()) == []


PROGRAM = """
import numpy as np
from numpy.typing import NDArray

import streamer


def frequency(images: NDArray[np.uint8]) -> float | None:
    found: streamer.Temporal = streamer.measure_frequency(images, fps=30.0)
    return found.components[0].hz if found.components else None


def period(image: NDArray[np.float64]) -> float | None:
    found = streamer.measure_pattern(image)
    return found.components[0].vectors[0].period_px if found.components else None


def labels(path: str) -> list[tuple[str, float]]:
    model: streamer.Model = streamer.load_model("ambient")
    result = model.classify(path)
    return [(event.label, event.onset_s) for event in result.events]


def report(event: streamer.Event) -> None:
    print(event.label)


def live() -> None:
    with streamer.listen("mic", on_event=report, seconds=1.0) as stream:
        stream.wait()
    for event in streamer.listen("demo"):
        report(event)


frames = streamer.log_mel(np.zeros(16000, np.float32))
front_end = streamer.LogMel(streamer.LogMelSettings(
    sample_rate=16000, n_fft=512, frame_length=400, hop_length=160, n_mels=64, fmin_hz=125.0, fmax_hz=7500.0
))
front_end.push(np.zeros(160))
label: str | None = streamer.classify(np.zeros(16000), sample_rate=np.int64(16000)).label
"""
WRONG = """
import streamer

streamer.nothing
streamer.classify("a.wav", rate=3)
streamer.measure_pattern("a.png").vectors
"""


def test_a_program_that_uses_the_api_passes_mypy_strict(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy, of the extra `test`, is not installed")
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(WRONG)
    options = ("--strict", "--cache-dir", tmp_path / "cache", "--config-file", os.devnull)
    done = run("-m", "mypy", *options, "program.py", "wrong.py", cwd=tmp_path)
    found = [line for line in done.stdout.splitlines() if line.startswith(("program.py", "wrong.py"))]
    assert [line.partition(": error")[0] for line in found if "error" in line] == [
        "wrong.py:4",
        "wrong.py:5",
        "wrong.py:6",
    ], done.stdout
