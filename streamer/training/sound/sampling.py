"""Sample augmented training windows of labelled recordings, in blocks, the same for any number of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng
from streamer.tasks.sound import BACKGROUND
from streamer.training.pool import mapped, n_processes_for
from streamer.training.sound import augment, synthesis
from streamer.training.sound.files import Section, SectionCache, loud_sections, n_sections

PAUSE_DB = -45.0  # loudness of a pause, against that of its recording
N_TRIES = 8  # at finding a pause
BLOCK = 64  # windows sampled by one seed
BLOCKS_WORTH = 8  # that make up for the start of another process, about 2 s


class SampledWindow(NamedTuple):
    """A window of sound with its targets."""

    samples: Float32  # shape (n_samples,), range −1…1
    targets: Float32  # shape (n_labels,): 0 … 1, NaN where unknown
    path: Path | None  # its recording; None: synthetic
    clean: Float32 | None = None  # the same before it was recorded by a device; None: the samples are


class RecordingPool:
    """Recordings, each of which is chosen as often as it has sections.

    Parameters
    ----------
    paths : sequence of Path

    Raises
    ------
    UserError
        If one is no sound file.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self._ends = np.cumsum([n_sections(path) for path in paths])

    def __len__(self) -> int:
        return len(self.paths)

    def choose(self, rng: Rng) -> Path:
        """Return one of them."""
        return self.paths[int(np.searchsorted(self._ends, rng.integers(self._ends[-1]), "right"))]


class WindowSampler:
    """Sample windows of labelled recordings that may be mixed with each other.

    Only paths are kept: sections of files are decoded when they are used, by a cache of the process's own.

    Parameters
    ----------
    recordings : mapping of label → sequence of Path
        Those of ``background`` are used alone and underneath the others.
    labels : sequence of str
        Of the targets, in their order; ``background`` is among them.
    n_samples, sample_rate : int
        Of a window.
    others : sequence of Path
        Further sounds to mix underneath.

    Raises
    ------
    UserError
        If a recording is no sound file.
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
        self.background = RecordingPool([*recordings.get(BACKGROUND, ()), *others])
        self.pools = {
            label: RecordingPool(paths) for label, paths in recordings.items() if paths and label != BACKGROUND
        }
        self._cache = SectionCache(sample_rate)

    def sample_labelled(self, rng: Rng) -> SampledWindow:
        """Sample a window of one label, often with another sound underneath; every label is equally frequent."""
        names = list(self.pools)
        label = names[rng.integers(len(names))]
        sound, path = self.cut(self.pools[label], rng)
        targets = self.targets({label: 1.0})
        choice = rng.random()
        if choice < 0.35:  # any other sound, clearly below
            sound = augment.mix(sound, self._other_sound(rng), rng.uniform(3.0, 30.0))
        elif choice < 0.55:  # a second label: both are present
            second = names[rng.integers(len(names))]
            if second != label:
                ratio_db = rng.uniform(-6.0, 12.0)
                sound = augment.mix(sound, self.cut(self.pools[second], rng)[0], ratio_db)
                present = {
                    label: float(np.interp(ratio_db, [-6.0, 0.0], [0.6, 1.0])),
                    second: float(np.interp(ratio_db, [0.0, 12.0], [1.0, 0.3])),
                }
                targets = self.targets(present)
        elif choice < 0.70:
            noise = augment.coloured_noise(self.n_samples, rng.uniform(0.0, 6.0), rng)
            sound = augment.mix(sound, noise, rng.uniform(6.0, 40.0))
        return self.recorded(sound, targets, path, rng)

    def sample_background(self, rng: Rng) -> SampledWindow:
        """Sample a window without any label: near-silence, a pause, a background recording, or a synthetic sound.

        A synthetic sound may happen to be like one of the labels; the many windows of that label outweigh it.
        """
        choice = rng.random()
        if choice < 0.2:
            return self.sample_near_silence(rng)
        if choice < 0.4 and (pause := self.sample_pause(rng)):
            return pause
        targets = self.targets({BACKGROUND: 1.0})
        if choice < 0.8 and len(self.background):
            sound, path = self.cut(self.background, rng)
            return self.recorded(sound, targets, path, rng)
        return self.recorded(self.synthetic_sound(rng), targets, None, rng)

    def sample_near_silence(self, rng: Rng) -> SampledWindow:
        """Sample a window of faint noise, at −120 … −66 dBFS, as of a quiet room or a muted microphone."""
        noise = augment.coloured_noise(self.n_samples, rng.uniform(-3.0, 9.0), rng)
        level = np.float32(10.0 ** (rng.uniform(-120.0, -66.0) / 20.0))
        return SampledWindow(noise * level, self.targets({BACKGROUND: 1.0}), None)

    def sample_pause(self, rng: Rng) -> SampledWindow | None:
        """Sample a part of a label's recording that is 45 dB below the rest; None where none was found."""
        names = list(self.pools)
        for _ in range(N_TRIES if names else 0):
            section, path = self.section(self.pools[names[rng.integers(len(names))]], rng)
            samples = section.samples
            if samples.size < self.n_samples:
                continue
            start = int(rng.integers(samples.size - self.n_samples + 1))
            sound = samples[start : start + self.n_samples]
            if augment.loudness(sound) <= 10 ** (PAUSE_DB / 20) * augment.loudness(samples):
                gain = np.float32(10 ** (rng.uniform(-20.0, 0.0) / 20))
                return SampledWindow(sound * gain, self.targets({BACKGROUND: 1.0}), path)
        return None

    def synthetic_sound(self, rng: Rng) -> Float32:
        """Return a synthetic sound, or steady noise, through a random microphone."""
        if rng.random() < 0.3:
            sound = augment.coloured_noise(self.n_samples, rng.uniform(-3.0, 9.0), rng)
        else:
            sound = synthesis.random_sound(self.n_samples, self.sample_rate, rng)
        return augment.transmit(sound, self.sample_rate, rng)

    def cut(self, pool: RecordingPool, rng: Rng) -> tuple[Float32, Path]:
        """Return a window of one of the recordings, a little faster or slower, most often by another microphone."""
        section, path = self.section(pool, rng)
        factor = float(np.exp(rng.normal(0.0, 0.06)))
        sound = augment.cut(section.samples, section.active, int(self.n_samples * factor) + 2, rng)
        sound = augment.change_speed(sound, factor, self.n_samples)
        return augment.transmit(sound, self.sample_rate, rng) if rng.random() < 0.8 else sound, path

    def section(self, pool: RecordingPool, rng: Rng) -> tuple[Section, Path]:
        """Return one of the recordings, or of a long one a section that is no pause."""
        path = pool.choose(rng)
        sections = loud_sections(path)
        return self._cache.get(path, sections[rng.integers(len(sections))]), path

    def recorded(self, sound: Float32, targets: Float32, path: Path | None, rng: Rng) -> SampledWindow:
        """Return a sound as a device may record it, see :func:`streamer.training.sound.augment.record`."""
        return SampledWindow(augment.record(sound, self.sample_rate, rng), targets, path, sound)

    def targets(self, present: Mapping[str, float]) -> Float32:
        """Return the targets of a window in which these labels are present, and no others."""
        return np.asarray([present.get(label, 0.0) for label in self.labels], np.float32)

    def _other_sound(self, rng: Rng) -> Float32:
        return self.cut(self.background, rng)[0] if len(self.background) else self.synthetic_sound(rng)


