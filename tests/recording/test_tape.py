"""Captured sound by position."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamer.recording.sound import Tape


@given(sizes=st.lists(st.integers(0, 9), max_size=9), first=st.integers(0, 90), n=st.integers(0, 40))
def test_a_cut_is_what_was_appended(sizes: list[int], first: int, n: int) -> None:
    tape, start = Tape(2, start=7), 7
    whole = np.arange(2 * sum(sizes), dtype=np.float32).reshape(-1, 2)
    at = 0
    for size in sizes:
        tape.append(whole[at : at + size])
        at += size
    found, samples = tape.cut(first, first + n)
    assert np.array_equal(samples, whole[max(0, first - start) : max(0, first + n - start)])
    assert not samples.size or found == max(first, start)


def test_only_whole_chunks_before_a_position_are_forgotten() -> None:
    tape = Tape(1)
    for k in range(4):
        tape.append(np.full((10, 1), k, np.float32))
    tape.forget(25)
    first, samples = tape.cut(0, 40)
    assert first == 20
    assert samples[:, 0].tolist() == [2.0] * 10 + [3.0] * 10


def test_a_cut_is_a_copy() -> None:
    tape, chunk = Tape(1), np.zeros((4, 1), np.float32)
    tape.append(chunk)
    tape.cut(0, 4)[1][:] = 1.0
    assert not chunk.any()
