"""The spectrogram: range, levels, cells and ticks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color

from streamer.dashboard.colour import colour_map, colour_map_256, luminance
from streamer.dashboard.palettes import PALETTES
from streamer.dashboard.spectrogram import SPAN_DB, decibel_range, frequency_ticks, levels, time_axis
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from tests.support.snapshots import spectrogram


def one_loud_cell(column: int, band: int) -> np.ndarray:
    loud = np.full((20, 4), -90, np.float32)
    loud[column, band] = -20
    return loud


def test_newest_is_right_and_high_is_on_top() -> None:
    shown = levels(one_loud_cell(19, 3), 4, 20, 8, 0.1)
    assert shown[0, 19] == 7
    assert shown.sum() == 7


def test_columns_before_the_first_are_blank() -> None:
    shown = levels(one_loud_cell(19, 3), 4, 30, 8, 0.1)
    assert (shown[:, :10] == -1).all()
    assert (shown[:, 10:] >= 0).all()


def test_a_missing_value_is_blank_and_silence_is_dark() -> None:
    columns = one_loud_cell(10, 1)
    columns[3], columns[4] = np.nan, -np.inf
    shown = levels(columns, 4, 20, 8, 0.1)
    assert (shown[:, 3] == -1).all()
    assert (shown[:, 4] == 0).all()


def test_bands_that_share_a_row_show_the_louder() -> None:
    assert levels(one_loud_cell(19, 2), 2, 20, 8, 0.1)[:, 19].tolist() == [7, 0]


def test_bands_are_interpolated_where_rows_are_many() -> None:
    column = levels(np.array([[-80.0, -20.0]], np.float32), 8, 1, 64, 0.1)[:, 0]
    assert (np.diff(column) <= 0).all()
    assert len(set(column.tolist())) > 3


def test_glyphs_from_silence_to_loud() -> None:
    heat = theme_for(None).heat
    line = heat.lines(np.array([[-1, *range(7)]], np.int16))[0]
    assert "".join(cell.text for cell in line) == "  ·:░▒▓█"
    ascii_line = theme_for(None, ASCII).heat.lines(np.arange(10, dtype=np.int16)[None])[0]
    assert "".join(cell.text for cell in ascii_line) == " .:-=+*#%@"


def test_a_half_block_holds_two_rows() -> None:
    heat = theme_for("truecolor").heat
    colours = colour_map(64)
    (cell,) = heat.lines(np.array([[63], [5]], np.int16))[0]
    assert cell.text == "▀"
    assert cell.style is not None
    assert (cell.style.color, cell.style.bgcolor) == (colours[63], colours[5])


@pytest.mark.parametrize("system", [None, "standard", "256", "truecolor"])
@pytest.mark.parametrize("glyphs", [UNICODE, CONSOLE, ASCII])
def test_every_level_has_a_cell_of_its_own(system: str | None, glyphs: Glyphs) -> None:
    heat = theme_for(system, glyphs).heat
    ramp = np.repeat(np.arange(heat.n_levels, dtype=np.int16), 1)[None].repeat(heat.rows_per_cell, 0)
    cells = [(cell.text, cell.style) for cell in heat.lines(ramp)[0]]
    assert len(set(cells)) >= heat.n_levels - 4  # the first four shades of sixteen colours take two levels each
    assert all(len(text) == 1 for text, _ in cells)


MAPS = [colour_map(16), colour_map(64), colour_map(64, 0.4), colour_map_256()]
MAPS += [maker for name in PALETTES for maker in (colour_map(64, palette=name), colour_map_256(palette=name))]


@pytest.mark.parametrize("colours", MAPS)
def test_the_colour_map_is_ordered_by_luminance(colours: tuple[Color, ...]) -> None:
    steps = np.diff([luminance(colour) for colour in colours])
    assert len(colours) >= 10
    assert (steps > 0).all() or (steps < 0).all()  # on a light ground what is louder is darker


def test_pooled_columns_stay_together_while_the_spectrogram_scrolls() -> None:
    whole = spectrogram(400)
    for end in range(300, 310):
        part, following = whole[end - 250 : end], whole[end - 248 : end + 2]
        before = levels(part, 16, 60, 16, 0.05, column=end)
        after = levels(following, 16, 60, 16, 0.05, column=end + 2)
        if decibel_range(part, 0.05) == decibel_range(following, 0.05):
            same = before[:, 1:-1] == after[:, :-2]
        else:  # the range has moved by a fraction of a level
            same = np.abs(before[:, 1:-1] - after[:, :-2]) <= 1
        assert same.all()


def test_the_range_comes_down_slowly_and_never_jumps() -> None:
    quiet = np.full((400, 64), -80, np.float32) + (np.arange(64) % 9).astype(np.float32)
    tops = []
    for age in range(400):
        columns = quiet.copy()
        columns[399 - age, 10] = -10
        tops.append(decibel_range(columns, 0.05)[1])
    steps = np.diff(tops)
    assert tops[0] == -10
    assert (steps <= 0).all()
    assert steps.min() > -0.2
    assert tops[-1] == pytest.approx(decibel_range(quiet, 0.05)[1])


def test_background_is_dark_and_digital_silence_black() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(-70, 5, (400, 64)).astype(np.float32)
    floor, top = decibel_range(noise, 0.05)
    assert 0.2 < (-70 - floor) / (top - floor) < 0.5
    assert levels(np.full((400, 64), -100, np.float32), 8, 20, 64, 0.05).max() == 0


@given(st.lists(st.floats(width=32), max_size=60))
def test_the_range_is_always_finite(values: list[float]) -> None:
    floor, top = decibel_range(np.resize(np.array(values or [0.0], np.float32), (len(values) // 3, 3)), 0.05)
    assert np.isfinite([floor, top]).all()
    assert top == pytest.approx(floor + SPAN_DB)


def test_frequency_ticks_lie_on_their_bands() -> None:
    mel_hz = np.linspace(0, 8000, 65, dtype=np.float32)[1:]  # 125 Hz per band
    ticks = frequency_ticks(mel_hz, 64)
    assert ticks[0] == "8k"
    assert ticks[64 - 32] == "4k"
    assert ticks[64 - 8] == "1k"
    assert frequency_ticks(np.zeros(0, np.float32), 10) == {}


def test_time_axis() -> None:
    (axis,) = time_axis(45, 0.1, theme_for(None))
    assert axis.text == "  −4 s      −3 s      −2 s      −1 s      now"
    (axis,) = time_axis(2, 0.1, theme_for(None))
    assert len(axis.text) == 2
