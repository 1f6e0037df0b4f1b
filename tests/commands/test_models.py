"""`streamer models --check`: is a model fed with the features that it was made for?"""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.model.toml_text import toml_text
from tests.support.bands import run_here
from tests.support.paths import SHARED
from tests.support.tiny_models import linear_model, log_mel_spec

LABELS = ("okay", "other")


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """A head as of a wake word: what comes out for features that it was not made for looks as sure as any."""
    is_high = np.arange(16 * 32) % 32 >= 16
    weights: Float32 = np.asarray(np.stack([~is_high, is_high]) / is_high.sum(), np.float32)
    path = tmp_path / "okay.tflite"
    path.write_bytes(linear_model(weights, (1, 16, 32)))
    return path


def described(head: Path, check: dict[str, Any] | None = None, **front_end: Any) -> Path:
    """Write a sidecar; return the model."""
    end = log_mel_spec(16, 32).model_dump()["front_end"]
    values = {
        "format": 1,
        "name": "okay",
        "task": "sound",
        "activation": "sigmoid",
        "labels": list(LABELS),
        "front_end": end | front_end,
        "window": {"n_frames": 16, "stride": 8},
        "normalisation": {"mean": -5.0, "std": 1.0},
        **({"check": check} if check else {}),
    }
    head.with_suffix(".toml").write_text(toml_text(values))
    return head


def test_a_model_that_is_fed_with_the_wrong_features_is_found_out(head: Path) -> None:
    done = run_here("models", described(head), "--check")
    assert done.returncode == 2
    assert "model=okay must have a check" in done.stderr
    check = tomllib.loads(done.stdout)["check"]
    assert set(check["scores"]) == set(LABELS)

    done = run_here("models", described(head, check), "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"okay: ok (5 s of {check['signal']}, 2 labels, within 0.02)\n"

    for wrong in ({"n_fft": 1024, "frame_length": 1024}, {"sample_rate": 48_000}, {"log": "db"}):
        done = run_here("models", described(head, check, **wrong), "--check")
        assert done.returncode == 1
        assert done.stdout.startswith("okay: fed the wrong features: "), wrong
        assert f", and must be {check['scores']['okay']:.4f}" in done.stdout
        assert "it is fed with: " in done.stdout


def test_a_check_must_name_labels_of_the_model_and_a_signal_of_its_medium(head: Path) -> None:
    check: dict[str, Any] = {"signal": "sweep", "scores": {"dog": 1.0}}
    done = run_here("models", described(head, check), "--check")
    assert done.returncode == 2
    assert "check.scores='dog' must be one of the model's labels" in done.stderr
    done = run_here("models", described(head, {"signal": "grating", "scores": {"okay": 1.0}}), "--check")
    assert done.returncode == 2
    assert "check.signal=grating must be one of sound for task=sound" in done.stderr


def test_the_shipped_models_pass_their_checks() -> None:
    done = run_here("models", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["ambient", "motion", "pattern"]


@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason="needs the file of YAMNet")
def test_yamnet_passes_the_check_of_its_sidecar() -> None:
    yamnet = SHARED / "models" / "yamnet.tflite"
    done = run_here("models", yamnet, "--check")
    assert (done.returncode, done.stdout) == (0, "YAMNet: ok (5 s of sweep, 5 labels, within 0.02)\n")
