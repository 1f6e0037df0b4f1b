"""The one training loop: AdamW, warm-up and cosine, label smoothing, averaged weights, early stopping."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.errors import StreamerError
from streamer.training.calibration import Activation, cross_entropy
from streamer.training.windows import WindowReader, Windows

Augment = Callable[[Float32, np.random.Generator], Float32]
Report = Callable[[float, str], None]  # takes the share done so far, 0…1, and how it goes


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train."""

    n_epochs: int  # passes over all windows, at most
    peak_rate: float  # of learning: reached by a warm-up, left on a cosine to nearly nothing
    batch: int = 64  # windows
    patience: int = 0  # epochs without a lower validation loss after which training stops; 0: never
    label_smoothing: float = 0.02  # share of a target that is spread evenly
    weight_decay: float = 1e-4
    average_epochs: float = 1.0  # time constant of the moving average that the weights end as
    warm_up: float = 0.05  # share of the whole way


@dataclass(frozen=True, slots=True)
class Fitted:
    """How training went."""

    losses: tuple[float, ...]  # validation loss before the first epoch and after each, nats per window; NaN without
    best_epoch: int  # the epoch whose weights the model has now; 0: those that it began with
    interrupted: bool = False  # the user stopped it


def fit(
    model: Any,
    training: Sequence[Windows],
    validation: Sequence[Windows],
    schedule: Schedule,
    *,
    activation: Activation = "sigmoid",
    augment: Augment | None = None,
    seed: int = 0,
    stop_after: int | None = None,
    keep: Path | None = None,
    report: Report = lambda share, text: None,
) -> Fitted:
    """Train a model in place; its weights end as the moving average that had the lowest validation loss.

    KeyboardInterrupt ends training, not the program: the best weights so far remain.

    Parameters
    ----------
    model : keras.Model
        Features → logits; layers whose ``trainable`` is false stay as they are.
    training, validation : sequence of Windows
        Without validation windows the weights end as the last average.
    activation : {"sigmoid", "softmax"}
        Decides the loss: a binary cross-entropy for each label whose target is known, or one over all labels.
    augment : callable, optional
        Changes a batch's features, shape (n, rows, width), anew each time.
    seed : int
        Of the order, the augmentation and dropout.
    stop_after : int, optional
        Epochs after which to stop, although the learning rate falls as if all followed.
    keep : Path, optional
        A folder that gets the averaged weights of every epoch, to be had back by :func:`load_epoch`.
    report : callable
        Called after every batch.

    Raises
    ------
    StreamerError
        If the loss is not finite: learning was too fast, or the features hold NaN.
    """
    import keras

    keras.utils.set_random_seed(seed)
    reader, rng = WindowReader(training), np.random.default_rng(seed)
    n_steps = math.ceil(len(reader) / schedule.batch)  # of an epoch
    n_epochs = schedule.n_epochs if stop_after is None else min(stop_after, schedule.n_epochs)
    step, apply = _Step(model, schedule, n_steps, activation), compiled(model)
    losses = [_validation_loss(apply, validation, activation)]
    best: tuple[int, list[Any]] = 0, model.get_weights()
    text, interrupted = f"validation {losses[0]:.3f}" if validation else "", False
    _keep(keep, 0, best[1])
    try:
        for epoch in range(1, n_epochs + 1):
            order, batch_losses = rng.permutation(len(reader)), []
            for i in range(n_steps):
                rows = np.resize(order[i * schedule.batch : (i + 1) * schedule.batch], schedule.batch)
                features = reader.features(rows)
                batch_losses.append(
                    step(augment(features, rng) if augment is not None else features, reader.targets[rows])
                )
                report(((epoch - 1) * n_steps + i + 1) / (n_epochs * n_steps), text)
            if not math.isfinite(loss := float(np.mean(batch_losses))):
                raise StreamerError(
                    f"loss={loss} must be finite; learning was too fast for these windows, or they hold no numbers"
                )
            weights = step.average()
            with _Borrowed(model, weights):
                losses.append(_validation_loss(apply, validation, activation))
            _keep(keep, epoch, weights)
            if not validation or losses[-1] < losses[best[0]]:
                best = epoch, weights
            text = f"epoch {epoch}/{n_epochs}, loss {loss:.3f}"
            text += f", validation {losses[-1]:.3f}, best {losses[best[0]]:.3f}" if validation else ""
            report(epoch / n_epochs, text)
            if schedule.patience and validation and epoch - best[0] >= schedule.patience:
                break
    except KeyboardInterrupt:
        interrupted = True
        if not validation:  # nothing says that an earlier epoch was better than the way so far
            best = len(losses), step.average()
    model.set_weights(best[1])
    return Fitted(tuple(losses), best[0], interrupted)


