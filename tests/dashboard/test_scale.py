"""The title of a spectrum with its colour bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard.scale import title_line
from streamer.dashboard.theme import ASCII, CONSOLE, UNICODE, Glyphs, theme_for
from tests.support.screens import text_of

TITLES = ("movement: Hz over time", "movement in Hz", "Hz")


def drawn(width: int, low_db: float = -52.4, high_db: float = -2.4, glyphs: Glyphs = UNICODE) -> str:
    theme = theme_for(None, glyphs)
    return text_of(title_line(TITLES, low_db, high_db, width, theme, theme.heat))


def test_title_and_bar_share_the_line_as_far_as_there_is_room() -> None:
    assert drawn(51) == "movement: Hz over time    −52    ··:::░░▒▒▒▓▓█  −2 dB"[:22] + drawn(51)[22:]
    assert [drawn(width).split("  ")[0].strip() for width in (60, 39, 38, 30, 19, 18)] == [
        "movement: Hz over time", "movement: Hz over time", "movement in Hz", "Hz", "Hz", "movement in Hz",
    ]  # fmt: skip
    for width in (60, 39, 30, 19):
        assert drawn(width).endswith(" −2 dB")
        assert "−52 " in drawn(width)
    assert "dB" not in drawn(16)


def test_the_bar_goes_from_the_darkest_to_the_brightest_colour() -> None:
    theme = theme_for("truecolor")
    line = title_line(TITLES, -50.0, 0.0, 60, theme, theme.heat)
    cells = [segment for segment in line if segment.text == "▀"]
    assert cells[0] is theme.heat[(0 + 1) * (theme.heat.n_levels + 1) + 0 + 1]
    assert cells[-1] is theme.heat[theme.heat.n_levels * (theme.heat.n_levels + 1) + theme.heat.n_levels]
    assert len(cells) == 16


@pytest.mark.parametrize("level", [float("nan"), float("inf"), 5000.0])
def test_without_levels_there_is_no_bar(level: float) -> None:
    assert drawn(60, low_db=level).strip() == TITLES[0]


def test_numbers_keep_their_width() -> None:
    ends = {drawn(60, low, low + 50).index("dB") for low in (-99.0, -55.0, -9.0, 0.0, 12.0)}
    assert len(ends) == 1


@given(st.integers(1, 100), st.floats(), st.floats(), st.sampled_from([UNICODE, CONSOLE, ASCII]))
def test_any_levels_fill_the_width(width: int, low_db: float, high_db: float, glyphs: Glyphs) -> None:
    text = drawn(width, low_db, high_db, glyphs)
    assert cell_len(text) == width
    assert glyphs is not ASCII or text.isascii()
