"""Splits keep groups whole and every label on both sides, and are the same for the same seed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.dataset.examples import Dataset
from streamer.dataset.split import folds, hold_out
from streamer.errors import UserError
from tests.support.datasets import synthetic_dataset

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def datasets(draw: st.DrawFn, n_groups: int) -> Dataset:
    """Labels of at least ``n_groups`` groups each, of one to five files, and some groups of several labels."""
    examples: list[tuple[str, str]] = []
    for label in draw(st.sampled_from(["ab", "abc", "abcdef"])):
        for group in range(draw(st.integers(n_groups, n_groups + 5))):
            examples += [(label, f"{label}{group}")] * draw(st.integers(1, 5))
    shared = draw(st.integers(0, 2))
    examples += [(label, f"shared {i}") for i in range(shared) for label in "ab"]
    return synthetic_dataset(examples)


@given(datasets(2), st.floats(0.05, 0.8), SEEDS)
@settings(deadline=None)
def test_hold_out_keeps_groups_whole_and_labels_on_both_sides(dataset: Dataset, share: float, seed: int) -> None:
    rest, held = hold_out(dataset, share, seed)
    assert not set(rest.groups) & set(held.groups)
    assert sorted(map(repr, [*rest, *held])) == sorted(map(repr, dataset))
    assert rest.labels == held.labels == dataset.labels
    assert hold_out(dataset, share, seed) == (rest, held)


@given(st.integers(2, 5).flatmap(lambda n: st.tuples(st.just(n), datasets(n))), SEEDS)
@settings(deadline=None)
def test_every_example_is_held_out_once(case: tuple[int, Dataset], seed: int) -> None:
    n_folds, dataset = case
    parts = folds(dataset, n_folds, seed)
    assert len(parts) == n_folds
    assert sorted(repr(e) for _, held in parts for e in held) == sorted(map(repr, dataset))
    for rest, held in parts:
        assert not set(rest.groups) & set(held.groups)
        assert len(rest) + len(held) == len(dataset)
        assert rest.labels == held.labels == dataset.labels
    assert folds(dataset, n_folds, seed) == parts


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_each_label_gives_its_share_if_files_are_their_own_groups(seed: int) -> None:
    n_files = {"a": 100, "b": 40, "c": 5, "d": 2}
    dataset = synthetic_dataset([(label, f"{label}{i}") for label, n in n_files.items() for i in range(n)])
    _, held = hold_out(dataset, 0.2, seed)
    assert Counter(e.label for e in held) == {"a": 20, "b": 8, "c": 1, "d": 1}
    for _, part in folds(dataset, 2, seed):
        counts = Counter(e.label for e in part)
        assert {label: counts[label] for label in "abd"} == {"a": 50, "b": 20, "d": 1}
        assert counts["c"] in (2, 3)


def test_other_seeds_give_other_splits() -> None:
    dataset = synthetic_dataset([(label, f"{label}{i}") for label in "ab" for i in range(50)])
    assert len({hold_out(dataset, 0.2, seed)[1].groups for seed in range(10)}) == 10


def test_sessions_that_hold_all_labels_are_split_between_sessions() -> None:
    dataset = synthetic_dataset([(label, f"session {i}") for label in "abcde" for i in range(4) for _ in range(8)])
    assert sorted(held.groups[0] for _, held in folds(dataset, 4, 0)) == [f"session {i}" for i in range(4)]


def test_shares_are_about_as_even_as_those_of_scikit_learn() -> None:
    """Deviation of each label's held-out share from what is asked, root mean square over folds, labels and draws."""
    model_selection = pytest.importorskip("sklearn.model_selection")
    own, theirs = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        dataset = synthetic_dataset(
            [(label, f"{label}{g}") for label in "abcdef" for g in range(20) for _ in range(rng.integers(1, 8))]
        )
        labels = np.array([e.label for e in dataset])
        groups = np.array([e.group for e in dataset])
        total = Counter(labels.tolist())
        own += [Counter(e.label for e in held)[a] / total[a] for _, held in folds(dataset, 5, seed) for a in total]
        splitter = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for _, held in splitter.split(labels, labels, groups):
            theirs += [Counter(labels[held].tolist())[a] / total[a] for a in total]
    assert np.std(own) < 1.5 * np.std(theirs)


@pytest.mark.parametrize("n_groups", [1, 2])
def test_too_few_groups_are_refused_with_the_number_needed(n_groups: int) -> None:
    few = [("rare", f"r{i}") for i in range(n_groups) for _ in range(9)]
    dataset = synthetic_dataset([*few, *(("common", f"c{i}") for i in range(9))])
    with pytest.raises(UserError, match=rf"label=rare must come from at least 3 groups, .* comes from {n_groups} \(r0"):
        folds(dataset, 3, 0)
    if n_groups == 1:
        with pytest.raises(UserError, match="label=rare must come from at least 2 groups"):
            hold_out(dataset, 0.2, 0)


def test_an_impossible_split_is_refused() -> None:
    dataset = synthetic_dataset([("a", "1"), ("a", "2"), ("b", "2"), ("b", "3"), ("c", "3"), ("c", "1")])
    with pytest.raises(UserError, match=r"must allow a split with every label on both sides; .* \(3 in all\)"):
        hold_out(dataset, 0.4, 0)


def test_one_fold_is_no_split() -> None:
    with pytest.raises(UserError, match="folds=1 must be at least 2"):
        folds(synthetic_dataset([("a", "1"), ("b", "2")]), 1, 0)
