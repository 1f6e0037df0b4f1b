"""Train the phases of a task, each on all folds of a split, then the model that is kept."""

from __future__ import annotations

import dataclasses
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streamer.training.fit import Fitted, compiled, fit, load_epoch
from streamer.training.folds import Fold
from streamer.training.options import TrainingOptions
from streamer.training.progress import Progress, ReportProgress
from streamer.training.task import TrainingPhase, TrainingTask
from streamer.training.windows import BLOCK, TrainingWindows, WindowWriter

Weights = list[Any]  # of a whole network, in its order


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The windows of each part of a split."""

    sampled: tuple[TrainingWindows, ...]  # to train on; empty where a part is for validation only
    cut: tuple[TrainingWindows, ...]  # as the live pipeline cuts them


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """Weights of the folds and of the model that is kept."""

    folds: tuple[tuple[Fold, Weights], ...]  # those that ended, with the weights of each
    weights: Weights  # to be kept
    epochs: tuple[int, ...]  # of each phase
    interrupted: bool


class Trainer:
    """Train one network several times from the same weights.

    The output of the layers that a phase leaves unchanged is computed once for all folds. A fold's number of epochs is
    the median of those that were best in the *other* folds, so that its held-out part does not choose what is
    measured on it; the model that is kept takes the median of all.

    Parameters
    ----------
    task : TrainingTask
    material : Material
    folder : Path
        For what is computed once, and the weights of each epoch.
    progress : Progress
    options : TrainingOptions
        Its seed, and its number of epochs in place of each phase's own.
    n_examples : int
        Of the smallest label, which decides what phases pay.
    """

    def __init__(
        self,
        task: TrainingTask,
        material: Material,
        folder: Path,
        progress: Progress,
        options: TrainingOptions,
        *,
        n_examples: int,
    ) -> None:
        import keras

        keras.utils.set_random_seed(options.seed)
        self.network = task.network()
        self._start: Weights = self.network.get_weights()
        self._task, self._material, self._folder, self._progress = task, material, folder, progress
        self._seed = options.seed
        self.phases = tuple(
            phase
            if options.n_epochs is None
            else dataclasses.replace(phase, schedule=dataclasses.replace(phase.schedule, n_epochs=options.n_epochs))
            for phase in task.plan.phases
            if n_examples >= phase.min_examples
        )
        self._above_layer: dict[str, tuple[Any, Material]] = {}

    def train(self, folds: Sequence[Fold]) -> Trained:
        """Train on all folds, then the model to keep; after Ctrl-C the best fold so far stands for all.

        Raises
        ------
        KeyboardInterrupt
            If nothing has been learnt so far.
        """
        states = [self._start] * len(folds)
        epochs: list[int] = []
        for i, phase in enumerate(self.phases):
            fits: list[Fitted] = []
            try:
                upper, material = self._above(phase)
                with self._progress.stage(f"training {changed_layers(phase.after)}") as report:
                    for k, fold in enumerate(folds):
                        self.network.set_weights(states[k])
                        sampled = [material.sampled[part] for part in fold.training]
                        cut, kept = [material.cut[fold.held_out]], self._epochs_folder(i, k)
                        fits.append(self._fit(upper, phase, sampled, cut, _of_fold(report, k, len(folds)), kept))
                        if fits[-1].interrupted:
                            raise KeyboardInterrupt
                    report(1.0, _summary(fits))
            except KeyboardInterrupt:
                if i == 0 and not any(fitted.best_epoch for fitted in fits):
                    raise
                return self._best_so_far(folds, states, fits, i, epochs)
            for k in range(len(folds)):
                others = [f.best_epoch for j, f in enumerate(fits) if j != k] or [fits[k].best_epoch]
                self.network.set_weights(states[k])
                load_epoch(upper, self._epochs_folder(i, k), min(_median(others), len(fits[k].losses) - 1))
                states[k] = self.network.get_weights()
            for k in range(len(folds)):  # no longer needed, and large
                shutil.rmtree(self._epochs_folder(i, k))
            epochs.append(_median([f.best_epoch for f in fits]))
        ended = tuple(zip(folds, states, strict=True))
        if len(folds) == 1:
            return Trained(ended, states[0], tuple(epochs), False)
        return self._final(ended, tuple(epochs))

    def train_without(self, labels: Sequence[int], fold: Fold, n_epochs: int) -> Weights:
        """Train the first phase on a fold without the windows that have, or may have, some labels, given by number.

        Raises
        ------
        KeyboardInterrupt
            If the user ends it.
        """
        phase = self.phases[0]
        self.network.set_weights(self._start)
        upper, material = self._above(phase)
        sampled = [_without(material.sampled[part], labels) for part in fold.training]
        fitted = self._fit(upper, phase, sampled, [], lambda *_: None, None, n_epochs)
        if fitted.interrupted:
            raise KeyboardInterrupt
        return list(self.network.get_weights())

    def _final(self, ended: tuple[tuple[Fold, Weights], ...], epochs: tuple[int, ...]) -> Trained:
        """Train on all examples, for as long as was best in the folds."""
        self.network.set_weights(self._start)
        for phase, n_epochs in zip(self.phases, epochs, strict=True):
            upper, material = self._above(phase)
            with self._progress.stage(f"training {changed_layers(phase.after)} on all examples") as report:
                fitted = self._fit(upper, phase, material.sampled, [], report, None, n_epochs)
            if fitted.interrupted:  # a fold that was finished is better than half a training on all examples
                return Trained(ended[:1], ended[0][1], epochs, True)
        return Trained(ended, self.network.get_weights(), epochs, False)

    def _best_so_far(
        self, folds: Sequence[Fold], states: list[Weights], fits: list[Fitted], i: int, epochs: list[int]
    ) -> Trained:
        """Return the fold with the lowest validation loss in phase i, at its best epoch."""
        k = min(range(len(fits)), key=lambda j: fits[j].losses[fits[j].best_epoch], default=0)
        self.network.set_weights(states[k])
        if fits:
            load_epoch(self._above(self.phases[i])[0], self._epochs_folder(i, k), fits[k].best_epoch)
            epochs = [*epochs, fits[k].best_epoch]
        weights = self.network.get_weights()
        return Trained(((folds[k], weights),), weights, tuple(epochs), True)

    def _fit(
        self,
        upper: Any,
        phase: TrainingPhase,
        sampled: Sequence[TrainingWindows],
        cut: Sequence[TrainingWindows],
        report: ReportProgress,
        keep: Path | None,
        stop_after: int | None = None,
    ) -> Fitted:
        return fit(
            upper,
            [*sampled, phase.beside] if phase.beside else sampled,
            cut,
            phase.schedule,
            activation=self._task.plan.activation,
            augment=None if phase.after else self._task.augment,
            seed=self._seed,
            stop_after=stop_after,
            keep=keep,
            report=report,
        )

    def _above(self, phase: TrainingPhase) -> tuple[Any, Material]:
        """Return the part of the network that a phase changes, and the material as input of that part."""
        import keras

        if not phase.after:
            return self.network, self._material
        if phase.after not in self._above_layer:
            edge = self.network.get_layer(phase.after).output
            trunk, upper = keras.Model(self.network.input, edge), keras.Model(edge, self.network.output)
            folder, parts = self._folder / phase.after, range(len(self._material.cut))
            with self._progress.stage(f"computing everything up to {phase.after}, once") as report:
                sampled = []
                for i, windows in enumerate(self._material.sampled):
                    sampled.append(self._activations(trunk, windows, folder / f"sampled{i}", phase.n_views))
                    report((i + 1) / (len(parts) + 1))
                cut = [self._activations(trunk, self._material.cut[i], folder / f"cut{i}", 0) for i in parts]
            self._above_layer[phase.after] = upper, Material(tuple(sampled), tuple(cut))
        return self._above_layer[phase.after]

    def _activations(self, trunk: Any, windows: TrainingWindows, folder: Path, n_views: int) -> TrainingWindows:
        """Compute the trunk's output for every window: of ``n_views`` augmented views, or (0) of the window itself."""
        rng, apply = np.random.default_rng(self._seed), compiled(trunk)
        writer = WindowWriter(folder, trunk.output_shape[1:], windows.targets.shape[1])
        for _ in range(max(1, n_views)):
            for start, block in zip(range(0, len(windows), BLOCK), windows.blocks(), strict=True):
                rows = slice(start, start + len(block))
                activations = apply(self._task.augment(block, rng) if n_views else block)
                writer.append(activations, windows.targets[rows], windows.examples[rows])
        return writer.finish()

    def _epochs_folder(self, phase: int, k: int) -> Path:
        return self._folder / f"epochs{phase}-{k}"


