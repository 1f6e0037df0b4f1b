"""Synthetic folders of labelled sounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.dataset.examples import Dataset, Example

RATE = 8000


def noise(seed: int, n_samples: int = RATE, level: float = 0.1) -> Float32:
    """Return noise, different for every seed."""
    return (level * np.random.default_rng(seed).standard_normal(n_samples)).astype(np.float32)


def swelling_noise(seed: int, n_samples: int = 4 * RATE) -> Float32:
    """Return noise that swells and fades, different for every seed."""
    rng = np.random.default_rng(seed)
    swell = np.interp(np.arange(n_samples), np.linspace(0, n_samples, 20), rng.uniform(0.02, 1.0, 20))
    return (noise(seed + 1000, n_samples) * swell).astype(np.float32)


def write_sound(
    path: Path, samples: Float32 | NDArray[np.int16], sample_rate: int = RATE, subtype: str | None = None
) -> Path:
    """Write a sound file in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, sample_rate, subtype=subtype)
    return path


def write_sounds(folder: Path, labels: Iterable[str], n_files: int, make: Callable[[int], Float32] = noise) -> Path:
    """Write ``n_files`` different sounds for each label: ``LABEL/0.wav`` …"""
    for k, label in enumerate(labels):
        for i in range(n_files):
            write_sound(folder / label / f"{i}.wav", make(k * n_files + i))
    return folder


def synthetic_dataset(examples: Iterable[tuple[str, str]]) -> Dataset:
    """Return a dataset of files that do not exist, from the label and group of each."""
    return Dataset(Path("data"), "sound", ()).with_examples(
        Example(Path(f"data/{label}/{i}.wav"), label, group) for i, (label, group) in enumerate(examples)
    )