SampleWindow = Callable[[Any, Rng], SampledWindow]  # takes a sampler, most often as its method
FrontEndFunction = Callable[[SampledWindow], Float32]  # → (n_frames, n_mels)

_sampler: Any = None  # of this process: sent to it once, not with every job


@dataclass(frozen=True, slots=True, eq=False)
class SampleBlock:
    """Some sampled windows; all parts have the same first axis."""

    features: tuple[NDArray[np.float16], ...]  # from each front end, shape (n, n_frames, n_mels)
    targets: Float32  # shape (n, n_labels), NaN where unknown
    paths: tuple[Path | None, ...]  # the recordings of the windows; None: synthetic


def sample_blocks(
    sampler: Any,
    sample: SampleWindow,
    front_ends: Sequence[FrontEndFunction],
    n_windows: int,
    seed: int,
    n_processes: int | None = None,
) -> Iterator[SampleBlock]:
    """Yield sampled windows in blocks, the same for any number of processes.

    Parameters
    ----------
    sampler : WindowSampler
        Sent to every process once.
    sample : function of (sampler, generator)
        Of a module's or class's top level, as ``WindowSampler.sample_labelled``.
    front_ends : sequence of functions of the sampled window
    n_windows : int
    seed : int
        With its number it decides what is in a block.
    n_processes : int, optional
        None: as many as pay.
    """
    jobs = [(seed, i, min(BLOCK, n_windows - start)) for i, start in enumerate(range(0, n_windows, BLOCK))]
    work = partial(_sample_block, sample=sample, front_ends=tuple(front_ends))
    n_processes = n_processes or n_processes_for(len(jobs), BLOCKS_WORTH)
    yield from mapped(work, jobs, n_processes, prepare=partial(_set_sampler, sampler))


def _set_sampler(sampler: Any) -> None:
    global _sampler
    _sampler = sampler


def _sample_block(
    job: tuple[int, int, int], sample: SampleWindow, front_ends: tuple[FrontEndFunction, ...]
) -> SampleBlock:
    seed, number, n_windows = job
    rng = np.random.default_rng([seed, number])
    windows = [sample(_sampler, rng) for _ in range(n_windows)]
    features = (np.stack([front_end(one) for one in windows]).astype(np.float16) for front_end in front_ends)
    return SampleBlock(tuple(features), np.stack([one.targets for one in windows]), tuple(one.path for one in windows))
