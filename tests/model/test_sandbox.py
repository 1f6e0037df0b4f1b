"""Trying a model in a child process: every way in which the child can end is reported, and this process survives."""

import dataclasses
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from streamer.config import RuntimeName
from streamer.errors import StreamerError, UserError
from streamer.model import sandbox
from streamer.model.classifier import Classifier
from streamer.model.file import ModelFile, read_model_file, write_model_file
from streamer.model.runtime import find_runtime
from streamer.model.sandbox import load_classifier, try_model
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
    assert try_model(model(FLATBUFFER), runtime) == dataclasses.replace(model(FLATBUFFER), trusted=True)


def test_the_child_imports_nothing_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: RuntimeName
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('ran a file of the directory')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    try_model(model(FLATBUFFER), runtime)


def test_a_model_with_invalid_scores_for_noise_passes(runtime: RuntimeName) -> None:
    try_model(model(linear_model(np.full((3, 8), -9.0, np.float32), (1, 8))), runtime)


def test_a_model_that_does_not_fit_is_refused_in_the_child(runtime: RuntimeName) -> None:
    with pytest.raises(UserError, match=r"x\.tflite: input \(1, 9\) does not fit"):
        try_model(model(linear_model(np.ones((3, 9), np.float32), (1, 9))), runtime)


@pytest.mark.parametrize("n_bytes", [9, len(FLATBUFFER) // 3, len(FLATBUFFER) * 2 // 3, len(FLATBUFFER) - 4])
def test_a_truncated_flatbuffer_is_refused(runtime: RuntimeName, n_bytes: int) -> None:
    with pytest.raises(UserError, match=r"^model=x\.tflite must"):
        try_model(model(FLATBUFFER[:n_bytes]), runtime)


def test_bytes_that_only_look_like_a_model_are_refused(runtime: RuntimeName) -> None:
    noise = random.Random(0).randbytes(2000)
    with pytest.raises(UserError, match=r"^model=x\.tflite must"):
        try_model(model(b"\x1c\0\0\0TFL3" + noise), runtime)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("kill -SEGV $$", r"must not crash the TFLite runtime, which it does \(SIGSEGV\)"),
        ("kill -ABRT $$", r"must not crash the TFLite runtime, which it does \(SIGABRT\)"),
        ("echo model=x.tflite: no; exit 2", r"^model=x\.tflite: no$"),
        ("echo Traceback >&2; echo ImportError: numpy >&2; exit 1", "trying it .* failed: ImportError: numpy"),
    ],
)
def test_every_way_the_child_can_end_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(UserError, match=message):
        try_model(model(FLATBUFFER * 1000), "litert")  # more than a pipe holds: the child does not read it


def test_a_child_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(sandbox, "TIMEOUT_S", 0.2)
    with pytest.raises(UserError, match="took longer than"):
        try_model(model(FLATBUFFER), "litert")


def test_a_child_that_cannot_be_started_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(StreamerError, match="child process; No such file"):
        try_model(model(FLATBUFFER), "litert")


def test_a_trusted_model_starts_no_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    trusted = dataclasses.replace(model(FLATBUFFER), trusted=True)
    assert try_model(trusted, "litert") == trusted


def test_a_file_is_tried_once_and_then_trusted(tmp_path: Path, runtime: RuntimeName) -> None:
    path = tmp_path / "x.tflite"
    write_model_file(path, FLATBUFFER, waveform_spec(8), LABELS)
    read = read_model_file(path)
    assert not read.trusted
    classifier = load_classifier(read, runtime)
    assert classifier.model.trusted
    again = Classifier(classifier.model, runtime)
    rows = np.random.default_rng(2).uniform(0, 0.125, 8).astype(np.float32)
    np.testing.assert_array_equal(again.classify(rows), classifier.classify(rows))


def test_a_damaged_model_in_an_undamaged_file_is_refused_and_this_process_lives(
    tmp_path: Path, runtime: RuntimeName
) -> None:
    flatbuffer = FLATBUFFER
    for i, damaged in enumerate((flatbuffer[: len(flatbuffer) // 2], flatbuffer[:8] + b"\xff" * 200)):
        path = tmp_path / f"{i}.tflite"
        write_model_file(path, damaged, waveform_spec(8), LABELS)
        with pytest.raises(UserError, match=r"^model=.*\.tflite must"):
            load_classifier(read_model_file(path), runtime)
