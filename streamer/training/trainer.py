"""A course's stages, each for all rounds of a division, then for the model that is kept."""

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
from streamer.training.folds import Round
from streamer.training.progress import Progress, Report
from streamer.training.task import Stage, TrainingTask
from streamer.training.windows import BLOCK, Windows, WindowWriter

Weights = list[Any]  # of a whole network, in its order


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The windows of each part of a division."""

    drawn: tuple[Windows, ...]  # to learn from; empty where a part is for validation only
    cut: tuple[Windows, ...]  # as they come live


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What training came to."""

    rounds: tuple[tuple[Round, Weights], ...]  # those that ended, with the weights of each
    weights: Weights  # to be kept
    epochs: tuple[int, ...]  # of each stage
    interrupted: bool


class Trainer:
    """Trains one network again and again from the same beginning.

    What a stage leaves unchanged is computed once for all rounds. A round's number of epochs is the median of those
    that were best in the *other* rounds, so that its held-out part does not choose what is measured on it; the model
    that is kept takes the median of all.

    Parameters
    ----------
    course : TrainingTask
    material : Material
    folder : Path
        For what is computed once, and the weights of each epoch.
    n_examples : int
        Of the smallest label, which decides what stages pay.
    n_epochs : int, optional
        Instead of each stage's own.
    """

    def __init__(
        self,
        course: TrainingTask,
        material: Material,
        folder: Path,
        progress: Progress,
        *,
        n_examples: int,
        n_epochs: int | None = None,
        seed: int = 0,
    ) -> None:
        import keras

        keras.utils.set_random_seed(seed)
        self.network = course.network()
        self._start: Weights = self.network.get_weights()
        self._course, self._material, self._folder, self._progress = course, material, folder, progress
        self._seed = seed
        self.stages = tuple(
            stage
            if n_epochs is None
            else dataclasses.replace(stage, schedule=dataclasses.replace(stage.schedule, n_epochs=n_epochs))
            for stage in course.plan.stages
            if n_examples >= stage.min_examples
        )
        self._seen: dict[str, tuple[Any, Material]] = {}

    def train(self, rounds: Sequence[Round]) -> Trained:
        """Train all rounds, then the model to keep; after Ctrl-C the best round so far stands for all.

        Raises
        ------
        KeyboardInterrupt
            If nothing has been learnt so far.
        """
        states = [self._start] * len(rounds)
        epochs: list[int] = []
        for i, stage in enumerate(self.stages):
            fits: list[Fitted] = []
            try:
                upper, material = self._above(stage)
                with self._progress.stage(f"training {changed(stage.after)}") as report:
                    for k, one in enumerate(rounds):
                        self.network.set_weights(states[k])
                        drawn = [material.drawn[part] for part in one.training]
                        cut, kept = [material.cut[one.held_out]], self._kept(i, k)
                        fits.append(self._fit(upper, stage, drawn, cut, _of_many(report, k, len(rounds)), kept))
                        if fits[-1].interrupted:
                            raise KeyboardInterrupt
                    report(1.0, _told(fits))
            except KeyboardInterrupt:
                if i == 0 and not any(fitted.best_epoch for fitted in fits):
                    raise
                return self._best_so_far(rounds, states, fits, i, epochs)
            for k in range(len(rounds)):
                others = [f.best_epoch for j, f in enumerate(fits) if j != k] or [fits[k].best_epoch]
                self.network.set_weights(states[k])
                load_epoch(upper, self._kept(i, k), min(_median(others), len(fits[k].losses) - 1))
                states[k] = self.network.get_weights()
            for k in range(len(rounds)):  # no longer needed, and large
                shutil.rmtree(self._kept(i, k))
            epochs.append(_median([f.best_epoch for f in fits]))
        ended = tuple(zip(rounds, states, strict=True))
        if len(rounds) == 1:
            return Trained(ended, states[0], tuple(epochs), False)
        return self._final(ended, tuple(epochs))

    def _final(self, ended: tuple[tuple[Round, Weights], ...], epochs: tuple[int, ...]) -> Trained:
        """Train on everything for as long as was best in the rounds."""
        self.network.set_weights(self._start)
        for stage, n_epochs in zip(self.stages, epochs, strict=True):
            upper, material = self._above(stage)
            with self._progress.stage(f"training {changed(stage.after)} on all examples") as report:
                fitted = self._fit(upper, stage, material.drawn, [], report, None, n_epochs)
            if fitted.interrupted:  # a round that was finished is better than half a training on everything
                return Trained(ended[:1], ended[0][1], epochs, True)
        return Trained(ended, self.network.get_weights(), epochs, False)

    def _best_so_far(
        self, rounds: Sequence[Round], states: list[Weights], fits: list[Fitted], i: int, epochs: list[int]
    ) -> Trained:
        """Return the round that stands best in stage i, as it was at its best."""
        k = min(range(len(fits)), key=lambda j: fits[j].losses[fits[j].best_epoch], default=0)
        self.network.set_weights(states[k])
        if fits:
            load_epoch(self._above(self.stages[i])[0], self._kept(i, k), fits[k].best_epoch)
            epochs = [*epochs, fits[k].best_epoch]
        weights = self.network.get_weights()
        return Trained(((rounds[k], weights),), weights, tuple(epochs), True)

    def _fit(
        self,
        upper: Any,
        stage: Stage,
        drawn: Sequence[Windows],
        cut: Sequence[Windows],
        report: Report,
        keep: Path | None,
        stop_after: int | None = None,
    ) -> Fitted:
        return fit(
            upper,
            [*drawn, stage.beside] if stage.beside else drawn,
            cut,
            stage.schedule,
            activation=self._course.plan.activation,
            augment=None if stage.after else self._course.augment,
            seed=self._seed,
            stop_after=stop_after,
            keep=keep,
            report=report,
        )

    def _above(self, stage: Stage) -> tuple[Any, Material]:
        """Return the part of the network that a stage changes, and the windows as that part sees them."""
        import keras

        if not stage.after:
            return self.network, self._material
        if stage.after not in self._seen:
            edge = self.network.get_layer(stage.after).output
            trunk, upper = keras.Model(self.network.input, edge), keras.Model(edge, self.network.output)
            folder, parts = self._folder / stage.after, range(len(self._material.cut))
            with self._progress.stage(f"computing everything up to {stage.after}, once") as report:
                drawn = []
                for i, windows in enumerate(self._material.drawn):
                    drawn.append(self._activations(trunk, windows, folder / f"drawn{i}", stage.n_views))
                    report((i + 1) / (len(parts) + 1))
                cut = [self._activations(trunk, self._material.cut[i], folder / f"cut{i}", 0) for i in parts]
            self._seen[stage.after] = upper, Material(tuple(drawn), tuple(cut))
        return self._seen[stage.after]

    def _activations(self, trunk: Any, windows: Windows, folder: Path, n_views: int) -> Windows:
        """Compute the trunk's output for every window: of so many augmented views, or of itself for none."""
        rng, apply = np.random.default_rng(self._seed), compiled(trunk)
        writer = WindowWriter(folder, trunk.output_shape[1:], windows.targets.shape[1])
        for _ in range(max(1, n_views)):
            for start, block in zip(range(0, len(windows), BLOCK), windows.blocks(), strict=True):
                rows = slice(start, start + len(block))
                activations = apply(self._course.augment(block, rng) if n_views else block)
                writer.append(activations, windows.targets[rows], windows.clips[rows])
        return writer.finish()

    def _kept(self, stage: int, k: int) -> Path:
        return self._folder / f"epochs{stage}-{k}"


def changed(after: str) -> str:
    """Say what a stage changes that leaves everything up to a layer as it is."""
    return {"": "the whole network", "embedding": "the head"}.get(after, f"the layers after {after}")


def _told(fits: Sequence[Fitted]) -> str:
    """Say how the rounds of a stage went."""
    best = [fitted.best_epoch for fitted in fits]
    loss = statistics.fmean(fitted.losses[fitted.best_epoch] for fitted in fits)
    epochs = f"{best[0]}" if min(best) == max(best) else f"{min(best)} to {max(best)}"
    return f"{'' if len(fits) == 1 else f'{len(fits)} folds, '}best after {epochs} epochs, validation loss {loss:.3f}"


def _of_many(report: Report, k: int, n: int) -> Report:
    """Return a report for one of several rounds."""
    if n == 1:
        return report
    return lambda share, text="": report((k + share) / n, f"fold {k + 1} of {n}{text and f', {text}'}")


def _median(epochs: Sequence[int]) -> int:
    return round(statistics.median(epochs))
