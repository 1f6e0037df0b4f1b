"""Pairs of labels are told apart by tables and by order, origins counting once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.dataset.separation import order_separation, pair_area, table_accuracy, table_separation

TWO = np.repeat([0, 1], 10)
APART = np.array([[False, True], [True, False]])


def test_the_accuracy_of_a_table_of_the_other_parts() -> None:
    classes = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    parts = np.array([0, 1, 2, 3, 0, 1, 2, 3])
    perfect = table_accuracy(classes, classes, parts)
    np.testing.assert_allclose(perfect, [[0.5, 1.0], [1.0, 0.5]])
    useless = table_accuracy(np.zeros(8, np.int64), classes, parts)
    np.testing.assert_allclose(useless, 0.5)
    # three of four files of label 0 differ from all of label 1: (0.75 + 1) / 2
    some = table_accuracy(np.array([0, 0, 0, 1, 1, 1, 1, 1]), classes, parts)
    assert some[0, 1] == some[1, 0] == pytest.approx(0.875)


def test_a_value_of_its_own_tells_a_label_apart() -> None:
    np.testing.assert_array_equal(table_separation(["wav"] * 10 + ["mp3"] * 10, TWO, np.arange(20)), APART)
    assert not table_separation(["wav"] * 20, TWO, np.arange(20)).any()
    assert not table_separation([str(i) for i in range(20)], TWO, np.arange(20)).any()  # each value occurs once


def test_origins_count_once() -> None:
    two_origins = np.arange(20) % 2 + 2 * TWO
    assert not table_separation(["wav"] * 10 + ["mp3"] * 10, TWO, two_origins).any()
    assert not order_separation([*range(20)], TWO, two_origins).any()
    assert order_separation([*range(20)], TWO, np.arange(20)).any()


def test_rare_values_share_an_entry_of_the_table() -> None:
    classes = np.repeat([0, 1], 200)
    values = [7] * 200 + [*range(100, 300)]
    np.testing.assert_array_equal(table_separation(values, classes, np.arange(400)), APART)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=3, max_size=60))
@settings(deadline=None)
def test_areas_are_shares_of_pairs_of_files(examples: list[tuple[int, int]]) -> None:
    classes = np.array([0, 1, 2] + [label for label, _ in examples])
    values = np.array([0, 0, 0] + [value for _, value in examples], float)
    area = pair_area(values, classes, 3)
    for a in range(3):
        for b in range(3):
            own, other = values[classes == a][:, None], values[classes == b]
            assert area[a, b] == pytest.approx(np.mean((own > other) + 0.5 * (own == other)))
    np.testing.assert_allclose(area + area.T, 1.0)


def test_order_is_found_in_both_directions_and_only_if_nearly_perfect() -> None:
    rising = np.arange(20.0)
    np.testing.assert_array_equal(order_separation(rising.tolist(), TWO, np.arange(20)), APART)
    np.testing.assert_array_equal(order_separation((-rising).tolist(), TWO, np.arange(20)), APART)
    mixed = rising.copy()
    mixed[[5, 15]] = mixed[[15, 5]]
    assert not order_separation(mixed.tolist(), TWO, np.arange(20)).any()
