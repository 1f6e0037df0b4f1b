"""Every clip through every front end, once; the features stay on disk until the study is done."""

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
from streamer.study.kinds import Sizes, Source, open_source
from streamer.study.systems import BACKBONE
from streamer.training.pool import Prepare, mapped

SOURCES = ("digits", "textures", "films")
CHUNK = 100  # clips that a process makes at a time
N_TIMED = 20  # clips whose times are taken, one by one
FrontEnd = Callable[[UInt8], Float32]


@dataclass(frozen=True, slots=True)
class Part:
    """Clips of a source to be made and seen."""

    source: str
    sizes: Sizes
    seed: int
    start: int
    stop: int
    weights: Path | None  # of the backbone


def extract(
    sizes: Sizes, seed: int, weights: Path | None, folder: Path, n_processes: int, prepare: Prepare | None = None
) -> Iterator[float]:
    """Write ``SOURCE.FRONT_END.npy`` for every source and front end into a folder, and yield the share done, 0 … 1."""
    sources = [open_source(name, sizes, seed) for name in SOURCES]
    parts = [
        Part(source.name, sizes, seed, start, min(start + CHUNK, len(source)), weights)
        for source in sources
        for start in range(0, len(source), CHUNK)
    ]
    arrays: dict[str, np.memmap[tuple[int, ...], np.dtype[np.float16]]] = {}
    for i, (part, seen) in enumerate(zip(parts, mapped(see, parts, n_processes, prepare=prepare), strict=True)):
        for name, values in seen.items():
            key = f"{part.source}.{name}"
            if part.start == 0:
                n = len(sources[SOURCES.index(part.source)])
                arrays[key] = np.lib.format.open_memmap(folder / f"{key}.npy", "w+", np.float16, (n, *values.shape[1:]))
            arrays[key][part.start : part.stop] = values
        yield (i + 1) / len(parts)
    for array in arrays.values():
        array.flush()


def see(part: Part) -> dict[str, np.ndarray]:
    """Return what every front end sees of some clips, by its name; shapes (n, …)."""
    seen: dict[str, list[np.ndarray]] = {}
    for clip in _source(part.source, part.sizes, part.seed).clips(part.start, part.stop):
        for name, front_end in front_ends(part.weights).items():
            seen.setdefault(name, []).append(front_end(clip).astype(np.float16))
    return {name: np.stack(values) for name, values in seen.items()}


def front_end_ms(source: Source, weights: Path | None) -> dict[str, float]:
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
def front_ends(weights: Path | None) -> dict[str, FrontEnd]:
    """Return all front ends, the backbone's among them where its weights are given."""
    return FRONT_ENDS if weights is None else {**FRONT_ENDS, BACKBONE: backbone(weights)}


@lru_cache(maxsize=1)
def _source(name: str, sizes: Sizes, seed: int) -> Source:
    return open_source(name, sizes, seed)
