"""The recipe's stages and what they leave on disk: a stage whose result is there is not run again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient import network
from models.recipes.ambient.corpus import CLASSES, LABELS, N_FOLDS, CorpusFile
from models.recipes.ambient.fit import WindowSet, distil, fit_head
from models.recipes.ambient.teacher import FoldedLayer, Teacher, fill_in
from models.recipes.ambient.windows import CorpusSampler, sample_windows
from streamer.training.conversion import to_tflite
from streamer.training.fit import Schedule
from streamer.training.progress import Progress
from streamer.training.sound.network import Adaptor, adaptor_of, build_trunk, load_start, write_start
from streamer.training.sound.task import N_FRAMES

FOLDS = tuple(range(1, N_FOLDS + 1))
# The pools of no fold: found and synthetic sounds freely mixed, short pieces of speech, found sounds alone, alarms,
# the sounds of the demo, and hums and the like made in code.
MIXTURES, WORDS, FOUND, ALARMS, DEMO, MACHINES = 0, *range(N_FOLDS + 1, N_FOLDS + 6)
N_WINDOWS = {
    **dict.fromkeys(FOLDS, 9_000),
    MIXTURES: 22_000,
    FOUND: 12_000,
    WORDS: 2_500,
    ALARMS: 3_000,
    DEMO: 2_000,
    MACHINES: 2_500,
}
SAMPLE = {
    **dict.fromkeys(FOLDS, CorpusSampler.sample_fold),
    MIXTURES: CorpusSampler.sample_mixture,
    WORDS: CorpusSampler.sample_word,
    FOUND: CorpusSampler.sample_found,
    ALARMS: CorpusSampler.sample_alarm,
    DEMO: CorpusSampler.sample_demo,
    MACHINES: CorpusSampler.sample_machine,
}
# Batches, and how they are learnt from: by all layers, by those above the stem, by the head alone.
ALL_LAYERS, IMITATING = 900, Schedule(2, 5e-4, batch=96, warm_up=0.03, average_after=0.7)
PRETRAINING, PRETRAINED = 2500, Schedule(5, 1e-3, batch=96, warm_up=0.03, average_after=0.7)
LABELLING, LABELLED = 6000, Schedule(3, 3e-2, batch=256, warm_up=0.02, average_after=0.6, weight_decay=0.03)
# Of a batch; the folds share the rest.
SHARES = {MIXTURES: 0.22, WORDS: 0.03, FOUND: 0.16, ALARMS: 0.04, DEMO: 0.04, MACHINES: 0.03}
N_PRUNING = 600  # windows by which the network is pruned
N_REPRESENTATIVE = 150  # windows of each pool that set the ranges of int8 tensors
# YAMNet knows windows of 96 frames alone: given longer ones it takes nearly everything for music.
TEACHER_FRAMES, TEACHER_STARTS = 96, (0, 29, 59)
N_GROUPS = 5  # of labels, left out one after the other

WindowSets = dict[int, WindowSet]  # by pool


@dataclass(frozen=True, slots=True)
class Run:
    """One training on labels: the fold and the labels that it never meets."""

    fold: int = 0  # 1 … 4; 0: it meets all
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of its results on disk."""
        return f"run{self.fold}" + (f"-{CLASSES.index(self.labels[0])}" if self.labels else "")


CROSS_VALIDATION = tuple(Run(fold) for fold in FOLDS)
# Each leaves out ten of the fifty labels, and of the other forty one fold.
LEAVE_LABELS_OUT = tuple(Run(FOLDS[group % N_FOLDS], CLASSES[group::N_GROUPS]) for group in range(N_GROUPS))


