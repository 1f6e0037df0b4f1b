"""The trend of a value over the last ten minutes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from streamer.dashboard.trend import range_text, trend_cells, trend_line
from tests.support.screens import text_of


def drawn(
    values: list[float], width: int, position_s: float = 599.0, sigma: float = 1e-4, glyphs: Glyphs = UNICODE
) -> str:
    theme = theme_for(None, glyphs)
    return text_of(trend_line(np.array(values, np.float32), position_s, 5.0, sigma, width, theme.styles.accent, theme))


def test_low_and_high_are_told_by_height_and_what_was_not_there_by_a_dot() -> None:
    nothing = float("nan")
    assert drawn([nothing, 3.0, 3.2, 3.4, 3.6, 3.8, 4.0, nothing], 8) == "·▁▂▄▅▇█·"
    assert drawn([3.0, 3.0, 4.0, 4.0], 4, glyphs=ASCII) == "__^^"
    assert drawn([3.0, 3.0, 4.0, 4.0], 4, glyphs=CONSOLE) == "▄▄██"


def test_noise_does_not_fill_the_height() -> None:
    rng = np.random.default_rng(0)
    assert set(drawn([*(3.0 + rng.normal(0, 1e-4, 120)).tolist()], 40)) <= set("▃▄▅▆")
    assert set(drawn([*(3.0 + rng.normal(0, 0.1, 120)).tolist()], 40, sigma=0.1)) <= set("▁▂▃▄▅▆▇█")
    assert drawn([0.0] * 8, 8) == "▅" * 8


def test_groups_of_values_stay_the_same_while_time_goes_on() -> None:
    values = np.repeat(np.arange(40.0) % 3, 3)  # of ten minutes in 5 s, up to second 600
    before = drawn(values.tolist(), 40, position_s=599.0)
    later = np.concatenate([values[1:], [np.nan]])
    after = drawn(later.tolist(), 40, position_s=604.0)
    assert after[:-1] == before[1:]


def test_as_many_cells_as_divide_the_values() -> None:
    assert [trend_cells(120, n) for n in (7, 8, 11, 19, 39, 40, 200)] == [6, 8, 10, 15, 30, 40, 120]
    assert trend_cells(0, 10) == trend_cells(120, 0) == 0


def test_the_range_is_rounded_to_the_uncertainty() -> None:
    trend: Float32 = np.array([np.nan, 2.0981, 2.1033], np.float32)
    assert range_text(trend, 0.002, "Hz") == "2.098 to 2.103 Hz"
    assert range_text(trend, 0.1, "Hz") == ""  # all the same
    assert range_text(trend[:1], 0.1, "Hz") == ""


@given(
    st.lists(st.floats(width=32), max_size=130),
    st.integers(0, 60),
    st.floats(),
    st.floats(),
    st.sampled_from([UNICODE, CONSOLE, ASCII]),
)
def test_any_values_fill_the_width(
    values: list[float], width: int, position_s: float, sigma: float, glyphs: Glyphs
) -> None:
    text = drawn(values, width, position_s, sigma, glyphs)
    assert len(text) == width
    assert glyphs is not ASCII or text.isascii()


@pytest.mark.parametrize("width", [10, 12, 40])
def test_it_stands_at_the_right(width: int) -> None:
    assert drawn([3.0] * 8, width).strip() == "▅" * 8
    assert drawn([3.0] * 8, width).endswith("▅")
