"""Made pictures as the model sees them: drawn by several processes, kept in one array."""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.features.pattern import Pattern
from streamer.features.sight_settings import PatternSettings
from streamer.messages import UInt8
from streamer.training.pattern.scene import LABELS

FRONT_END = PatternSettings(size=256, n_radii=64, n_angles=36)
SHARES = (0.35, 0.13, 0.13, 0.13, 0.13, 0.13)  # of LABELS; most that a camera sees is `none`
Maker = Callable[[str, np.random.Generator], UInt8]  # label, generator → picture
CHUNK = 50  # pictures that one process makes at a time


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Spectra of pictures, and what they show."""

    features: NDArray[np.float16]  # shape (n, n_radii, n_angles); 16 bits cost 0.004 of ln |F|
    labels: NDArray[np.int8]  # shape (n,), places in LABELS

    def __len__(self) -> int:
        return len(self.labels)

    def save(self, path: Path) -> None:
        """Write both arrays into one .npz file."""
        np.savez(path, features=self.features, labels=self.labels)

    def __add__(self, other: Examples) -> Examples:
        features = np.concatenate([self.features, other.features])
        return Examples(features, np.concatenate([self.labels, other.labels]))

    @staticmethod
    def load(path: Path) -> Examples:
        """Read what :meth:`save` wrote."""
        with np.load(path) as arrays:
            return Examples(arrays["features"], arrays["labels"])


def draw(
    n_pictures: int,
    seed: int,
    n_processes: int,
    shares: tuple[float, ...],
    make: Maker,
) -> Examples:
    """Make pictures and return their spectra; the same for any number of processes.

    Parameters
    ----------
    seed : int
        Picture i depends on it and on i alone.
    shares : tuple of float
        Of each label in ``LABELS``.
    make : function of a label and a generator
        Makes a picture; of a module's top level, so that it reaches the processes.
    """
    starts = range(0, n_pictures, CHUNK)
    work = functools.partial(_draw_chunk, n_pictures=n_pictures, seed=seed, shares=shares, make=make)
    return _joined(_mapped(work, starts, n_processes))


def _mapped(work: functools.partial[Examples], starts: range, n_processes: int) -> Iterator[Examples]:
    if n_processes == 1:
        yield from map(work, starts)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads of OpenCV and of the trainer
    with ProcessPoolExecutor(n_processes, context, initializer=_one_thread) as pool:
        yield from pool.map(work, starts)


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def _joined(parts: Iterator[Examples]) -> Examples:
    drawn = list(parts)
    return Examples(np.concatenate([p.features for p in drawn]), np.concatenate([p.labels for p in drawn]))


def _draw_chunk(
    start: int,
    n_pictures: int,
    seed: int,
    shares: tuple[float, ...],
    make: Maker,
) -> Examples:
    front_end = Pattern(FRONT_END)
    stop = min(start + CHUNK, n_pictures)
    features = np.empty((stop - start, FRONT_END.n_radii, FRONT_END.n_angles), np.float16)
    labels = np.empty(stop - start, np.int8)
    for row, i in enumerate(range(start, stop)):
        rng = np.random.default_rng([seed, i])
        labels[row] = rng.choice(len(LABELS), p=np.array(shares) / sum(shares))
        features[row] = front_end.push(make(LABELS[labels[row]], rng)).polar
    return Examples(features, labels)