@dataclass(frozen=True, slots=True)
class RecipeStages:
    """The stages, in order, over one folder."""

    work: Path
    scale: float  # of all numbers of windows and batches: below 1 for a quick trial
    progress: Progress = field(default_factory=Progress)

    def sample(self, labelled: list[CorpusFile], found: list[CorpusFile], n_processes: int) -> None:
        """Sample the windows of every pool."""
        every_fold = [file for file in labelled if file.fold == 0]
        self.work.mkdir(parents=True, exist_ok=True)
        for pool, n_windows in N_WINDOWS.items():
            if self._path(pool, "y").exists():
                continue
            of_fold = [file for file in labelled if file.fold == pool] if pool in FOLDS else []
            sampler = CorpusSampler(of_fold, found + every_fold)
            windows = sample_windows(sampler, SAMPLE[pool], int(n_windows * self.scale), pool, n_processes)
            np.save(self._path(pool, "x"), windows.features)
            np.save(self._path(pool, "t"), windows.teacher_features)
            np.save(self._path(pool, "y"), windows.targets)
            say(f"pool {pool}: {len(windows)} windows")

    def embed(self, teacher: Teacher) -> None:
        """Compute the teacher's embeddings of every window, of three of its own windows within, which are shorter."""
        full = teacher.network()
        for pool in N_WINDOWS:
            if not self._path(pool, "e").exists():
                features = np.load(self._path(pool, "t"), mmap_mode="r")
                parts = [apply(lambda x: full(x)[0], features[:, i : i + TEACHER_FRAMES]) for i in TEACHER_STARTS]
                np.save(self._path(pool, "e"), np.stack(parts, axis=1))

    def first_student(self, teacher: Teacher, begin: Path | None) -> tuple[Any, Any]:
        """Return the trunk that training begins with: the pruned teacher, or that of an earlier recipe; and its map."""
        x, t = (np.load(self._path(MIXTURES, part), mmap_mode="r")[:N_PRUNING] for part in "xt")
        if begin is None:
            trunk = build_trunk(N_FRAMES, self._adaptor())
            return trunk, network.add_imitation(trunk, network.prune_into(trunk, teacher, x, t))
        trunk = load_start(N_FRAMES, begin)
        embedding = np.load(self._path(MIXTURES, "e"), mmap_mode="r")[: 10 * N_PRUNING].mean(axis=1)
        x = np.load(self._path(MIXTURES, "x"), mmap_mode="r")[: 10 * N_PRUNING]
        pooled = apply(network.imitating_part(trunk), x).astype(np.float32)
        return trunk, network.add_imitation(trunk, network.least_squares(pooled, embedding.astype(np.float32)))

    def imitate(self, teacher: Teacher, model: Any) -> None:
        """Train all layers to imitate the teacher on sounds of no fold; sets the model's weights."""
        path = self.work / "imitation.weights.h5"
        if not path.exists():
            sets = {pool: WindowSet(self._read(pool, "x"), self._embedding(pool)) for pool in SHARES}
            self._distil(model, teacher, sets, ALL_LAYERS, IMITATING, "imitation by all layers")
            model.save_weights(path)
        model.load_weights(path)

    def pretrain(self, teacher: Teacher, model: Any) -> None:
        """Train the layers above the stem to imitate the teacher on sounds of no fold; sets the model's weights.

        The result knows no label, and no labelled recording: it is what other sound models begin with, and they may
        be tested on any of these.
        """
        path = self.work / "pretrained.weights.h5"
        if not path.exists():
            stem, upper = network.split(model)
            activations = {pool: apply(stem, self._read(pool, "x")) for pool in SHARES}
            sets = {pool: WindowSet(one, self._embedding(pool)) for pool, one in activations.items()}
            self._distil(upper, teacher, sets, PRETRAINING, PRETRAINED, "imitation above the stem")
            model.save_weights(path)
        model.load_weights(path)

    def label_sets(self, teacher: Teacher, trunk: Any) -> WindowSets:
        """Return each pool's windows as the trunk's embeddings, with their labels."""
        sets = {}
        for pool in SAMPLE:
            path = self._path(pool, "pooled")
            if not path.exists():
                np.save(path, apply(trunk, self._read(pool, "x")))
            sets[pool] = WindowSet(np.load(path), self._filled(teacher, pool))
        return sets

    def fit_head(self, sets: WindowSets, run: Run) -> FoldedLayer:
        """Return the head trained on labels, but for those and the fold that a run leaves out."""
        path = self.work / f"{run.name}.npz"
        if not path.exists():
            used = {pool: _without(one, pool, run) for pool, one in sets.items() if pool != run.fold or not pool}
            with self.progress.stage(f"labels, {run.name}") as report:
                head = fit_head(
                    self._shared(used), LABELLED, n_batches=self._scaled(LABELLING), seed=run.fold, report=report
                )
            np.savez(path, kernel=head.kernel, bias=head.bias)
        with np.load(path) as stored:
            return FoldedLayer(stored["kernel"], stored["bias"])

    def write_start(self, trunk: Any, world: Mapping[str, NDArray[Any]], output: Path) -> None:
        """Write what every other sound model begins with: a trunk before any label, and the world beside it."""
        write_start(output, trunk, adaptor_of(trunk), world)

    def convert(self, trunk: Any, head: FoldedLayer) -> bytes:
        """Return a model as it is shipped: int8 inside, its ranges set by windows of every pool; it gives logits.

        Scores in steps of 1/256, as int8 has them, would make the highest thresholds one and the same.
        """
        parts = [np.load(self._path(pool, "x"), mmap_mode="r")[:N_REPRESENTATIVE] for pool in SAMPLE]
        return to_tflite(network.add_head(trunk, head), np.concatenate(parts), "int8", "none")

    def _distil(
        self, model: Any, teacher: Teacher, sets: WindowSets, n_batches: int, schedule: Schedule, text: str
    ) -> None:
        with self.progress.stage(text) as report:
            distil(model, teacher, self._shared(sets), schedule, n_batches=self._scaled(n_batches), report=report)

    def _shared(self, sets: WindowSets) -> list[tuple[WindowSet, float]]:
        """Return sets with their shares of a batch."""
        folds = [pool for pool in sets if pool in FOLDS]
        mine = sum(SHARES.values())
        share_of = {pool: (1.0 - mine) / len(folds) for pool in folds}
        share_of |= {pool: share / (1.0 if folds else mine) for pool, share in SHARES.items()}
        return [(one, share_of[pool]) for pool, one in sets.items()]

    def _scaled(self, n_batches: int) -> int:
        return max(2, int(n_batches * self.scale))

    def _embedding(self, pool: int) -> NDArray[np.float16]:
        """Return the teacher's embedding of every window: the mean of those of its own windows within."""
        parts = np.array_split(self._read(pool, "e"), 16)
        return np.concatenate([part.mean(axis=1, dtype=np.float32).astype(np.float16) for part in parts])

    def _filled(self, teacher: Teacher, pool: int) -> NDArray[np.float16]:
        """Return the labels of every window, filled in where the teacher is sure."""
        filled = []
        embeddings, targets = (np.array_split(self._read(pool, part), 16) for part in "ey")
        for e, y in zip(embeddings, targets, strict=True):
            highest = teacher.scores(e.astype(np.float32)).max(axis=1)
            filled.append(fill_in(y.astype(np.float32), highest, teacher).astype(np.float16))
        return np.concatenate(filled)

    def _adaptor(self) -> Adaptor:
        x, t = (np.load(self._path(MIXTURES, part), mmap_mode="r")[:N_PRUNING] for part in "xt")
        return network.fit_adaptor(x, t)

    def _path(self, pool: int, part: str) -> Path:
        """Path of one array of a pool: features x, teacher's features t, its embedding e, targets y, pooled."""
        return self.work / f"{part}{pool}.npy"

    def _read(self, pool: int, part: str) -> NDArray[Any]:
        found: NDArray[Any] = np.load(self._path(pool, part), mmap_mode="r")
        return found


def _without(one: WindowSet, pool: int, run: Run) -> WindowSet:
    """Return a fold's windows that hold none of the labels that a run leaves out."""
    if pool not in FOLDS or not run.labels:
        return one
    out = [LABELS.index(label) for label in run.labels]
    rows = np.flatnonzero(~(one.targets[:, out] > 0).any(axis=1))
    return WindowSet(one.features[rows], one.targets[rows])


def apply(network_: Any, inputs: NDArray[np.float16], batch: int = 128) -> NDArray[np.float16]:
    """Return a network's output for all rows."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *inputs.shape[1:]), tf.float32)]
    function = tf.function(lambda x: network_(x), input_signature=signature, autograph=False)
    parts = [inputs[i : i + batch].astype(np.float32) for i in range(0, len(inputs), batch)]
    return np.concatenate([function(part).numpy().astype(np.float16) for part in parts])


def say(text: str) -> None:
    """Write a line to standard error."""
    print(text, file=sys.stderr, flush=True)
