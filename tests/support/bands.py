"""A small model that detects whether the low or the high half of the spectrum is loud, and synthetic sounds for it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from streamer.__main__ import main
from streamer.arrays import Float32
from streamer.model.file import write_model_file
from tests.support.tiny_models import linear_model, log_mel_spec

LABELS = ("low", "high")
N_FRAMES, N_MELS, STRIDE = 20, 16, 10
RATE = 16_000


def write_model(path: Path, **changes: Any) -> Path:
    """Write the model: the mean log-mel of either half, mapped to 0…1 by a sigmoid."""
    half = np.arange(N_FRAMES * N_MELS) % N_MELS >= N_MELS // 2
    weights = np.stack([~half, half]).astype(np.float32) / half.sum()
    values: dict[str, Any] = {
        "name": "bands",
        "window": {"n_frames": N_FRAMES, "stride": STRIDE},
        "normalisation": {"mean": -5.0, "std": 1.0},
        "activation": "sigmoid",
        "events": {"on": 0.6, "off": 0.4, "confirm": 1, "confirm_of": 1, "merge_gap_s": 0.0},
    }
    flatbuffer = linear_model(weights, (1, N_FRAMES, N_MELS))
    write_model_file(
        path, flatbuffer, log_mel_spec(**{"n_frames": N_FRAMES, "n_mels": N_MELS, **values, **changes}), LABELS
    )
    return path


def write_other_model(path: Path, labels: tuple[str, str] = ("deep", "shrill")) -> Path:
    """Write a model like that of :func:`write_model`, with another front end, other windows and labels of its own."""
    half = np.arange(10 * 24) % 24 >= 12
    weights = np.stack([~half, half]).astype(np.float32) / half.sum()
    spec = log_mel_spec(
        name=path.stem,
        n_frames=10,
        n_mels=24,
        window={"n_frames": 10, "stride": 5},
        normalisation={"mean": -5.0, "std": 1.0},
        activation="sigmoid",
        events={"on": 0.6, "off": 0.4, "confirm": 1, "confirm_of": 1, "merge_gap_s": 0.0},
    )
    write_model_file(path, linear_model(weights, (1, 10, 24)), spec, labels)
    return path


def tones(frequency_hz: float, *spans_s: tuple[float, float], length_s: float = 6.0) -> Float32:
    """Return many tones around a frequency (so that all bands of its half are loud), in the given spans."""
    seconds = np.arange(round(length_s * RATE)) / RATE
    k = np.arange(-9, 10)[:, None]
    sound = 0.04 * np.sin(2 * np.pi * frequency_hz * 2 ** (k / 6) * seconds + k * k).sum(axis=0)
    is_on = np.any([(seconds >= start) & (seconds < end) for start, end in spans_s], axis=0)
    return np.asarray(sound * is_on, np.float32)


def scene() -> Float32:
    """Return a sound that is low from 1 to 2.5 s and high from 3.5 to 5 s; 6 s in all."""
    return tones(500.0, (1.0, 2.5)) + tones(4000.0, (3.5, 5.0))


def write_sound(path: Path, samples: Float32, sample_rate: int = RATE) -> Path:
    soundfile.write(path, samples, sample_rate, subtype="FLOAT")
    return path


def streamer(
    *arguments: object, stdin: bytes = b"", timeout_s: float = 60.0, decoded_as: str = "utf-8", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "streamer", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=timeout_s,
        env={**os.environ, **env},
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(decoded_as), done.stderr.decode())


def run_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process, which saves the second that a new one needs for its imports."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["streamer", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    return subprocess.CompletedProcess(sys.argv, int(ended.value.code or 0), out.getvalue(), err.getvalue())


def lines(done: subprocess.CompletedProcess[str], kind: str) -> list[dict[str, Any]]:
    """Return the JSON lines of one type; the run must have ended well."""
    assert done.returncode == 0, done.stderr
    return [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == kind]
