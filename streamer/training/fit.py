"""The one training loop: epochs of batches, validation after each, the best averaged weights in the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from streamer.arrays import Float32, Rng
from streamer.errors import StreamerError
from streamer.training.calibration import Activation, cross_entropy
from streamer.training.step import Loss, Schedule, TrainingStep, smoothed_cross_entropy
from streamer.training.windows import ShuffledBatches, TrainingWindows

__all__ = ["BatchSource", "Fitted", "Schedule", "compiled", "fit", "load_epoch", "outputs"]

Augment = Callable[[Float32, Rng], Float32]


class BatchSource(Protocol):
    """A source of batches other than shuffled windows, as several outputs or fixed shares of several sets need it."""

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        ...

    def epoch(self, rng: Rng) -> Iterator[tuple[Float32, Any]]:
        """Yield features and targets, as the loss takes them, of every batch of one epoch."""
        ...


@dataclass(frozen=True, slots=True)
class Fitted:
    """How training went."""

    losses: tuple[float, ...]  # validation loss before the first epoch and after each, nats per window; NaN without
    best_epoch: int  # the epoch whose weights the model has now; 0: those that it began with
    interrupted: bool = False  # the user stopped it


def fit(
    model: Any,
    training: Sequence[TrainingWindows] | BatchSource,
    validation: Sequence[TrainingWindows],
    schedule: Schedule,
    *,
    activation: Activation = "sigmoid",
    loss: Loss | None = None,
    augment: Augment | None = None,
    seed: int = 0,
    stop_after: int | None = None,
    keep: Path | None = None,
    report: Callable[[float, str], None] = lambda share, text: None,
) -> Fitted:
    """Train a model in place; its weights end as the average that had the lowest validation loss.

    KeyboardInterrupt ends training, not the program: the best weights so far remain.

    Parameters
    ----------
    model : keras.Model
        Features → logits, or any outputs that ``loss`` takes; layers whose ``trainable`` is false stay as they are.
    training : sequence of TrainingWindows, or BatchSource
        Windows are shuffled into batches; a source brings batches of its own, whose size the schedule does not set.
    validation : sequence of TrainingWindows
        Without any, the weights end as the last average.
    schedule : Schedule
    activation : {"sigmoid", "softmax"}
        Decides the loss: a binary cross-entropy for each label whose target is known, or one over all labels.
    loss : callable, optional
        The loss to minimise instead, of the model's outputs (a list where there are several) and the targets; only
        without validation.
    augment : callable, optional
        Changes a batch's features, shape (n, rows, width), anew each time.
    seed : int
        Of the order, the augmentation and dropout.
    stop_after : int, optional
        Epochs after which to stop, although the learning rate falls as if all followed.
    keep : Path, optional
        A folder that gets the averaged weights of every epoch, to be read back by :func:`load_epoch`.
    report : callable
        Called after every batch with the share done, 0…1, and a text.

    Raises
    ------
    StreamerError
        If the loss is not finite: the learning rate was too high, or the features hold NaN.
    """
    import keras

    if loss is not None and validation:
        raise ValueError("validation must be empty where the loss is given")
    keras.utils.set_random_seed(seed)
    batches = ShuffledBatches(training, schedule.batch) if isinstance(training, Sequence) else training
    rng, n_batches = np.random.default_rng(seed), batches.n_batches
    n_epochs = schedule.n_epochs if stop_after is None else min(stop_after, schedule.n_epochs)
    loss = loss or smoothed_cross_entropy(activation, schedule.label_smoothing)
    step, apply = TrainingStep(model, schedule, n_batches, loss), compiled(model)
    losses = [_validation_loss(apply, validation, activation)]
    best: tuple[int, list[Any]] = 0, model.get_weights()
    text, interrupted = f"validation {losses[0]:.3f}" if validation else "", False
    _save_epoch(keep, 0, best[1])
    try:
        for epoch in range(1, n_epochs + 1):
            batch_losses = []
            for i, (features, targets) in enumerate(batches.epoch(rng)):
                batch_losses.append(step(features if augment is None else augment(features, rng), targets))
                report(((epoch - 1) * n_batches + i + 1) / (n_epochs * n_batches), text)
            mean = float(np.mean(batch_losses))
            if not math.isfinite(mean):
                raise StreamerError(
                    f"loss={mean} must be finite; learning was too fast for these windows, or they hold no numbers"
                )
            weights = step.average()
            with _Borrowed(model, weights):
                losses.append(_validation_loss(apply, validation, activation))
            _save_epoch(keep, epoch, weights)
            if not validation or losses[-1] < losses[best[0]]:
                best = epoch, weights
            text = f"epoch {epoch}/{n_epochs}, loss {mean:.3f}"
            text += f", validation {losses[-1]:.3f}, best {losses[best[0]]:.3f}" if validation else ""
            report(epoch / n_epochs, text)
            # While the rate still warms up, the loss may rise: sounds of the background are most of the windows.
            since = max(best[0], schedule.warm_up * schedule.n_epochs)
            if schedule.patience and validation and epoch - since >= schedule.patience:
                break
    except KeyboardInterrupt:
        interrupted = True
        if not validation:  # without validation no earlier epoch is known to be better
            best = len(losses), step.average()
    model.set_weights(best[1])
    return Fitted(tuple(losses), best[0], interrupted)


def load_epoch(model: Any, keep: Path, epoch: int) -> None:
    """Give a model the weights that :func:`fit` kept of an epoch."""
    with np.load(keep / f"{epoch}.npz") as weights:
        model.set_weights([weights[f"arr_{i}"] for i in range(len(weights.files))])


def compiled(model: Any) -> Callable[[Float32], Float32]:
    """Return a function from a batch of features, of any size, to the model's output in use (without dropout)."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    function = tf.function(lambda features: model(features, training=False), input_signature=signature, autograph=False)
    return lambda features: np.asarray(function(features))


def outputs(apply: Callable[[Float32], Float32], windows: TrainingWindows) -> Float32:
    """Return the outputs of a :func:`compiled` model for all windows, of which there is at least one."""
    return np.concatenate([apply(block) for block in windows.blocks()])


class _Borrowed:
    """Give a model other weights for the length of a ``with`` block."""

    def __init__(self, model: Any, weights: list[Any]) -> None:
        self._model, self._weights = model, weights

    def __enter__(self) -> None:
        self._own = self._model.get_weights()
        self._model.set_weights(self._weights)

    def __exit__(self, *reason: object) -> None:
        self._model.set_weights(self._own)


def _validation_loss(
    apply: Callable[[Float32], Float32], validation: Sequence[TrainingWindows], activation: Activation
) -> float:
    """Return the mean cross-entropy of all validation windows, nats; NaN without any."""
    if not validation:
        return math.nan
    parts = [cross_entropy(outputs(apply, windows), windows.targets, activation) for windows in validation]
    return float(np.concatenate(parts).mean())


def _save_epoch(folder: Path | None, epoch: int, weights: list[Any]) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / f"{epoch}.npz", *weights)
