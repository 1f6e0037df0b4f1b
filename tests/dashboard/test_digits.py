"""Numbers in large digits."""

import pytest

from streamer.dashboard.digits import large, padded
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs


@pytest.mark.parametrize("glyphs", [UNICODE, CONSOLE, ASCII])
def test_every_digit_is_three_lines_of_its_own(glyphs: Glyphs) -> None:
    shapes = [large(character, glyphs) for character in "0123456789.-"]
    assert len(set(shapes)) == 12
    for shape in shapes:
        assert shape is not None
        assert len({len(line) for line in shape}) == 1
    assert large("1e5", glyphs) is None
    assert large("", glyphs) is None


def test_a_number_in_large_digits() -> None:
    assert large("3.60", UNICODE) == ("▀▀█   █▀▀ █▀█", " ▀█   █▀█ █ █", "▀▀▀ ▀ ▀▀▀ ▀▀▀")
    assert large("3.60", ASCII) == (" _     _   _ ", " _|   |_  | |", " _| . |_| |_|")


def test_the_point_of_a_number_stays_where_it_is() -> None:
    values = ["2.1000", "12.03", "9", "213.4"]
    assert [padded(value, 3, 4) for value in values] == ["  2.1000", " 12.03  ", "  9\u2009    ", "213.4   "]
    assert len({len(large(padded(value, 3, 4), UNICODE)[0]) for value in values}) == 1  # type: ignore[index]
