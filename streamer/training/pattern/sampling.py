"""Made pictures as the model sees them, by several processes; the same for any number of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import UInt8
from streamer.features.pattern import Pattern
from streamer.features.settings import PatternSettings
from streamer.training.images import one_opencv_thread
from streamer.training.pool import mapped

FRONT_END = PatternSettings(size=256, n_radii=64, n_angles=36)
Maker = Callable[[str, np.random.Generator], UInt8]  # label, generator → picture
CHUNK = 25  # pictures handed to a process at a time


def made_spectra(
    n_pictures: int,
    seed: int,
    shares: dict[str, float],
    make: Maker,
    n_processes: int = 1,
) -> Iterator[tuple[NDArray[np.float16], str]]:
    """Make pictures and yield their spectra, shape (n_radii, n_angles), with their labels.

    Parameters
    ----------
    seed : int
        Picture i depends on it and on i alone.
    shares : dict
        Of each label; they need not add up to 1.
    make : function of a label and a generator
        Makes a picture; of a module's top level, so that it reaches the processes.
    """
    work = functools.partial(_spectrum, seed=seed, labels=tuple(shares), shares=tuple(shares.values()), make=make)
    yield from mapped(work, range(n_pictures), n_processes, CHUNK, one_opencv_thread)


def _spectrum(
    i: int, seed: int, labels: tuple[str, ...], shares: tuple[float, ...], make: Maker
) -> tuple[NDArray[np.float16], str]:
    rng = np.random.default_rng([seed, i])
    label = labels[rng.choice(len(labels), p=np.array(shares) / sum(shares))]
    # 16 bits cost 0.004 of ln |F|
    return front_end().push(make(label, rng)).polar.astype(np.float16), label


@functools.cache
def front_end() -> Pattern:
    """Return this process's own front end."""
    return Pattern(FRONT_END)
