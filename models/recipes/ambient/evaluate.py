"""Score whole recordings by the heads of several runs, from the trunk's embeddings, which are computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.card import ambient_spec
from models.recipes.ambient.corpus import LABELS, SAMPLE_RATE, CorpusFile
from models.recipes.ambient.stages import apply
from models.recipes.ambient.teacher import FoldedLayer
from streamer.arrays import Float32
from streamer.features.logmel import log_mel
from streamer.training.pool import mapped
from streamer.training.sound import augment
from streamer.training.sound.files import read_sound
from streamer.training.sound.network import FRONT_END
from streamer.training.sound.task import N_FRAMES, STRIDE

SPEC = ambient_spec({})
LONGEST_S = 60.0  # of a held-out recording
Change = Callable[[Float32], Float32]  # of a whole recording's samples


@dataclass(frozen=True, slots=True, eq=False)
class CutRecordings:
    """Whole recordings as the trunk's embeddings of all their windows."""

    recordings: tuple[CorpusFile, ...]
    embedding: NDArray[np.float16]  # of all windows, one recording after the other, shape (n, 1440)
    ends: NDArray[np.intp]  # of each recording's windows, shape (n_recordings,)

    @property
    def truths(self) -> NDArray[np.intp]:
        """Each recording's label; those without one have that of background."""
        return np.array([LABELS.index(one.label or "background") for one in self.recordings])

    def scores(self, head: FoldedLayer) -> list[Float32]:
        """Return each recording's scores, shapes (n_windows, n_labels)."""
        logits = self.embedding.astype(np.float32) @ head.kernel + head.bias
        return np.split(0.5 + 0.5 * np.tanh(0.5 * logits), self.ends[:-1])


def cut(trunk: Any, recordings: Sequence[CorpusFile], n_processes: int, change: Change | None = None) -> CutRecordings:
    """Cut recordings into the windows that a live stream would have, and compute their embeddings."""
    paths = [one.path for one in recordings]
    windows = list(mapped(partial(windows_of, change=change), paths, n_processes, chunk=16))
    ends = np.cumsum([len(one) for one in windows])
    return CutRecordings(tuple(recordings), apply(trunk, np.concatenate(windows)), ends)


def windows_of(path: Path, change: Change | None = None) -> NDArray[np.float16]:
    """Return a recording's windows, shape (n, N_FRAMES, n_mels); a short one is padded with silence."""
    samples = read_sound(path, SAMPLE_RATE, longest_s=LONGEST_S)
    samples = change(samples) if change else samples
    frames = log_mel(np.pad(samples, (0, max(0, SPEC.window_samples - samples.size))), FRONT_END)
    starts = range(0, len(frames) - N_FRAMES + 1, STRIDE)
    return np.stack([frames[start : start + N_FRAMES] for start in starts]).astype(np.float16)


def faint(samples: Float32) -> Float32:
    """Return a recording at −60 dBFS (rms), in steps of 16 bits."""
    gain = 10.0 ** (-60.0 / 20.0) / (np.sqrt(np.mean(np.square(samples, dtype=np.float64))) + 1e-12)
    return np.asarray(np.round(samples * gain * 32768.0) / 32768.0, np.float32)


def by_telephone(samples: Float32) -> Float32:
    """Return a recording through a telephone: 8 kHz, µ-law."""
    return augment.telephone(samples, SAMPLE_RATE)


def clipped(samples: Float32) -> Float32:
    """Return a recording clipped 12 dB below its peak."""
    return augment.overload(samples, 12.0)
