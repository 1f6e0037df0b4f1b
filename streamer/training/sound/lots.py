"""Training windows drawn many at a time, on all cores, the same for any number of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.messages import Float32
from streamer.training.pool import mapped, n_processes_for
from streamer.training.sound.augment import Rng
from streamer.training.sound.draw import Drawn

LOT = 64  # windows drawn by one seed
WORTH = 8  # lots that make up for the start of another process, about 2 s

Draw = Callable[[Any, Rng], Drawn]  # takes a drawer
FrontEnd = Callable[[Float32], Float32]  # samples → (n_frames, n_mels)

_drawer: Any = None  # of this process: handed over once, not with every job


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """Some windows; all parts have the same first axis."""

    features: tuple[NDArray[np.float16], ...]  # from each front end, shape (n, n_frames, n_mels)
    targets: Float32  # shape (n, n_labels), NaN where unknown
    paths: tuple[Path | None, ...]  # the recordings they are of


def draw_lots(
    drawer: Any, draw: Draw, front_ends: Sequence[FrontEnd], n_windows: int, seed: int, n_processes: int | None = None
) -> Iterator[Lot]:
    """Yield windows, a lot at a time.

    Parameters
    ----------
    drawer : Drawer
        Goes to every process once.
    draw : function of (drawer, generator)
        Of a module's or class's top level, as ``Drawer.labelled``.
    front_ends : sequence of functions of the samples
    n_processes : int, optional
        None: as many as pay.
    """
    jobs = [(seed, i, min(LOT, n_windows - start)) for i, start in enumerate(range(0, n_windows, LOT))]
    work = partial(_draw_lot, draw=draw, front_ends=tuple(front_ends))
    n_processes = n_processes or n_processes_for(len(jobs), WORTH)
    yield from mapped(work, jobs, n_processes, prepare=partial(_take_over, drawer))


def _take_over(drawer: Any) -> None:
    global _drawer
    _drawer = drawer


def _draw_lot(job: tuple[int, int, int], draw: Draw, front_ends: tuple[FrontEnd, ...]) -> Lot:
    seed, number, n_windows = job
    rng = np.random.default_rng([seed, number])
    drawn = [draw(_drawer, rng) for _ in range(n_windows)]
    features = (np.stack([hear(one.samples) for one in drawn]).astype(np.float16) for hear in front_ends)
    return Lot(tuple(features), np.stack([one.targets for one in drawn]), tuple(one.path for one in drawn))
