"""The recipe's stages and what they leave on disk: a stage whose result is there is not run again."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient import network
from models.recipes.ambient.corpus import N_FOLDS, Recording
from models.recipes.ambient.fit import Lesson, train
from models.recipes.ambient.linear_head import fit_linear_head, soften
from models.recipes.ambient.teacher import Layer, Teacher, fill_in
from models.recipes.ambient.windows import Drawer, draw_windows
from streamer.training.conversion import to_tflite
from streamer.training.sound.network import Adaptor, build_trunk, write_start
from streamer.training.sound.task import N_FRAMES

FOLDS = tuple(range(1, N_FOLDS + 1))
# The pools of no fold: found and made sounds freely mixed, short pieces of speech, found sounds alone.
FOUND, WORDS, PLAIN = 0, N_FOLDS + 1, N_FOLDS + 2
N_WINDOWS = {  # drawn for (round, pool); every such pair is a seed of its own
    **{(1, fold): 10_000 for fold in FOLDS},
    **{(2, fold): 12_000 for fold in FOLDS},
    (1, FOUND): 60_000,
    (2, FOUND): 25_000,
    (1, WORDS): 6_000,
    (1, PLAIN): 20_000,
}
KINDS = {**dict.fromkeys(FOLDS, Drawer.of_fold), FOUND: Drawer.unlabelled, WORDS: Drawer.word, PLAIN: Drawer.plain}
PRETRAINING = (6000, 1e-3)  # batches, peak learning rate
ROUNDING_OFF = (700, 1.5e-4)  # of the pre-training, all layers together: what other sound models begin with
FINE_TUNING = (2000, 5e-4)
FINISHING = (700, 1.5e-4)  # of all layers together
WORLD = {PLAIN: 600, WORDS: 100, FOUND: 300}  # windows whose embeddings go with it
LABEL_WEIGHT = 0.5  # of the labels' loss against the imitation's
SHARES = {FOUND: 0.26, WORDS: 0.04, PLAIN: 0.14}  # of a fine-tuning batch; the folds share the rest
SOFTENED = 0.4  # share of the teacher's own opinion in a fine-tuning target
N_LOOKED_AT = 600  # windows by which the network is pruned


@dataclass(frozen=True, slots=True)
class Workshop:
    """The stages, in order, over one folder."""

    work: Path
    scale: float  # of all numbers of windows and batches: below 1 for a quick trial

    def draw(self, labelled: list[Recording], found: list[Recording], n_processes: int) -> None:
        """Draw every pool."""
        theo = [recording for recording in labelled if recording.fold == 0]
        for (round_, pool), n_windows in N_WINDOWS.items():
            if self._path(round_, pool, "y").exists():
                continue
            of_fold = [r for r in labelled if r.fold == pool] if pool in FOLDS else []
            drawer, seed = Drawer(of_fold, found + theo), round_ * 10 + pool
            drawn = draw_windows(drawer, KINDS[pool], int(n_windows * self.scale), seed, n_processes)
            self._path(round_, pool, "y").parent.mkdir(parents=True, exist_ok=True)
            np.save(self._path(round_, pool, "x"), drawn.features)
            np.save(self._path(round_, pool, "t"), drawn.teacher_features)
            np.save(self._path(round_, pool, "y"), drawn.targets)
            say(f"round {round_}, pool {pool}: {len(drawn)} windows")

    def listen(self, teacher: Teacher) -> None:
        """Let the teacher hear every window."""
        full = teacher.network()
        for round_, pool in N_WINDOWS:
            if not self._path(round_, pool, "e").exists():
                heard = np.load(self._path(round_, pool, "t"), mmap_mode="r")
                np.save(self._path(round_, pool, "e"), _apply(lambda x: full(x)[0], heard))

    def begin(self, teacher: Teacher) -> Any:
        """Return the student with which training begins: the pruned teacher."""
        x = np.load(self._path(1, FOUND, "x"), mmap_mode="r")[:N_LOOKED_AT]
        t = np.load(self._path(1, FOUND, "t"), mmap_mode="r")[:N_LOOKED_AT]
        trunk = build_trunk(N_FRAMES, self._adaptor())
        projection: Layer = network.prune_into(trunk, teacher, x, t)
        return network.add_outputs(trunk, projection)

    def lessons(self, teacher: Teacher, model: Any) -> dict[int, Lesson]:
        """Return each pool's windows: activations of the stem, the teacher's embedding, filled-in targets."""
        stem, _ = network.split(model)
        lessons = {}
        for pool in KINDS:
            path = self.work / f"stem{pool}.npy"
            if not path.exists():
                np.save(path, _apply(stem, self._read("x", pool)))
            embedding, targets = self._read("e", pool), self._read("y", pool)
            filled = [
                fill_in(y.astype(np.float32), teacher.scores(e.astype(np.float32)), teacher).astype(np.float16)
                for e, y in zip(np.array_split(embedding, 16), np.array_split(targets, 16), strict=True)
            ]
            lessons[pool] = Lesson(np.load(path, mmap_mode="r"), embedding, np.concatenate(filled))
        return lessons

    def pretrain(self, teacher: Teacher, model: Any, lessons: dict[int, Lesson]) -> None:
        """Teach the student to imitate the teacher on all sounds of no fold; sets the model's weights."""
        import keras

        path = self.work / "pretrained.weights.h5"
        if not path.exists():
            keras.utils.set_random_seed(1)
            n_steps, rate = PRETRAINING
            train(
                network.split(model)[1],
                teacher,
                [(lessons[pool], share / sum(SHARES.values())) for pool, share in SHARES.items()],
                n_steps=max(2, int(n_steps * self.scale)),
                peak_rate=rate,
                label_weight=0.0,
                average_after=0.8,
                report=say,
            )
            model.save_weights(path)
        model.load_weights(path)

    def write_start(self, teacher: Teacher, model: Any, lessons: dict[int, Lesson], output: Path) -> None:
        """Write what every other sound model begins with: the pre-trained student, its stem trained on as well.

        It has imitated the teacher on sounds of no fold, and no label has been taught: a model that begins with it
        may be tested on any of the labelled recordings.
        """
        import keras

        path = self.work / "start.weights.h5"
        if not path.exists():
            keras.utils.set_random_seed(2)
            n_steps, rate = ROUNDING_OFF
            train(
                model,
                teacher,
                [(self._whole(lessons[pool], pool), share / sum(SHARES.values())) for pool, share in SHARES.items()],
                n_steps=max(2, int(n_steps * self.scale)),
                peak_rate=rate,
                label_weight=0.0,
                seed=2,
                report=say,
            )
            model.save_weights(path)
        model.load_weights(path)
        world = np.concatenate([self._read("x", pool)[:n_windows] for pool, n_windows in WORLD.items()])
        write_start(output, model, self._adaptor(), _apply(network.trunk(model), world))

    def fine_tune(self, teacher: Teacher, model: Any, lessons: dict[int, Lesson], left_out: int) -> None:
        """Teach the labels on all folds but one (0: on all); begins and ends with the model's weights.

        First the layers above the stem, on activations computed once; then all layers together, on the features.
        """
        import keras

        used = {pool: lesson for pool, lesson in lessons.items() if pool not in FOLDS or pool != left_out}
        top_path, path = (self.work / f"{stage}{left_out}.weights.h5" for stage in ("fold", "finished"))
        if not path.exists():
            opinion = fit_linear_head(list(used.values()), seed=left_out)
            if not top_path.exists():
                keras.utils.set_random_seed(left_out + 10)
                _, top = network.split(model)
                network.set_first_logits(top, opinion, list(used.values()))
                self._teach(top, teacher, used, opinion, FINE_TUNING, left_out)
                model.save_weights(top_path)
            model.load_weights(top_path)
            keras.utils.set_random_seed(left_out + 20)
            whole = {pool: self._whole(lesson, pool) for pool, lesson in used.items()}
            self._teach(model, teacher, whole, opinion, FINISHING, left_out)
            model.save_weights(path)
        model.load_weights(path)

    def _teach(
        self,
        model: Any,
        teacher: Teacher,
        lessons: dict[int, Lesson],
        opinion: Layer,
        plan: tuple[int, float],
        seed: int,
    ) -> None:
        """Train with labels, those of the folds mixed with the whole teacher's opinion."""
        of_fold = (1.0 - sum(SHARES.values())) / (len(lessons) - len(SHARES))
        train(
            model,
            teacher,
            [
                (soften(lesson, opinion, SOFTENED if pool in FOLDS else 0.0), SHARES.get(pool, of_fold))
                for pool, lesson in lessons.items()
            ],
            n_steps=max(2, int(plan[0] * self.scale)),
            peak_rate=plan[1],
            label_weight=LABEL_WEIGHT,
            seed=seed,
            report=say,
        )

    def convert(self, model: Any, n_windows: int = 150) -> bytes:
        """Return a model as it is shipped: int8 inside, its ranges set by windows of every pool."""
        parts = [np.load(self._path(1, pool, "x"), mmap_mode="r")[:n_windows] for pool in KINDS]
        return to_tflite(network.classifier(model), np.concatenate(parts), "int8")

    def _adaptor(self) -> Adaptor:
        x, t = (np.load(self._path(1, FOUND, part), mmap_mode="r")[:N_LOOKED_AT] for part in "xt")
        return network.fit_adaptor(x, t)

    def _whole(self, lesson: Lesson, pool: int) -> Lesson:
        """Return a pool's lesson for the whole student, from the features."""
        return dataclasses.replace(lesson, features=self._read("x", pool))

    def _path(self, round_: int, pool: int, part: str) -> Path:
        """Path of one array of a pool: features x, teacher's features t, its embedding e, or targets y."""
        return self.work / f"pool{round_}" / f"{part}{pool}.npy"

    def _read(self, part: str, pool: int) -> NDArray[np.float16]:
        paths = [self._path(round_, pool, part) for round_, drawn in N_WINDOWS if drawn == pool]
        return np.concatenate([np.load(path, mmap_mode="r") for path in paths])


def _apply(network_: Any, inputs: NDArray[np.float16], batch: int = 128) -> NDArray[np.float16]:
    """Return a network's output for all rows."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *inputs.shape[1:]), tf.float32)]
    function = tf.function(lambda x: network_(x), input_signature=signature, autograph=False)
    parts = [inputs[i : i + batch].astype(np.float32) for i in range(0, len(inputs), batch)]
    return np.concatenate([function(part).numpy().astype(np.float16) for part in parts])


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)
