"""Exact glyphs of score bar and level meter."""

import numpy as np
import pytest

from streamer.dashboard.bars import bar, meter
from streamer.dashboard.theme import ASCII, theme_for
from streamer.messages import Level
from tests.support.screens import text_of

PLAIN = theme_for(None)
NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "on", "off", "expected"),
    [
        (0.0, NAN, NAN, "··········"),
        (1.0, NAN, NAN, "██████████"),
        (0.5, NAN, NAN, "█████·····"),
        (0.55, NAN, NAN, "█████▌····"),
        (0.5125, NAN, NAN, "█████▏····"),
        (0.3, 0.6, 0.4, "███·┊·│···"),
        (0.9, 0.6, 0.4, "████┊█│██·"),
        (2.0, 1.0, -1.0, "┊████████│"),
        (NAN, 0.6, 0.4, "····┊·│···"),
    ],
)
def test_bar(value: float, on: float, off: float, expected: str) -> None:
    assert text_of(bar(10, value, on, off, PLAIN.styles.bar, PLAIN)) == expected


def test_bar_in_ascii() -> None:
    assert text_of(bar(10, 0.9, 0.6, 0.4, PLAIN.styles.bar, theme_for(None, ASCII))) == "####:#|##."


def test_the_last_cell_of_a_painted_bar_is_mixed() -> None:
    painted = theme_for("truecolor")
    full, mixed, empty = bar(10, 0.55, NAN, NAN, painted.styles.bar, painted)
    assert [len(part.text) for part in (full, mixed, empty)] == [5, 1, 4]
    colours = [part.style.color.get_truecolor() for part in (full, mixed, empty) if part.style and part.style.color]
    assert all(min(a, b) < m < max(a, b) for a, m, b in zip(*colours, strict=True))


def test_meter() -> None:
    lines = [text_of(line) for line in meter(Level(-30.0, -12.0), 7, 12, PLAIN)]
    assert lines == [
        " ·· 0       ",
        " ━━ −12     ",
        " ·· −20     ",
        " ██         ",
        " ██ −40     ",
        " ██ −60     ",
        "  −30.0 dBFS",
    ]


def test_meter_of_silence_and_of_clipping() -> None:
    silent = [text_of(line) for line in meter(Level(), 4, 8, PLAIN)]
    assert silent[-1] == "   −∞ dB"
    assert "██" not in "".join(silent)
    clipped = [text_of(line) for line in meter(Level(-0.1, 0.0, is_clipped=True), 4, 8, PLAIN)]
    assert "CLIP" in clipped[0]
    assert all("██" in line for line in clipped[:-1])


def test_meter_fills_by_eighths() -> None:
    lines = meter(Level(-60 * (1 - 1.5 / 3), -np.inf), 4, 8, PLAIN)  # one and a half of three cells
    assert [text_of(line)[1:3] for line in lines[:-1]] == ["··", "▄▄", "██"]


@pytest.mark.parametrize("n_lines", [2, 3, 4, 7, 20])
@pytest.mark.parametrize(("dbfs", "grade"), [(-40.0, "good"), (-10.0, "warn"), (-1.0, "bad")])
def test_the_colour_of_the_meter_depends_on_the_level_however_few_lines_there_are(
    n_lines: int, dbfs: float, grade: str
) -> None:
    theme = theme_for("standard")
    lines = meter(Level(dbfs, -np.inf), n_lines, 12, theme)[:-1]
    styles = {name: getattr(theme.styles, name) for name in ("good", "warn", "bad")}
    highest = next(line for line in lines if line[1].text.strip(" ·"))
    assert highest[1].style == styles[grade]


def test_the_colour_of_the_peak_depends_on_the_peak() -> None:
    theme = theme_for("standard")
    for n_lines in (2, 4, 12):
        for dbfs, style in ((-30.0, theme.styles.good), (-10.0, theme.styles.warn), (-2.0, theme.styles.bad)):
            labels = [segment for line in meter(Level(-50.0, dbfs), n_lines, 12, theme)[:-1] for segment in line]
            assert [each.style for each in labels if each.text == f"−{-dbfs:.0f}"] == [style]
