import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng
from streamer.errors import StreamerError
from streamer.training.calibration import Activation
from streamer.training.fit import Schedule, compiled, fit, load_epoch, outputs
from streamer.training.step import smoothed_cross_entropy
from streamer.training.tensorflow import load_tensorflow
from streamer.training.windows import TrainingWindows

pytest.importorskip("tensorflow")
load_tensorflow()

SCHEDULE = Schedule(8, 0.05, batch=16, label_smoothing=0.0)


def _windows(n: int, seed: int, noise: float = 0.5, targets: NDArray[np.float64] | None = None) -> TrainingWindows:
    """Return windows of three kinds, each with 1 added to its own row."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(3, size=n)
    features = rng.normal(0.0, noise, (n, 3, 2))
    features[np.arange(n), kinds] += 1.0
    targets = np.eye(3)[kinds] if targets is None else targets
    return TrainingWindows(features.astype(np.float16), targets.astype(np.float32), np.arange(n, dtype=np.int32))


def _network(seed: int = 0) -> Any:
    import keras

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((3, 2))
    x = keras.layers.Dense(8, activation="relu", name="hidden")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


def _right(model: Any, windows: TrainingWindows) -> float:
    return float((outputs(compiled(model), windows).argmax(1) == windows.targets.argmax(1)).mean())


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_it_learns(activation: Activation) -> None:
    model, unseen = _network(), _windows(200, 1)
    fitted = fit(model, [_windows(90, 2), _windows(60, 3)], [unseen], SCHEDULE, activation=activation)
    assert _right(model, unseen) > 0.85
    assert len(fitted.losses) == 1 + SCHEDULE.n_epochs
    assert fitted.losses[fitted.best_epoch] == min(fitted.losses) < 0.6 * fitted.losses[0]


def test_the_same_seed_gives_the_same_model() -> None:
    models = [_network() for _ in range(2)]
    for model in models:
        fit(model, [_windows(64, 1)], [], dataclasses.replace(SCHEDULE, n_epochs=2), seed=5)
    for a, b in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_stops_when_validation_gets_no_better_and_ends_with_the_best(tmp_path: Path) -> None:
    model, noise = _network(), np.eye(3)[np.random.default_rng(0).integers(3, size=40)]
    training, validation = _windows(40, 1, targets=noise), _windows(40, 2)  # what is learnt is wrong for other windows
    schedule = dataclasses.replace(SCHEDULE, n_epochs=200, patience=3, warm_up=0.0)
    fitted = fit(model, [training], [validation], schedule, keep=tmp_path)
    assert len(fitted.losses) == 1 + fitted.best_epoch + 3
    again = _network(seed=9)
    load_epoch(again, tmp_path, fitted.best_epoch)
    np.testing.assert_array_equal(outputs(compiled(again), validation), outputs(compiled(model), validation))


def test_it_does_not_stop_while_the_rate_warms_up() -> None:
    model, noise = _network(), np.eye(3)[np.random.default_rng(0).integers(3, size=40)]
    schedule = dataclasses.replace(SCHEDULE, n_epochs=100, patience=2, warm_up=0.2)
    fitted = fit(model, [_windows(40, 1, targets=noise)], [_windows(40, 2)], schedule)
    assert len(fitted.losses) == 1 + max(fitted.best_epoch, 20) + 2


def test_it_never_ends_worse_than_it_began() -> None:
    model, validation = _network(), _windows(60, 2)
    fit(model, [_windows(90, 1)], [validation], SCHEDULE)
    before = model.get_weights()
    wrong = np.roll(np.eye(3), 1, axis=0)[_windows(90, 1).targets.argmax(1)]
    fitted = fit(model, [_windows(90, 1, targets=wrong)], [validation], SCHEDULE)
    assert fitted.best_epoch == 0
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_unknown_targets_have_no_effect() -> None:
    model, unseen = _network(), _windows(200, 1)
    windows = _windows(150, 2)
    windows.targets[::2] = np.nan
    windows.targets[1::2, 2] = np.nan  # the third label is always unknown
    before = model.get_layer("logits").get_weights()
    fit(model, [windows], [], dataclasses.replace(SCHEDULE, weight_decay=0.0))
    after = model.get_layer("logits").get_weights()
    np.testing.assert_array_equal(after[0][:, 2], before[0][:, 2])
    among = outputs(compiled(model), unseen)[unseen.targets[:, 2] == 0, :2]
    assert (among.argmax(1) == unseen.targets[unseen.targets[:, 2] == 0].argmax(1)).mean() > 0.85


def test_frozen_layers_stay_as_they_are() -> None:
    model = _network()
    model.get_layer("hidden").trainable = False
    before = model.get_layer("hidden").get_weights()
    fit(model, [_windows(64, 1)], [], SCHEDULE)
    np.testing.assert_array_equal(model.get_layer("hidden").get_weights()[0], before[0])


def test_augmentation_gets_every_batch_and_stopping_early_keeps_the_pace() -> None:
    sizes: list[int] = []

    def augment(features: Float32, rng: Rng) -> Float32:
        sizes.append(len(features))
        return features + rng.normal(size=features.shape).astype(np.float32)

    fitted = fit(_network(), [_windows(40, 1)], [], SCHEDULE, augment=augment, stop_after=2)
    assert sizes == [16] * 6  # three batches an epoch, the last filled up
    assert fitted.best_epoch == 2
    assert np.isnan(fitted.losses).all()


@pytest.mark.parametrize("batches", [1, 14])
def test_an_interruption_keeps_the_best_so_far(batches: int) -> None:
    n_calls = 0

    def stop(share: float, text: str) -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls == batches:
            raise KeyboardInterrupt

    model, validation = _network(), _windows(60, 2)
    fitted = fit(model, [_windows(64, 1)], [validation], SCHEDULE, report=stop)
    assert fitted.interrupted
    whole = _network()
    fit(whole, [_windows(64, 1)], [validation], SCHEDULE, stop_after=fitted.best_epoch)
    assert fitted.best_epoch == min((batches - 1) // 5 + (batches % 5 == 0), len(fitted.losses) - 1)
    np.testing.assert_array_equal(model.get_weights()[0], whole.get_weights()[0])


def test_without_validation_an_interruption_keeps_what_was_learnt() -> None:
    def stop(share: float, text: str) -> None:
        if share > 0.7:
            raise KeyboardInterrupt

    model = _network()
    fitted = fit(model, [_windows(150, 1)], [], SCHEDULE, report=stop)
    assert fitted.interrupted
    assert _right(model, _windows(100, 2)) > 0.8


def test_progress_goes_up_to_one() -> None:
    shares: list[float] = []
    fit(_network(), [_windows(40, 1)], [], SCHEDULE, report=lambda share, text: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_diverging_training_is_reported() -> None:
    with pytest.raises(StreamerError, match="must be finite"):
        fit(_network(), [_windows(32, 1)], [], dataclasses.replace(SCHEDULE, peak_rate=1e38))


class _Pairs:
    """Batches of one window with two targets: its class, and the sum of its features."""

    n_batches = 40

    def epoch(self, rng: Rng) -> Iterator[tuple[Float32, tuple[Float32, Float32]]]:
        for _ in range(self.n_batches):
            windows = _windows(16, int(rng.integers(1 << 30)))
            features = windows.features.astype(np.float32)
            yield features, (windows.targets, features.sum(axis=(1, 2), keepdims=True)[:, 0])


def test_several_outputs_have_a_loss_and_batches_of_their_own() -> None:
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((3, 2))
    x = keras.layers.Dense(16, activation="relu")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, [keras.layers.Dense(3)(x), keras.layers.Dense(1)(x)])

    def loss(outputs: Any, targets: Any) -> Any:
        labels = smoothed_cross_entropy("sigmoid", 0.0)(outputs[0], targets[0])
        return labels + keras.ops.mean(keras.ops.square(outputs[1] - targets[1]))

    schedule = dataclasses.replace(SCHEDULE, n_epochs=3, average_after=0.5)
    fitted = fit(model, _Pairs(), [], schedule, loss=loss)
    assert fitted.best_epoch == 3
    unseen = _windows(200, 1)
    logits, total = (np.asarray(output) for output in model(unseen.features.astype(np.float32)))
    assert (logits.argmax(1) == unseen.targets.argmax(1)).mean() > 0.85
    assert np.corrcoef(total[:, 0], unseen.features.sum(axis=(1, 2), dtype=np.float32))[0, 1] > 0.95
    with pytest.raises(ValueError, match="validation must be empty"):
        fit(model, _Pairs(), [unseen], schedule, loss=loss)


def test_a_plain_average_is_of_every_tenth_step_of_the_last_part() -> None:
    weights: list[Float32] = []

    def remember(share: float, text: str) -> None:
        weights.append(model.get_weights()[0])

    model = _network()
    schedule = dataclasses.replace(SCHEDULE, n_epochs=10, average_after=0.5)
    fit(model, [_windows(64, 1)], [], schedule, report=remember)  # 4 batches an epoch: 40 steps
    steps = [w for i, w in enumerate(weights) if (i + 1) % 5]  # without the report at the end of each epoch
    np.testing.assert_allclose(model.get_weights()[0], np.mean([steps[20], steps[30]], axis=0), rtol=1e-5)
