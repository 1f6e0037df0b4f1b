"""Training windows drawn many at a time, on all cores, the same for any number of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.tasks.sound import BACKGROUND
from streamer.training.pool import mapped, n_processes_for
from streamer.training.sound import augment, synthesis
from streamer.training.sound.augment import Rng
from streamer.training.sound.files import Section, Shelf, loud_sections, n_sections

PAUSE_DB = -45.0  # below a recording's own loudness: next to nothing sounds there
N_TRIES = 8  # at finding a pause


class Drawn(NamedTuple):
    """A window and what it shows."""

    samples: Float32  # shape (n_samples,), range −1…1
    targets: Float32  # shape (n_labels,): 0 … 1, NaN where unknown
    path: Path | None  # the recording it is of; None: made in code


class Pool:
    """Recordings of which each is drawn as often as its length deserves: in whole sections.

    Parameters
    ----------
    paths : sequence of Path

    Raises
    ------
    UserError
        If one is no sound.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self._ends = np.cumsum([n_sections(path) for path in paths])

    def __len__(self) -> int:
        return len(self.paths)

    def draw(self, rng: Rng) -> Path:
        """Return one of them."""
        return self.paths[int(np.searchsorted(self._ends, rng.integers(self._ends[-1]), "right"))]


class Drawer:
    """Draws windows of labelled recordings that may be mixed with each other.

    Only paths are kept: the sections of the files that are in use are decoded by a shelf of the process's own.

    Parameters
    ----------
    recordings : mapping of label → sequence of Path
        Those of ``background`` are heard alone and underneath the others.
    labels : sequence of str
        Of the targets, in their order; ``background`` is among them.
    n_samples, sample_rate : int
        Of a window.
    others : sequence of Path
        Further sounds to hear underneath.

    Raises
    ------
    UserError
        If a recording is no sound.
    """

    def __init__(
        self,
        recordings: Mapping[str, Sequence[Path]],
        labels: Sequence[str],
        n_samples: int,
        sample_rate: int,
        others: Sequence[Path] = (),
    ) -> None:
        self.labels = tuple(labels)
        self.n_samples, self.sample_rate = n_samples, sample_rate
        self.background = Pool([*recordings.get(BACKGROUND, ()), *others])
        self.pools = {label: Pool(paths) for label, paths in recordings.items() if paths and label != BACKGROUND}
        self._shelf = Shelf(sample_rate)

    def labelled(self, rng: Rng) -> Drawn:
        """Draw a window of one label, often with another sound underneath; every label is equally frequent."""
        names = list(self.pools)
        label = names[rng.integers(len(names))]
        sound, path = self.cut(self.pools[label], rng)
        targets = self.targets({label: 1.0})
        choice = rng.random()
        if choice < 0.35:  # any other sound, clearly below
            sound = augment.mix(sound, self._other(rng), rng.uniform(3.0, 30.0))
        elif choice < 0.55:  # a second label: both are there
            second = names[rng.integers(len(names))]
            if second != label:
                ratio_db = rng.uniform(-6.0, 12.0)
                sound = augment.mix(sound, self.cut(self.pools[second], rng)[0], ratio_db)
                there = {
                    label: float(np.interp(ratio_db, [-6.0, 0.0], [0.6, 1.0])),
                    second: float(np.interp(ratio_db, [0.0, 12.0], [1.0, 0.3])),
                }
                targets = self.targets(there)
        elif choice < 0.70:
            noise = augment.coloured_noise(self.n_samples, rng.uniform(0.0, 6.0), rng)
            sound = augment.mix(sound, noise, rng.uniform(6.0, 40.0))
        return Drawn(augment.set_level(sound, rng), targets, path)

    def nothing(self, rng: Rng) -> Drawn:
        """Draw a window with none of the labels: near-silence, a pause, a background recording, or a made sound.

        A made sound may happen to be like one of the labels; the many windows of that label outweigh it.
        """
        choice = rng.random()
        if choice < 0.2:
            return self.near_silence(rng)
        if choice < 0.4 and (pause := self.pause(rng)):
            return pause
        nothing = self.targets({BACKGROUND: 1.0})
        if choice < 0.8 and len(self.background):
            sound, path = self.cut(self.background, rng)
            return Drawn(augment.set_level(sound, rng), nothing, path)
        return Drawn(augment.set_level(self.made(rng), rng), nothing, None)

    def near_silence(self, rng: Rng) -> Drawn:
        """Draw a window of faint noise, at −120 … −66 dBFS: what a quiet room or a muted microphone gives."""
        noise = augment.coloured_noise(self.n_samples, rng.uniform(-3.0, 9.0), rng)
        level = np.float32(10.0 ** (rng.uniform(-120.0, -66.0) / 20.0))
        return Drawn(noise * level, self.targets({BACKGROUND: 1.0}), None)

    def pause(self, rng: Rng) -> Drawn | None:
        """Draw a part of a label's recording in which next to nothing sounds, or None where none was found."""
        names = list(self.pools)
        for _ in range(N_TRIES if names else 0):
            section, path = self.section(self.pools[names[rng.integers(len(names))]], rng)
            samples = section.samples
            if samples.size < self.n_samples:
                continue
            start = int(rng.integers(samples.size - self.n_samples + 1))
            sound = samples[start : start + self.n_samples]
            if augment.loudness(sound) <= 10 ** (PAUSE_DB / 20) * augment.loudness(samples):
                quieter = np.float32(10 ** (rng.uniform(-20.0, 0.0) / 20))
                return Drawn(sound * quieter, self.targets({BACKGROUND: 1.0}), path)
        return None

    def made(self, rng: Rng) -> Float32:
        """Return a sound made in code, or steady noise, through some microphone."""
        if rng.random() < 0.3:
            sound = augment.coloured_noise(self.n_samples, rng.uniform(-3.0, 9.0), rng)
        else:
            sound = synthesis.random_sound(self.n_samples, self.sample_rate, rng)
        return augment.transmit(sound, self.sample_rate, rng)

    def cut(self, pool: Pool, rng: Rng) -> tuple[Float32, Path]:
        """Return a window of one of the recordings, a little faster or slower, most often by another microphone."""
        section, path = self.section(pool, rng)
        factor = float(np.exp(rng.normal(0.0, 0.06)))
        sound = augment.cut(section.samples, section.active, int(self.n_samples * factor) + 2, rng)
        sound = augment.change_speed(sound, factor, self.n_samples)
        return augment.transmit(sound, self.sample_rate, rng) if rng.random() < 0.8 else sound, path

    def targets(self, there: Mapping[str, float]) -> Float32:
        """Return the targets of a window in which some labels are to be heard, and no others."""
        return np.asarray([there.get(label, 0.0) for label in self.labels], np.float32)

    def _other(self, rng: Rng) -> Float32:
        return self.cut(self.background, rng)[0] if len(self.background) else self.made(rng)

    def section(self, pool: Pool, rng: Rng) -> tuple[Section, Path]:
        """Return one of the recordings, or of a long one a section in which it sounds."""
        path = pool.draw(rng)
        sections = loud_sections(path)
        return self._shelf.take(path, sections[rng.integers(len(sections))]), path


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
