"""Rings of rows: their newest rows are one contiguous view, in order, wherever the ring is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.features.history import History, TimedHistory


@given(capacity=st.integers(1, 7), n_pushed=st.integers(0, 30), reset_at=st.integers(0, 30))
def test_the_newest_rows_are_one_view_in_order(capacity: int, n_pushed: int, reset_at: int) -> None:
    history, kept = History(2, capacity), list[int]()
    for i in range(n_pushed):
        if i == reset_at:
            history.reset()
            kept.clear()
        history.push(np.full(2, i, np.float32))
        kept.append(i)
    newest = history.newest()
    assert newest.flags.c_contiguous
    assert newest.tolist() == [[i, i] for i in kept[-capacity:]]
    assert history.n_pushed == len(kept)


def test_a_time_that_does_not_increase_is_refused() -> None:
    history = TimedHistory(1, 2)
    for time_s in (0.0, 0.5, 1.0):
        history._append_at(time_s)
    with pytest.raises(ValueError, match=r"time_s=1\.0 must be later"):
        history._append_at(1.0)
    assert history.n_pushed == 3
    assert history.last(5)[1].tolist() == [0.5, 1.0]
