"""Compute the features of every clip by every front end, once, and keep them on disk during the study."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.study.backbone import backbone
from streamer.study.front_ends import FRONT_ENDS
from streamer.study.kinds import SOURCES, ClipSource, Sizes, open_source
from streamer.study.systems import BACKBONE
from streamer.training.pool import Prepare, mapped

CHUNK = 100  # clips that a process takes at a time
N_TIMED = 20  # clips that front ends are timed on, one by one
ClipFrontEnd = Callable[[UInt8], Float32]


@dataclass(frozen=True, slots=True)
class ClipRange:
    """Consecutive clips of a source, for one process."""

    source: str
    sizes: Sizes
    seed: int
    start: int
    stop: int
    weights: Path | None  # of the backbone; None: without it


def write_features(
    sizes: Sizes, seed: int, weights: Path | None, folder: Path, n_processes: int, prepare: Prepare | None = None
) -> Iterator[float]:
    """Write ``SOURCE.FRONT_END.npy`` for every source and front end into a folder; yield the share done, 0…1."""
    sources = [open_source(name, sizes, seed) for name in SOURCES]
    ranges = [
        ClipRange(source.name, sizes, seed, start, min(start + CHUNK, len(source)), weights)
        for source in sources
        for start in range(0, len(source), CHUNK)
    ]
    arrays: dict[str, np.memmap[tuple[int, ...], np.dtype[np.float16]]] = {}
    computed = mapped(compute_features, ranges, n_processes, prepare=prepare)
    for i, (clips, features) in enumerate(zip(ranges, computed, strict=True)):
        for name, values in features.items():
            key = f"{clips.source}.{name}"
            if clips.start == 0:
                n = len(sources[SOURCES.index(clips.source)])
                arrays[key] = np.lib.format.open_memmap(folder / f"{key}.npy", "w+", np.float16, (n, *values.shape[1:]))
            arrays[key][clips.start : clips.stop] = values
        yield (i + 1) / len(ranges)
    for array in arrays.values():
        array.flush()


def compute_features(clips: ClipRange) -> dict[str, np.ndarray]:
    """Return the features of some clips, shape (n, …), by the name of the front end."""
    features: dict[str, list[np.ndarray]] = {}
    for clip in _source(clips.source, clips.sizes, clips.seed).clips(clips.start, clips.stop):
        for name, front_end in front_ends(clips.weights).items():
            features.setdefault(name, []).append(front_end(clip).astype(np.float16))
    return {name: np.stack(values) for name, values in features.items()}


def front_end_ms(source: ClipSource, weights: Path | None) -> dict[str, float]:
    """Return the median time that each front end takes for one clip, in milliseconds, by its name."""
    clips = list(source.clips(0, N_TIMED))
    medians = {}
    for name, front_end in front_ends(weights).items():
        front_end(clips[0])
        times_s = []
        for clip in clips:
            started = time.perf_counter()
            front_end(clip)
            times_s.append(time.perf_counter() - started)
        medians[name] = float(np.median(times_s)) * 1e3
    return medians


@lru_cache(maxsize=1)
def front_ends(weights: Path | None) -> dict[str, ClipFrontEnd]:
    """Return all front ends, the backbone's among them where its weights are given."""
    return FRONT_ENDS if weights is None else {**FRONT_ENDS, BACKBONE: backbone(weights)}


@lru_cache(maxsize=1)
def _source(name: str, sizes: Sizes, seed: int) -> ClipSource:
    return open_source(name, sizes, seed)
