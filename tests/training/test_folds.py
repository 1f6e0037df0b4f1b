from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.dataset.examples import Dataset, Example
from streamer.errors import UserError
from streamer.training.folds import MANY_GROUPS, Split, split_examples
from streamer.training.options import TrainingOptions


def _dataset(n_groups: int, n_each: int = 2, labels: tuple[str, ...] = ("bell", "door")) -> Dataset:
    names = [(label, group, i) for label in labels for group in range(n_groups) for i in range(n_each)]
    examples = [Example(Path(label, f"{group}-{i}.wav"), label, f"g{group}") for label, group, i in names]
    return Dataset(Path("data"), "sound", ()).with_examples(examples)


def _split(dataset: Dataset, test: tuple[str, ...] = (), n_folds: int | None = None, seed: int = 0) -> Split:
    options = TrainingOptions("sound", Path("data"), Path("my.tflite"), test=test, n_folds=n_folds, seed=seed)
    return split_examples(dataset, options)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 3), st.integers(0, 100), st.sampled_from([None, 2, 3]))
def test_every_example_has_one_place_and_groups_stay_whole(
    n_groups: int, n_each: int, seed: int, n_folds: int | None
) -> None:
    dataset = _dataset(n_groups, n_each)
    if n_folds is not None and n_folds > n_groups:
        return
    split = _split(dataset, (), n_folds, seed)
    sides = [*split.parts, *([split.test] if split.test else [])]
    assert sorted(e.path for side in sides for e in side) == sorted(e.path for e in dataset)
    assert sum(len(side.groups) for side in sides) == n_groups
    assert all(side.labels == dataset.labels for side in sides)
    assert all(fold.held_out not in fold.training for fold in split.folds)


def test_few_groups_are_cross_validated_and_many_held_out() -> None:
    few, many = _split(_dataset(5), (), None, 0), _split(_dataset(2 * MANY_GROUPS), (), None, 0)
    assert few.is_crossed
    assert few.test is None
    assert len(few.folds) == 5
    assert sorted(fold.held_out for fold in few.folds) == [0, 1, 2, 3, 4]
    assert "cross-validation in 5 parts" in few.text
    assert not many.is_crossed
    assert many.test is not None
    assert "held out for testing only" in many.text
    assert "held out for validation" in many.validation_text


def test_named_groups_are_the_test_and_no_part_of_training() -> None:
    split = _split(_dataset(4), ("g2",), None, 0)
    assert split.test is not None
    assert split.test.groups == ("g2",)
    assert {group for part in split.parts for group in part.groups} == {"g0", "g1", "g3"}
    assert len(split.folds) == 3


def test_a_reduced_split_says_so() -> None:
    split = _split(_dataset(4), (), None, 0)
    reduced = split.reduced(split.folds[:1])
    assert not reduced.is_crossed
    assert reduced.text == "measured on 4 examples held out, by which training was also stopped and calibrated"


def test_a_dataset_that_cannot_be_split_is_refused() -> None:
    with pytest.raises(UserError, match="must be a group of"):
        _split(_dataset(4), ("g9",), None, 0)
    with pytest.raises(UserError, match="at least 2 groups"):
        _split(_dataset(1), (), None, 0)
    with pytest.raises(UserError, match="at least 3 groups"):
        _split(_dataset(2), (), 3, 0)
    lone = _dataset(3, labels=("bell",))
    both = lone.with_examples([*lone, Example(Path("door/a.wav"), "door", "g7")])
    with pytest.raises(UserError, match="none of 'door' is left"):
        _split(both, ("g7",), None, 0)


@pytest.mark.parametrize("n_groups", [4, 2 * MANY_GROUPS])
def test_what_an_earlier_model_was_trained_on_is_trained_on_again_and_never_measured_on(n_groups: int) -> None:
    known = frozenset({"g0", "g1"})
    options = TrainingOptions("sound", Path("data"), Path("my.tflite"))
    split = split_examples(_dataset(n_groups), options, known)
    measured = [split.parts[fold.held_out] for fold in split.folds] + ([split.test] if split.test else [])
    assert known.isdisjoint(group for part in measured for group in part.groups)
    for fold in split.folds:
        assert known <= {group for part in fold.training for group in split.parts[part].groups}
    assert sorted(e.path for part in (*split.parts, *([split.test] if split.test else [])) for e in part) == sorted(
        e.path for e in _dataset(n_groups)
    )


def test_a_label_without_new_examples_is_validated_on_known_ones() -> None:
    dataset = _dataset(6)
    only_background = dataset.with_examples(e for e in dataset if e.label == "bell" or e.group in ("g0", "g1", "g2"))
    options = TrainingOptions("sound", Path("data"), Path("my.tflite"))
    split = split_examples(only_background, options, frozenset({"g0", "g1", "g2"}))
    assert split.is_crossed
    assert all(part.labels == dataset.labels for part in split.parts)
    assert split.known == {"g0", "g1", "g2"}


def test_nothing_new_or_a_test_that_is_not_new_is_refused() -> None:
    options = TrainingOptions("sound", Path("data"), Path("my.tflite"), test=("g1",))
    with pytest.raises(UserError, match="test=g1 must be new to the model of --from"):
        split_examples(_dataset(4), options, frozenset({"g1"}))
    with pytest.raises(UserError, match="data=data must hold examples new to the model"):
        split_examples(_dataset(2), TrainingOptions("sound", Path("data"), Path("my.tflite")), frozenset({"g0", "g1"}))
