from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.dataset.examples import Dataset, Example
from streamer.errors import UserError
from streamer.training.folds import MANY_GROUPS, divide


def _dataset(n_groups: int, n_each: int = 2, labels: tuple[str, ...] = ("bell", "door")) -> Dataset:
    names = [(label, group, i) for label in labels for group in range(n_groups) for i in range(n_each)]
    examples = [Example(Path(label, f"{group}-{i}.wav"), label, f"g{group}") for label, group, i in names]
    return Dataset(Path("data"), "sound", ()).with_examples(examples)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 3), st.integers(0, 100), st.sampled_from([None, 2, 3]))
def test_every_example_has_one_place_and_groups_stay_whole(
    n_groups: int, n_each: int, seed: int, n_folds: int | None
) -> None:
    dataset = _dataset(n_groups, n_each)
    if n_folds is not None and n_folds > n_groups:
        return
    division = divide(dataset, (), n_folds, seed)
    sides = [*division.parts, *([division.test] if division.test else [])]
    assert sorted(e.path for side in sides for e in side) == sorted(e.path for e in dataset)
    assert sum(len(side.groups) for side in sides) == n_groups
    assert all(side.labels == dataset.labels for side in sides)
    assert all(one.held_out not in one.training for one in division.rounds)


def test_few_groups_are_cross_validated_and_many_held_out() -> None:
    few, many = divide(_dataset(5), (), None, 0), divide(_dataset(2 * MANY_GROUPS), (), None, 0)
    assert few.is_crossed
    assert few.test is None
    assert len(few.rounds) == 5
    assert sorted(one.held_out for one in few.rounds) == [0, 1, 2, 3, 4]
    assert "cross-validation in 5 parts" in few.text
    assert not many.is_crossed
    assert many.test is not None
    assert "held out for testing only" in many.text
    assert "held out for validation" in many.validation_text


def test_named_groups_are_the_test_and_no_part_of_training() -> None:
    division = divide(_dataset(4), ("g2",), None, 0)
    assert division.test is not None
    assert division.test.groups == ("g2",)
    assert {group for part in division.parts for group in part.groups} == {"g0", "g1", "g3"}
    assert len(division.rounds) == 3


def test_a_division_that_was_not_run_to_its_end_says_so() -> None:
    division = divide(_dataset(4), (), None, 0)
    reduced = division.reduced(division.rounds[:1])
    assert not reduced.is_crossed
    assert reduced.text == "measured on 4 examples held out, by which training was also stopped and calibrated"


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(UserError, match="must be a group of"):
        divide(_dataset(4), ("g9",), None, 0)
    with pytest.raises(UserError, match="at least 2 groups"):
        divide(_dataset(1), (), None, 0)
    with pytest.raises(UserError, match="at least 3 groups"):
        divide(_dataset(2), (), 3, 0)
    lone = _dataset(3, labels=("bell",))
    both = lone.with_examples([*lone, Example(Path("door/a.wav"), "door", "g7")])
    with pytest.raises(UserError, match="none of 'door' is left"):
        divide(both, ("g7",), None, 0)
