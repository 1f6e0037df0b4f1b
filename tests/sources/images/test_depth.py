"""Deep pictures become 8 bits by the values that they hold, and what was done is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.sources.images.depth import Levels, eight_bits, levels_of


@given(top=st.integers(1, 65535))
def test_whole_numbers_are_of_the_smallest_sensor_that_holds_them(top: int) -> None:
    picture = np.array([[0, top]], np.uint16)
    levels = levels_of([picture])
    assert levels is not None
    assert levels.black == 0.0
    assert levels.white >= top
    assert levels.white in (255.0, 1023.0, 4095.0, 16383.0, 65535.0)
    assert int(eight_bits(picture, levels)[0, 1, 0]) == round(255 * top / levels.white)
    assert bool(levels.note) == (levels.white < 65535)


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        (np.array([0.0, 0.5, 1.0], np.float32), (0, 128, 255), ""),
        (np.array([-1.0, 0.0, 1.0]), (0, 128, 255), "64-bit floating-point numbers from -1 to 1"),
        (np.array([np.nan, 0.5, np.inf], np.float32), (0, 128, 255), ""),
        (np.array([np.nan, np.nan, np.nan], np.float32), (0, 0, 0), "no number in it is finite"),
        (np.array([-300, 0, 300], np.int16), (0, 128, 255), "16-bit whole numbers from -300 to 300"),
        (np.array([7.0, 7.0, 7.0], np.float32), (0, 0, 0), "from 7 to 7"),
    ],
)
def test_other_numbers_reach_from_black_to_white(values: Any, expected: tuple[int, ...], note: str) -> None:
    levels = levels_of([values[None, :]])
    assert levels is not None
    found = eight_bits(values[None, :], levels)
    assert found.shape == (1, 3, 3)
    np.testing.assert_allclose(found[0, :, 0], expected, atol=1)
    assert note in levels.note
    assert bool(levels.note) == bool(note)


def test_eight_bits_stay_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 30, 4), np.uint8)
    assert levels_of([picture]) is None
    np.testing.assert_array_equal(eight_bits(picture, None), picture[:, :, :3])
    np.testing.assert_array_equal(eight_bits(picture[:, :, 0], None)[:, :, 2], picture[:, :, 0])
    np.testing.assert_array_equal(eight_bits(picture[:, :, :2], None)[:, :, 2], picture[:, :, 0])


def test_a_picture_beyond_the_levels_of_its_sequence_is_cut_at_white() -> None:
    assert int(eight_bits(np.array([[2000]], np.uint16), Levels(0.0, 1023.0)).max()) == 255
