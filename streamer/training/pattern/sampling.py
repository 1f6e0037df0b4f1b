"""Sample synthetic pictures and compute their spectra as the model takes them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Rng, UInt8
from streamer.features.pattern import Pattern
from streamer.features.settings import PatternSettings
from streamer.training.images import use_one_opencv_thread
from streamer.training.pool import mapped

FRONT_END = PatternSettings(size=256, n_radii=64, n_angles=36)
PictureMaker = Callable[[str, Rng], UInt8]  # label, generator → picture
CHUNK = 25  # pictures handed to a process at a time


def synthetic_spectra(
    n_pictures: int,
    seed: int,
    shares: dict[str, float],
    make: PictureMaker,
    n_processes: int = 1,
) -> Iterator[tuple[NDArray[np.float16], str]]:
    """Yield the spectra of synthetic pictures, shape (n_radii, n_angles), with their labels.

    Parameters
    ----------
    n_pictures : int
    seed : int
        Picture i depends on it and on i alone, whatever the number of processes.
    shares : dict
        Of each label; they need not add up to 1.
    make : function of a label and a generator
        Makes a picture; of a module's top level, so that it can be sent to the processes.
    n_processes : int
    """
    work = functools.partial(_spectrum, seed=seed, labels=tuple(shares), shares=tuple(shares.values()), make=make)
    yield from mapped(work, range(n_pictures), n_processes, CHUNK, use_one_opencv_thread)


def _spectrum(
    i: int, seed: int, labels: tuple[str, ...], shares: tuple[float, ...], make: PictureMaker
) -> tuple[NDArray[np.float16], str]:
    rng = np.random.default_rng([seed, i])
    label = labels[rng.choice(len(labels), p=np.array(shares) / sum(shares))]
    # 16 bits cost 0.004 of ln |F|
    return front_end().push(make(label, rng)).polar.astype(np.float16), label


@functools.cache
def front_end() -> Pattern:
    """Return this process's own front end."""
    return Pattern(FRONT_END)
