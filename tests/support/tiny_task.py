"""A training task as small as possible: a dense network distinguishes tones; its models run like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from streamer.arrays import Float32, Rng
from streamer.dataset.examples import Dataset
from streamer.features.logmel import log_mel
from streamer.features.logmel_settings import LogMelSettings
from streamer.messages import TaskName
from streamer.model.spec import ModelSpec
from streamer.training.fit import Schedule
from streamer.training.task import Advance, Plan, TrainingPhase
from streamer.training.windows import SYNTHETIC, TrainingWindows, WindowWriter
from tests.support.tiny_models import log_mel_spec

N_FRAMES, N_MELS, STRIDE = 16, 8, 8
MEAN, STD = -8.0, 4.0
TONES = {"high": 3000.0, "low": 300.0, "middle": 1000.0}
RATE = 16_000


def write_tones(folder: Path, n_files: int, labels: Sequence[str] = ("high", "low"), seconds: float = 0.6) -> Path:
    """Write noisy tones as FOLDER/LABEL/ORIGIN-N.wav, two files of each origin."""
    rng = np.random.default_rng(0)
    for label in labels:
        (folder / label).mkdir(parents=True)
        for i in range(n_files):
            time_s = np.arange(int(seconds * RATE)) / RATE
            hz = TONES[label] * rng.uniform(0.97, 1.03)
            sound = 0.3 * np.sin(2 * np.pi * hz * time_s) + 0.02 * rng.normal(size=time_s.size)
            soundfile.write(folder / label / f"{i // 2}-{i}.wav", sound, RATE)
    return folder


class TinyTask:
    """See :class:`streamer.training.task.TrainingTask`."""

    task: TaskName = "sound"

    def __init__(self, labels: tuple[str, ...], n_epochs: int = 12, phases: tuple[TrainingPhase, ...] = ()) -> None:
        self.labels = (*labels, "background")
        self.spec: ModelSpec = log_mel_spec(
            N_FRAMES,
            N_MELS,
            window={"n_frames": N_FRAMES, "stride": STRIDE},
            normalisation={"mean": MEAN, "std": STD},
            events={"confirm": 1, "confirm_of": 1, "deny": ("background",)},
        )
        schedule = Schedule(n_epochs, 0.03, batch=32, patience=5)
        self.plan = Plan(phases or (TrainingPhase("embedding", schedule), TrainingPhase("", schedule, min_examples=8)))

    def sample(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> TrainingWindows:
        rng = np.random.default_rng(seed)
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        for i, example in enumerate(dataset):
            rows = self._rows(example.path)
            starts = rng.integers(len(rows) - N_FRAMES, size=8)
            louder = rng.normal(0.0, 0.2, (8, 1, 1)).astype(np.float32)
            writer.append(np.stack([rows[j : j + N_FRAMES] for j in starts]) + louder, self._target(example.label), i)
            advance((i + 1) / len(dataset))
        silence = rng.normal(-1.0, 0.3, (8 * len(dataset.labels), *self.spec.input_shape))
        writer.append(silence.astype(np.float32), self._target("background"), SYNTHETIC)
        return writer.finish()

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> TrainingWindows:
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        for i, example in enumerate(dataset):
            rows = self._rows(example.path)
            starts = range(0, len(rows) - N_FRAMES + 1, STRIDE)
            writer.append(np.stack([rows[j : j + N_FRAMES] for j in starts]), self._target(example.label), i)
            advance((i + 1) / len(dataset))
        return writer.finish()

    def network(self) -> Any:
        import keras
        from keras import layers

        x = inputs = keras.Input(self.spec.input_shape)
        x = layers.Dense(12, activation="tanh")(layers.GlobalAveragePooling1D()(x))
        x = layers.Activation("linear", name="embedding")(x)
        return keras.Model(inputs, layers.Dense(len(self.labels), name="logits")(layers.Dropout(0.1)(x)))

    def augment(self, features: Float32, rng: Rng) -> Float32:
        return features + rng.normal(0.0, 0.05, (len(features), 1, 1)).astype(np.float32)

    def _rows(self, path: Path) -> Float32:
        assert isinstance(self.spec.front_end, LogMelSettings)
        samples, _ = soundfile.read(path, dtype="float32")
        return (log_mel(samples, self.spec.front_end) - np.float32(MEAN)) / np.float32(STD)

    def _target(self, label: str) -> Float32:
        return np.array([label == name for name in self.labels], np.float32)
