import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.errors import StreamerError
from streamer.training.calibration import Activation
from streamer.training.fit import Schedule, compiled, fit, load_epoch, outputs
from streamer.training.tensorflow import load_tensorflow
from streamer.training.windows import Windows

pytest.importorskip("tensorflow")
load_tensorflow()

SCHEDULE = Schedule(8, 0.05, batch=16, label_smoothing=0.0)


def _windows(n: int, seed: int, noise: float = 0.5, targets: NDArray[Any] | None = None) -> Windows:
    """Windows of three kinds, each with its own row lifted."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(3, size=n)
    features = rng.normal(0.0, noise, (n, 3, 2))
    features[np.arange(n), kinds] += 1.0
    targets = np.eye(3)[kinds] if targets is None else targets
    return Windows(features.astype(np.float16), targets.astype(np.float32), np.arange(n, dtype=np.int32))


def _network(seed: int = 0) -> Any:
    import keras

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((3, 2))
    x = keras.layers.Dense(8, activation="relu", name="hidden")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


def _right(model: Any, windows: Windows) -> float:
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
    training, validation = _windows(40, 1, targets=noise), _windows(40, 2)  # what is learnt is wrong elsewhere
    schedule = dataclasses.replace(SCHEDULE, n_epochs=200, patience=3)
    fitted = fit(model, [training], [validation], schedule, keep=tmp_path)
    assert len(fitted.losses) == 1 + fitted.best_epoch + 3
    again = _network(seed=9)
    load_epoch(again, tmp_path, fitted.best_epoch)
    np.testing.assert_array_equal(outputs(compiled(again), validation), outputs(compiled(model), validation))


def test_it_never_ends_worse_than_it_began() -> None:
    model, validation = _network(), _windows(60, 2)
    fit(model, [_windows(90, 1)], [validation], SCHEDULE)
    before = model.get_weights()
    wrong = np.roll(np.eye(3), 1, axis=0)[_windows(90, 1).targets.argmax(1)]
    fitted = fit(model, [_windows(90, 1, targets=wrong)], [validation], SCHEDULE)
    assert fitted.best_epoch == 0
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_unknown_targets_teach_nothing() -> None:
    model, unseen = _network(), _windows(200, 1)
    windows = _windows(150, 2)
    windows.targets[::2] = np.nan
    windows.targets[1::2, 2] = np.nan  # of the third label nothing is known at all
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
    seen: list[int] = []

    def augment(features: Float32, rng: np.random.Generator) -> Float32:
        seen.append(len(features))
        return features + rng.normal(size=features.shape).astype(np.float32)

    fitted = fit(_network(), [_windows(40, 1)], [], SCHEDULE, augment=augment, stop_after=2)
    assert seen == [16] * 6  # three batches an epoch, the last filled up
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


def test_learning_that_runs_away_is_told() -> None:
    with pytest.raises(StreamerError, match="must be finite"):
        fit(_network(), [_windows(32, 1)], [], dataclasses.replace(SCHEDULE, peak_rate=1e38))
