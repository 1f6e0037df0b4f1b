"""Trying a model in a child process: every way in which the child may end is told, and this process lives."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from streamer.errors import StreamerError, UserError
from streamer.model import sandbox as probe_module
from streamer.model.file import ModelFile
from streamer.model.runtime import RuntimeName, find_runtime
from streamer.model.sandbox import probe
from tests.support.installed_runtimes import RUNTIMES
from tests.support.tiny_models import linear_model, waveform_spec

LABELS = ("a", "b", "c")
FLATBUFFER = linear_model(np.ones((3, 8), np.float32), (1, 8))


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> RuntimeName:
    """Each runtime that is to be tested."""
    return find_runtime(request.param).name


def model(flatbuffer: bytes) -> ModelFile:
    return ModelFile(Path("x.tflite"), waveform_spec(8), LABELS, flatbuffer)


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a shell script be the child."""
    path = tmp_path / "child"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_a_sound_model_passes(runtime: RuntimeName) -> None:
    probe(model(FLATBUFFER), runtime)


def test_the_child_imports_nothing_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: RuntimeName
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('ran a file of the directory')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    probe(model(FLATBUFFER), runtime)


def test_one_whose_scores_for_noise_are_none_passes(runtime: RuntimeName) -> None:
    probe(model(linear_model(np.full((3, 8), -9.0, np.float32), (1, 8))), runtime)


def test_what_does_not_fit_is_refused_in_the_child(runtime: RuntimeName) -> None:
    with pytest.raises(UserError, match=r"x\.tflite: input \(1, 9\) does not fit"):
        probe(model(linear_model(np.ones((3, 9), np.float32), (1, 9))), runtime)


@pytest.mark.parametrize("n_bytes", [9, len(FLATBUFFER) // 3, len(FLATBUFFER) * 2 // 3, len(FLATBUFFER) - 4])
def test_a_cut_flatbuffer_is_refused(runtime: RuntimeName, n_bytes: int) -> None:
    with pytest.raises(UserError, match=r"^model=x\.tflite must"):
        probe(model(FLATBUFFER[:n_bytes]), runtime)


def test_bytes_that_only_look_like_a_model_are_refused(runtime: RuntimeName) -> None:
    noise = random.Random(0).randbytes(2000)
    with pytest.raises(UserError, match=r"^model=x\.tflite must"):
        probe(model(b"\x1c\0\0\0TFL3" + noise), runtime)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("kill -SEGV $$", r"must not crash the TFLite runtime, which it does \(SIGSEGV\)"),
        ("kill -ABRT $$", r"must not crash the TFLite runtime, which it does \(SIGABRT\)"),
        ("echo model=x.tflite: no; exit 2", r"^model=x\.tflite: no$"),
        ("echo Traceback >&2; echo ImportError: numpy >&2; exit 1", "trying it .* failed: ImportError: numpy"),
    ],
)
def test_every_end_of_the_child_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(UserError, match=told):
        probe(model(FLATBUFFER * 1000), "litert")  # more than a pipe holds: the child does not read it


def test_a_child_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(probe_module, "TIMEOUT_S", 0.2)
    with pytest.raises(UserError, match="took longer than"):
        probe(model(FLATBUFFER), "litert")


def test_no_child_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(StreamerError, match="child process; No such file"):
        probe(model(FLATBUFFER), "litert")
