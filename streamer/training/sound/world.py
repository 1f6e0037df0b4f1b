"""The world that comes with the sound models' start: everyday sounds of many origins, as activations of the stem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from streamer.training.sound.network import STEM_HOP, n_positions, opened_start

LIMIT = 6.0  # of the activations: their rectifier's
N_LEVELS = 16  # of a stored activation: half a byte


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Recordings of equal length, each as what the stem gives for it; none can be played from it."""

    levels: NDArray[np.uint8]  # shape (n, n_positions, 4, 512), range 0 … N_LEVELS − 1
    tags: tuple[tuple[str, ...], ...]  # of each recording: labels that it has or may have
    origins: tuple[str, ...]  # of each recording: the collection that it comes from

    def __len__(self) -> int:
        return len(self.levels)

    def is_like(self, place: int, label: str) -> bool:
        """Return whether a recording has or may have a label: whether its tags share a word with it."""
        return not set(_words(label)).isdisjoint(word for tag in self.tags[place] for word in _words(tag))

    def unlike(self, labels: Sequence[str]) -> list[int]:
        """Return the numbers of the recordings that are like none of these labels."""
        return [place for place in range(len(self)) if not any(self.is_like(place, label) for label in labels)]

    def windows(self, place: int, n_frames: int, stride: int) -> NDArray[np.float16]:
        """Return one recording's windows in order of time, as activations of the stem.

        Parameters
        ----------
        place : int
            Number of the recording.
        n_frames, stride : int
            Of the model, in frames; windows begin at the positions nearest to multiples of the stride.

        Returns
        -------
        ndarray, shape (n, n_positions of a window, 4, 512)
        """
        recording = self.levels[place]
        length = min(n_positions(n_frames), len(recording))
        windows = sliding_window_view(recording, length, axis=0)[:: max(1, round(stride / STEM_HOP))]
        return (np.moveaxis(windows, -1, 1) * np.float16(LIMIT / (N_LEVELS - 1))).astype(np.float16)


def _words(label: str) -> list[str]:
    return re.findall(r"[^\W_]+", label.casefold())


def store(activations: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return activations as levels, rounded."""
    levels: NDArray[np.uint8] = np.round(np.clip(activations, 0.0, LIMIT) * ((N_LEVELS - 1) / LIMIT)).astype(np.uint8)
    return levels


def pack(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return levels two to a byte, along the last axis."""
    return np.asarray(levels[..., ::2] | levels[..., 1::2] << 4, np.uint8)


def load_world(path: Path | None = None) -> World:
    """Return the world that comes with a start; None: the shipped one.

    Raises
    ------
    UserError
        As :func:`streamer.training.sound.network.load_start`.
    """
    with opened_start(path) as start:
        packed = start["world"]
        levels = np.stack([packed & 15, packed >> 4], axis=-1).reshape(*packed.shape[:-1], -1)
        tags = tuple(tuple(text.split()) for text in start["world.tags"].tolist())
        return World(levels, tags, tuple(start["world.origins"].tolist()))