def load_epoch(model: Any, keep: Path, epoch: int) -> None:
    """Give a model the weights that :func:`fit` kept of an epoch."""
    with np.load(keep / f"{epoch}.npz") as weights:
        model.set_weights([weights[f"arr_{i}"] for i in range(len(weights.files))])


def compiled(model: Any) -> Callable[[Float32], Float32]:
    """Return a function from a batch of features to what a model makes of it in use, for batches of any size."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    function = tf.function(lambda features: model(features, training=False), input_signature=signature, autograph=False)
    return lambda features: np.asarray(function(features))


def outputs(apply: Callable[[Float32], Float32], windows: Windows) -> Float32:
    """Return what a :func:`compiled` model makes of all windows, at least one."""
    return np.concatenate([apply(block) for block in windows.blocks()])


class _Step:
    """One batch: gradient, update, moving average."""

    def __init__(self, model: Any, schedule: Schedule, n_steps: int, activation: Activation) -> None:
        import keras
        import tensorflow as tf

        self._schedule, self._n_all = schedule, schedule.n_epochs * n_steps
        self._n_taken = 0
        self._optimizer = optimizer = keras.optimizers.AdamW(
            schedule.peak_rate, weight_decay=schedule.weight_decay, clipnorm=1.0
        )
        optimizer.build(model.trainable_variables)
        self._averages = averages = [tf.Variable(weight) for weight in model.weights]
        self._span = max(1.0, schedule.average_epochs * n_steps)  # batches
        smoothing = schedule.label_smoothing

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def step(features: Any, targets: Any, pace: Any) -> Any:
            with tf.GradientTape() as tape:
                logits = model(features, training=True)
                known = tf.cast(tf.math.is_finite(targets), tf.float32)
                wanted = tf.where(known > 0, targets, 0.0)
                if activation == "softmax":
                    wanted = wanted * (1.0 - smoothing) + smoothing / wanted.shape[-1]
                    whole = tf.reduce_min(known, -1)
                    losses = tf.nn.softmax_cross_entropy_with_logits(wanted, logits) * whole
                else:
                    wanted = wanted * (1.0 - smoothing) + smoothing / 2
                    by_label = tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits)
                    losses = tf.reduce_sum(by_label * known, -1)
                loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            for average, weight in zip(averages, model.weights, strict=True):
                average.assign_add(pace * (weight - average))
            return loss

        self._step = step

    def __call__(self, features: Float32, targets: Float32) -> float:
        """Learn from one batch; return its loss in nats per window."""
        import tensorflow as tf

        done = self._n_taken / max(1, self._n_all)
        warm = min(1.0, (self._n_taken + 1) / (self._schedule.warm_up * self._n_all + 1))
        cosine = 0.02 + 0.49 * (1.0 + math.cos(math.pi * min(1.0, done)))
        self._optimizer.learning_rate.assign(self._schedule.peak_rate * warm * cosine)
        pace = max(1.0 / self._span, 10.0 / (10.0 + self._n_taken))  # early on, a short memory
        self._n_taken += 1
        return float(self._step(features, targets, tf.constant(pace, tf.float32)))

    def average(self) -> list[Any]:
        """Return the averaged weights, in the model's order."""
        return [average.numpy() for average in self._averages]


class _Borrowed:
    """Gives a model other weights for the length of a ``with`` block."""

    def __init__(self, model: Any, weights: list[Any]) -> None:
        self._model, self._weights = model, weights

    def __enter__(self) -> None:
        self._own = self._model.get_weights()
        self._model.set_weights(self._weights)

    def __exit__(self, *reason: object) -> None:
        self._model.set_weights(self._own)


def _validation_loss(
    apply: Callable[[Float32], Float32], validation: Sequence[Windows], activation: Activation
) -> float:
    """Return the mean over all validation windows, nats; NaN without any."""
    if not validation:
        return math.nan
    parts = [cross_entropy(outputs(apply, windows), windows.targets, activation) for windows in validation]
    return float(np.concatenate(parts).mean())


def _keep(folder: Path | None, epoch: int, weights: list[Any]) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / f"{epoch}.npz", *weights)
