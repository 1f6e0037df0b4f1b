"""Kernels without numba: compiled once by another process, loaded afterwards, repaired, equal to numba's bit by bit."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from streamer.features.conditioning import Conditioning
from streamer.features.gradient import GradientSeries
from streamer.features.logmel import LogMel
from streamer.features.logmel_settings import STANDARD, LogMelSettings
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.pattern import Pattern
from streamer.features.settings import MotionSettings
from streamer.features.skin import SkinSeries
from streamer.kernels import machine_code
from streamer.kernels.load import bound, load
from streamer.kernels.resizing import Resizer
from tests.support.paths import ROOT
from tests.support.synthetic_videos import write_video

needs_machine_code = pytest.mark.skipif(
    not machine_code.IS_POSSIBLE, reason="numba compiles in the process on this platform"
)

# As a user's program does it: warm up, compute, say what was reported and whether numba was needed.
PROGRAM = """
import sys
import numpy as np
from streamer.features.logmel import LogMel
from streamer.features.logmel_settings import STANDARD
from streamer.kernels.load import warm_up
warm_up(lambda line: print("report:", line))
warm_up(lambda line: print("again:", line))
x = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
print("frames:", LogMel(STANDARD).push(x).tobytes().hex())
print("numba:", "numba" in sys.modules or "llvmlite" in sys.modules)
"""


def start(cache: Path, prelude: str = "") -> subprocess.Popen[str]:
    environment = {**os.environ, "STREAMER_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", prelude + PROGRAM], stdout=subprocess.PIPE, text=True, env=environment
    )


def finish(process: subprocess.Popen[str]) -> dict[str, str]:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return dict(line.split(": ", 1) for line in output.splitlines())


@needs_machine_code
def test_first_run_compiles_later_runs_load_and_damage_is_repaired(tmp_path: Path) -> None:
    first = finish(start(tmp_path))
    assert first["report"].startswith("compiling kernels (first run only")
    assert "again" not in first
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.code")}
    assert [path.name for path in written] == ["logmel.push.code"]
    second = finish(start(tmp_path))
    assert "report" not in second
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.code")} == written
    for path in written:
        path.write_bytes(path.read_bytes()[:-100])
    third = finish(start(tmp_path))
    assert {run["numba"] for run in (first, second, third)} == {"False"}
    assert first["frames"] == second["frames"] == third["frames"]
    assert all(path.stat().st_mtime_ns > time_ns for path, time_ns in written.items())


@needs_machine_code
def test_two_processes_may_compile_at_once(tmp_path: Path) -> None:
    first, second = (finish(process) for process in [start(tmp_path), start(tmp_path)])
    assert first == second
    assert first["numba"] == "False"
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".code"}  # nothing half-written is left


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_kernels_work_without_a_writable_cache(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    output = finish(start(occupied))
    assert output["report"].startswith("compiling kernels (at every start")
    assert output["numba"] == "True"
    assert occupied.read_text() == "not a directory"
    full_disk = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    full = finish(start(tmp_path / "full", prelude=full_disk))
    assert full["frames"] == output["frames"]
    assert full["numba"] == "True"


def test_a_start_removes_the_kernels_of_old_versions(tmp_path: Path) -> None:
    left = tmp_path / "kernels-0123456789abcdef"
    left.mkdir()
    os.utime(left, (0, 0))
    finish(start(tmp_path))
    assert not left.exists()


@needs_machine_code
@pytest.mark.parametrize(("medium", "compiled"), [("sound", {"logmel"}), ("images", {"image_fft", "polar"})])
def test_a_stream_loads_only_its_own_kernels(medium: str, compiled: set[str], tmp_path: Path) -> None:
    code = f"from streamer.kernels.load import warm_up; warm_up(print, media=({medium!r},))"
    environment = {**os.environ, "STREAMER_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    found = {path.name.partition(".")[0] for path in tmp_path.rglob("*.code")}
    assert found & {"logmel", "image_fft", "polar"} == compiled


@needs_machine_code
def test_no_command_imports_numba(tmp_path: Path) -> None:
    sound, video = tmp_path / "noise.wav", tmp_path / "noise.avi"
    soundfile.write(sound, np.random.default_rng(0).uniform(-0.1, 0.1, 32_000), 16_000)
    write_video(video, [grey(i, 96, 128) for i in range(40)])
    code = (
        "import sys; from streamer.cli import app\n"
        f"try: app(['classify', {str(sound)!r}, {str(video)!r}])\n"
        "except SystemExit as end: print(end.code)\n"
        "print('imported:', [name for name in ('numba', 'llvmlite', 'scipy') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "imported: []", done.stdout + done.stderr


def grey(seed: int, height: int = 90, width: int = 130) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)


def of_sound(settings: LogMelSettings) -> bytes:
    return LogMel(settings).push(np.random.default_rng(1).standard_normal(9000).astype(np.float32)).tobytes()


def of_highpass() -> bytes:
    conditioning = Conditioning(highpass_hz=100.0)
    conditioning.begin(16_000)
    return conditioning.push(np.random.default_rng(2).standard_normal((500, 2)).astype(np.float32)).tobytes()


def of_pattern() -> bytes:
    frame = Pattern().push(grey(3)[:, 10:])
    return frame.log_magnitude.tobytes() + frame.polar.tobytes() + frame.profile.tobytes()


def of_cells() -> bytes:
    series = CellSeries(5, 7, 40)
    for i in range(40):
        series.push(grey(i)[:, ::-1], i / 30)
    values, times_s = series.last(40)
    return values.tobytes() + MotionSpectrum(MotionSettings(n_images=32)).transform(values, times_s).tobytes()


def of_gradients() -> bytes:
    series = GradientSeries(5, 7, 8)
    for i in range(8):
        series.push(grey(i), i / 30)
    return series.last(8)[0].tobytes()


def of_colours() -> bytes:
    series = SkinSeries(5, 7, 8)
    for i in range(8):
        series.push(grey(i)[..., None] // 8 + np.array([90, 120, 180], np.uint8), i / 30)
    values = series.last(8)[0]
    assert not np.isnan(values).all()
    return values.tobytes()


def of_resizing() -> bytes:
    return Resizer((90, 130), (33, 200)).push(grey(5)).tobytes()


@needs_machine_code
@pytest.mark.parametrize(
    "compute",
    [
        lambda: of_sound(STANDARD),
        lambda: of_sound(replace(STANDARD, frame_length=400, n_fft=450)),
        of_highpass,
        of_pattern,
        of_cells,
        of_gradients,
        of_colours,
        of_resizing,
    ],
    ids=[
        "logmel",
        "logmel_any",
        "biquad",
        "image_fft and polar",
        "cells and temporal",
        "gradients",
        "colours",
        "resize",
    ],
)
def test_machine_code_and_numba_give_the_same_bits(
    compute: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    load.cache_clear()
    of_code = compute()
    kernels = {type(load(module, name)) for module, name in [("streamer.kernels.cells", "cell_means")]}
    assert kernels == {machine_code.Kernel}
    monkeypatch.setattr(machine_code, "IS_POSSIBLE", False)
    load.cache_clear()
    try:
        assert type(load("streamer.kernels.cells", "cell_means")) is not machine_code.Kernel
        assert compute() == of_code
    finally:
        load.cache_clear()


def test_arguments_that_are_fixed_first() -> None:
    calls: list[tuple[int, ...]] = []
    bound(lambda *given: calls.append(given), 1, 2)(3)
    assert calls == [(1, 2, 3)]
