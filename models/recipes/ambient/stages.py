"""The recipe's stages and what they leave on disk: a stage whose result is there is not run again."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient import network
from models.recipes.ambient.corpus import N_FOLDS, CorpusFile
from models.recipes.ambient.fit import DistillationSet, distil
from models.recipes.ambient.linear_head import fit_linear_head, soften
from models.recipes.ambient.teacher import FoldedLayer, Teacher, fill_in
from models.recipes.ambient.windows import CorpusSampler, sample_windows
from streamer.training.conversion import to_tflite
from streamer.training.progress import Progress
from streamer.training.sound.network import Adaptor, build_trunk, write_start
from streamer.training.sound.task import N_FRAMES

FOLDS = tuple(range(1, N_FOLDS + 1))
# The pools of no fold: found and synthetic sounds freely mixed, short pieces of speech, found sounds alone.
MIXTURES, WORDS, FOUND = 0, N_FOLDS + 1, N_FOLDS + 2
N_WINDOWS = {  # sampled for (round, pool); every such pair is a seed of its own
    **{(1, fold): 10_000 for fold in FOLDS},
    **{(2, fold): 12_000 for fold in FOLDS},
    (1, MIXTURES): 60_000,
    (2, MIXTURES): 25_000,
    (1, WORDS): 6_000,
    (1, FOUND): 20_000,
}
SAMPLE = {
    **dict.fromkeys(FOLDS, CorpusSampler.sample_fold),
    MIXTURES: CorpusSampler.sample_mixture,
    WORDS: CorpusSampler.sample_word,
    FOUND: CorpusSampler.sample_found,
}
PRETRAINING = (6000, 1e-3)  # batches, peak learning rate
ALL_LAYERS = (700, 1.5e-4)  # of the pre-training, all layers together: what other sound models begin with
FINE_TUNING = (2000, 5e-4)
FINISHING = (700, 1.5e-4)  # of all layers together
WORLD = {FOUND: 600, WORDS: 100, MIXTURES: 300}  # windows whose embeddings go with it
LABEL_WEIGHT = 0.5  # of the labels' loss against the imitation's
SHARES = {MIXTURES: 0.26, WORDS: 0.04, FOUND: 0.14}  # of a fine-tuning batch; the folds share the rest
SOFTENED = 0.4  # share of the teacher's own opinion in a fine-tuning target
N_PRUNING = 600  # windows by which the network is pruned
N_REPRESENTATIVE = 150  # windows of each pool that set the ranges of int8 tensors

DistillationSets = dict[int, DistillationSet]  # by pool


@dataclass(frozen=True, slots=True)
class RecipeStages:
    """The stages, in order, over one folder."""

    work: Path
    scale: float  # of all numbers of windows and batches: below 1 for a quick trial
    progress: Progress = field(default_factory=Progress)

    def sample(self, labelled: list[CorpusFile], found: list[CorpusFile], n_processes: int) -> None:
        """Sample the windows of every pool."""
        every_fold = [file for file in labelled if file.fold == 0]
        for (round_, pool), n_windows in N_WINDOWS.items():
            if self._path(round_, pool, "y").exists():
                continue
            of_fold = [file for file in labelled if file.fold == pool] if pool in FOLDS else []
            sampler, seed = CorpusSampler(of_fold, found + every_fold), round_ * 10 + pool
            windows = sample_windows(sampler, SAMPLE[pool], int(n_windows * self.scale), seed, n_processes)
            self._path(round_, pool, "y").parent.mkdir(parents=True, exist_ok=True)
            np.save(self._path(round_, pool, "x"), windows.features)
            np.save(self._path(round_, pool, "t"), windows.teacher_features)
            np.save(self._path(round_, pool, "y"), windows.targets)
            say(f"round {round_}, pool {pool}: {len(windows)} windows")

    def embed(self, teacher: Teacher) -> None:
        """Compute the teacher's embedding of every window."""
        full = teacher.network()
        for round_, pool in N_WINDOWS:
            if not self._path(round_, pool, "e").exists():
                features = np.load(self._path(round_, pool, "t"), mmap_mode="r")
                np.save(self._path(round_, pool, "e"), _apply(lambda x: full(x)[0], features))

    def pruned_student(self, teacher: Teacher) -> Any:
        """Return the student that training begins with: the pruned teacher."""
        x = np.load(self._path(1, MIXTURES, "x"), mmap_mode="r")[:N_PRUNING]
        t = np.load(self._path(1, MIXTURES, "t"), mmap_mode="r")[:N_PRUNING]
        trunk = build_trunk(N_FRAMES, self._adaptor())
        projection: FoldedLayer = network.prune_into(trunk, teacher, x, t)
        return network.add_outputs(trunk, projection)

    def distillation_sets(self, teacher: Teacher, model: Any) -> DistillationSets:
        """Return each pool's windows: activations of the stem, the teacher's embedding, filled-in targets."""
        stem, _ = network.split(model)
        sets = {}
        for pool in SAMPLE:
            path = self.work / f"stem{pool}.npy"
            if not path.exists():
                np.save(path, _apply(stem, self._read("x", pool)))
            embedding, targets = self._read("e", pool), self._read("y", pool)
            filled = [
                fill_in(y.astype(np.float32), teacher.scores(e.astype(np.float32)), teacher).astype(np.float16)
                for e, y in zip(np.array_split(embedding, 16), np.array_split(targets, 16), strict=True)
            ]
            sets[pool] = DistillationSet(np.load(path, mmap_mode="r"), embedding, np.concatenate(filled))
        return sets

    def pretrain(self, teacher: Teacher, model: Any, sets: DistillationSets) -> None:
        """Train the student to imitate the teacher on all sounds of no fold; sets the model's weights."""
        path = self.work / "pretrained.weights.h5"
        if not path.exists():
            shares = [(sets[pool], share / sum(SHARES.values())) for pool, share in SHARES.items()]
            _, upper = network.split(model)
            n_batches, rate = self._scaled(PRETRAINING)
            with self.progress.stage("pre-training") as report:
                distil(
                    upper,
                    teacher,
                    shares,
                    n_batches=n_batches,
                    peak_rate=rate,
                    label_weight=0.0,
                    average_after=0.8,
                    report=report,
                )
            model.save_weights(path)
        model.load_weights(path)

    def write_start(self, teacher: Teacher, model: Any, sets: DistillationSets, output: Path) -> None:
        """Write what every other sound model begins with: the pre-trained student, its stem trained as well.

        It has imitated the teacher on sounds of no fold, and was trained on no label: a model that begins with it may
        be tested on any of the labelled recordings.
        """
        path = self.work / "start.weights.h5"
        if not path.exists():
            total = sum(SHARES.values())
            shares = [(self._of_features(sets[pool], pool), share / total) for pool, share in SHARES.items()]
            n_batches, rate = self._scaled(ALL_LAYERS)
            with self.progress.stage("pre-training all layers") as report:
                distil(
                    model,
                    teacher,
                    shares,
                    n_batches=n_batches,
                    peak_rate=rate,
                    label_weight=0.0,
                    seed=2,
                    report=report,
                )
            model.save_weights(path)
        model.load_weights(path)
        world = np.concatenate([self._read("x", pool)[:n_windows] for pool, n_windows in WORLD.items()])
        write_start(output, model, self._adaptor(), _apply(network.trunk(model), world))

    def fine_tune(self, teacher: Teacher, model: Any, sets: DistillationSets, left_out: int) -> None:
        """Train the labels on all folds but one (0: on all); begins and ends with the model's weights.

        First the layers above the stem, on activations computed once; then all layers together, on the features.
        """
        used = {pool: one for pool, one in sets.items() if pool not in FOLDS or pool != left_out}
        upper_path, path = (self.work / f"{stage}{left_out}.weights.h5" for stage in ("fold", "finished"))
        if not path.exists():
            opinion = fit_linear_head(list(used.values()), seed=left_out)
            if not upper_path.exists():
                _, upper = network.split(model)
                network.set_first_logits(upper, opinion, list(used.values()))
                self._train_labels(upper, teacher, used, opinion, FINE_TUNING, left_out)
                model.save_weights(upper_path)
            model.load_weights(upper_path)
            whole = {pool: self._of_features(one, pool) for pool, one in used.items()}
            self._train_labels(model, teacher, whole, opinion, FINISHING, left_out)
            model.save_weights(path)
        model.load_weights(path)

    def _train_labels(
        self,
        model: Any,
        teacher: Teacher,
        sets: DistillationSets,
        opinion: FoldedLayer,
        plan: tuple[int, float],
        left_out: int,
    ) -> None:
        """Train on labels, those of the folds mixed with the whole teacher's opinion."""
        share_of_fold = (1.0 - sum(SHARES.values())) / (len(sets) - len(SHARES))
        n_batches, rate = self._scaled(plan)
        folds = f"all folds but {left_out}" if left_out else "all folds"
        with self.progress.stage(f"fine-tuning on {folds}") as report:
            distil(
                model,
                teacher,
                [
                    (soften(one, opinion, SOFTENED if pool in FOLDS else 0.0), SHARES.get(pool, share_of_fold))
                    for pool, one in sets.items()
                ],
                n_batches=n_batches,
                peak_rate=rate,
                label_weight=LABEL_WEIGHT,
                seed=left_out,
                report=report,
            )

    def convert(self, model: Any) -> bytes:
        """Return a model as it is shipped: int8 inside, its ranges set by windows of every pool."""
        parts = [np.load(self._path(1, pool, "x"), mmap_mode="r")[:N_REPRESENTATIVE] for pool in SAMPLE]
        return to_tflite(network.classifier(model), np.concatenate(parts), "int8")

    def _scaled(self, plan: tuple[int, float]) -> tuple[int, float]:
        return max(2, int(plan[0] * self.scale)), plan[1]

    def _adaptor(self) -> Adaptor:
        x, t = (np.load(self._path(1, MIXTURES, part), mmap_mode="r")[:N_PRUNING] for part in "xt")
        return network.fit_adaptor(x, t)

    def _of_features(self, one: DistillationSet, pool: int) -> DistillationSet:
        """Return a pool's set for the whole student, which takes features instead of activations of the stem."""
        return dataclasses.replace(one, features=self._read("x", pool))

    def _path(self, round_: int, pool: int, part: str) -> Path:
        """Path of one array of a pool: features x, teacher's features t, its embedding e, or targets y."""
        return self.work / f"pool{round_}" / f"{part}{pool}.npy"

    def _read(self, part: str, pool: int) -> NDArray[np.float16]:
        paths = [self._path(round_, pool, part) for round_, other in N_WINDOWS if other == pool]
        return np.concatenate([np.load(path, mmap_mode="r") for path in paths])


def _apply(network_: Any, inputs: NDArray[np.float16], batch: int = 128) -> NDArray[np.float16]:
    """Return a network's output for all rows."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *inputs.shape[1:]), tf.float32)]
    function = tf.function(lambda x: network_(x), input_signature=signature, autograph=False)
    parts = [inputs[i : i + batch].astype(np.float32) for i in range(0, len(inputs), batch)]
    return np.concatenate([function(part).numpy().astype(np.float16) for part in parts])


def say(text: str) -> None:
    """Write a line to standard error."""
    print(text, file=sys.stderr, flush=True)
