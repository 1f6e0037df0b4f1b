from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.training import trainer
from streamer.training.fit import Fitted, Schedule, fit
from streamer.training.folds import Fold
from streamer.training.options import TrainingOptions
from streamer.training.progress import Progress
from streamer.training.task import TrainingPhase
from streamer.training.tensorflow import load_tensorflow
from streamer.training.trainer import Material, Trainer, changed_layers
from streamer.training.windows import TrainingWindows
from tests.support.tiny_task import TinyTask

pytest.importorskip("tensorflow")
load_tensorflow()

CROSSED = (Fold((1, 2), 0), Fold((0, 2), 1), Fold((0, 1), 2))
HEAD, WHOLE = (
    TrainingPhase("embedding", Schedule(9, 0.01, batch=8)),
    TrainingPhase("", Schedule(9, 0.01, batch=8), min_examples=8),
)


def _windows(n: int, seed: int) -> TrainingWindows:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 16, 8)).astype(np.float16)
    return TrainingWindows(features, np.eye(3, dtype=np.float32)[rng.integers(3, size=n)], np.arange(n, dtype=np.int32))


def _trainer(folder: Path, n_examples: int = 8, n_epochs: int | None = None) -> Trainer:
    material = Material(tuple(_windows(8, i) for i in range(3)), tuple(_windows(4, 10 + i) for i in range(3)))
    task = TinyTask(("high", "low"), phases=(HEAD, WHOLE))
    options = TrainingOptions("sound", Path("data"), Path("my.tflite"), n_epochs=n_epochs)
    return Trainer(task, material, folder, Progress(), options, n_examples=n_examples)


def test_the_epochs_of_a_fold_are_chosen_by_the_others_and_the_final_ones_by_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = iter([2, 4, 8])
    loaded: list[tuple[str, int]] = []
    stopped: list[int | None] = []

    def as_if(
        model: object,
        training: Sequence[TrainingWindows],
        validation: Sequence[TrainingWindows],
        *_: object,
        stop_after: int | None,
        keep: Path,
        **__: object,
    ) -> Fitted:
        if not validation:
            stopped.append(stop_after)
            assert len(training) == 3
            return Fitted((0.0,), 0)
        keep.mkdir()
        return Fitted((0.5,) * 10, next(best))

    monkeypatch.setattr(trainer, "fit", as_if)
    monkeypatch.setattr(trainer, "load_epoch", lambda model, keep, epoch: loaded.append((keep.name, epoch)))
    trained = _trainer(tmp_path, n_examples=7).train(CROSSED)
    assert loaded == [("epochs0-0", 6), ("epochs0-1", 5), ("epochs0-2", 3)]
    assert stopped == [4]
    assert trained.epochs == (4,)
    assert [one for one, _ in trained.folds] == list(CROSSED)


def test_a_single_fold_keeps_its_own_best_and_is_the_model(tmp_path: Path) -> None:
    one = _trainer(tmp_path).train(CROSSED[:1])
    assert one.weights is one.folds[0][1]
    assert len(one.epochs) == 2


def test_folds_are_not_trained_on_what_they_are_measured_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[tuple[list[Float32], list[Float32]]] = []

    def recording_fit(
        model: Any,
        training: Sequence[TrainingWindows],
        validation: Sequence[TrainingWindows],
        *rest: Any,
        **more: Any,
    ) -> Fitted:
        used.append(([w.targets for w in training], [w.targets for w in validation]))
        return fit(model, training, validation, *rest, **more)

    monkeypatch.setattr(trainer, "fit", recording_fit)
    trainer_ = _trainer(tmp_path, n_examples=7, n_epochs=1)
    trainer_.train(CROSSED)
    for (training, validation), fold in zip(used, CROSSED, strict=False):
        for targets, part in zip(training, fold.training, strict=True):
            np.testing.assert_array_equal(targets, trainer_._material.sampled[part].targets)
        np.testing.assert_array_equal(validation[0], trainer_._material.cut[fold.held_out].targets)


def test_folds_begin_with_the_weights_of_the_shipped_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Float32] = []

    def recording_fit(model: Any, *rest: Any, **more: Any) -> Fitted:
        begun.append(model.get_weights()[-1])
        return fit(model, *rest, **more)

    monkeypatch.setattr(trainer, "fit", recording_fit)
    _trainer(tmp_path, n_examples=7, n_epochs=2).train(CROSSED)
    assert len(begun) == 4
    for weights in begun[1:]:
        np.testing.assert_array_equal(weights, begun[0])


@pytest.mark.parametrize(("n_examples", "n_phases"), [(7, 1), (8, 2)])
def test_phases_that_do_not_pay_are_left_out(tmp_path: Path, n_examples: int, n_phases: int) -> None:
    trainer_ = _trainer(tmp_path, n_examples=n_examples, n_epochs=5)
    assert len(trainer_.phases) == n_phases
    assert {phase.schedule.n_epochs for phase in trainer_.phases} == {5}


def test_weights_of_single_epochs_do_not_pile_up(tmp_path: Path) -> None:
    _trainer(tmp_path, n_epochs=2).train(CROSSED)
    assert not list(tmp_path.glob("epochs*"))


def test_the_layers_that_a_phase_changes_have_a_name() -> None:
    assert [changed_layers(after) for after in ("", "embedding", "conv3")] == [
        "the whole network",
        "the head",
        "the layers after conv3",
    ]


def test_windows_beside_the_sampled_ones_are_trained_on_in_their_phase_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[list[int]] = []

    def count(model: object, training: Sequence[TrainingWindows], *_: object, keep: Path, **__: object) -> Fitted:
        keep.mkdir()
        counted.append([len(windows) for windows in training])
        return Fitted((0.0,), 0)

    monkeypatch.setattr(trainer, "fit", count)
    monkeypatch.setattr(trainer, "load_epoch", lambda *_: None)
    one = _trainer(tmp_path)
    width = one.network.get_layer("embedding").output.shape[-1]
    world = TrainingWindows(np.zeros((5, width), np.float16), np.ones((5, 3), np.float32), np.full(5, -1, np.int32))
    one.phases = (TrainingPhase("embedding", HEAD.schedule, beside=world), WHOLE)
    one.train((Fold((1, 2), 0),))
    assert counted == [[8, 8, 5], [8, 8]]


def test_windows_that_may_have_a_label_left_out_are_not_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Float32] = []

    def watched(upper: Any, training: Sequence[TrainingWindows], *arguments: Any, **named: Any) -> Fitted:
        seen.extend(part.targets for part in training)
        return fit(upper, training, *arguments, **named)

    monkeypatch.setattr(trainer, "fit", watched)
    one = _trainer(tmp_path)
    one._material.sampled[1].targets[0] = (1.0, np.nan, 0.0)  # it may have the label: nobody knows
    start = [array.copy() for array in one.network.get_weights()]
    weights = one.train_without([1], CROSSED[0], 2)
    targets = np.concatenate(seen)
    assert 0 < len(targets) < 16
    assert (targets[:, 1] == 0.0).all()
    assert any((before != after).any() for before, after in zip(start, weights, strict=True))
