"""Tints of rhythms and patterns."""

import itertools

import numpy as np
import pytest

from streamer.dashboard.tints import letter_of, number_of, tints_for


@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
def test_neighbouring_rows_have_tints_that_differ(system: str) -> None:
    tints = tints_for(system)
    for group in (tints.rhythms, tints.patterns):
        assert len({str(tint.badge) for tint in group}) == len(group)
    rgb = [np.array(tint.rgb) for tint in (*tints.rhythms[:4], *tints.patterns[:2])]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(rgb, 2)) > 60


def test_tints_and_names_go_on_after_the_last_one() -> None:
    for system in (None, "truecolor"):
        tints = tints_for(system)
        assert tints.rhythm(len(tints.rhythms)) == tints.rhythm(0)
        assert tints.pattern(25 * len(tints.patterns)) == tints.pattern(0)
        assert tints.rhythm(0, is_of_coder=True) == tints.coder
    assert [number_of(row) for row in (0, 8, 9, 40)] == ["1", "9", "+", "+"]
    assert [letter_of(row) for row in (0, 25, 26)] == ["A", "Z", "A"]