def changed_layers(after: str) -> str:
    """Name what a phase changes that leaves everything up to the layer ``after`` as it is."""
    return {"": "the whole network", "embedding": "the head"}.get(after, f"the layers after {after}")


def _without(windows: TrainingWindows, labels: Sequence[int]) -> TrainingWindows:
    """Return the windows that certainly have none of some labels, given by number."""
    rows = np.flatnonzero((windows.targets[:, list(labels)] == 0.0).all(axis=1))
    return TrainingWindows(windows.features[rows], windows.targets[rows], windows.examples[rows])


def _summary(fits: Sequence[Fitted]) -> str:
    """Describe how the folds of a phase went, for people."""
    best = [fitted.best_epoch for fitted in fits]
    loss = statistics.fmean(fitted.losses[fitted.best_epoch] for fitted in fits)
    epochs = f"{best[0]}" if min(best) == max(best) else f"{min(best)} to {max(best)}"
    return f"{'' if len(fits) == 1 else f'{len(fits)} folds, '}best after {epochs} epochs, validation loss {loss:.3f}"


def _of_fold(report: ReportProgress, k: int, n: int) -> ReportProgress:
    """Return a report for fold k of n, whose shares are those of all folds together."""
    if n == 1:
        return report
    return lambda share, text="": report((k + share) / n, f"fold {k + 1} of {n}{text and f', {text}'}")


def _median(epochs: Sequence[int]) -> int:
    return round(statistics.median(epochs))
