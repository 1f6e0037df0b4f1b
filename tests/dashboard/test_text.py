"""Words and numbers of the dashboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard import text
from streamer.dashboard.layout import View, parse
from streamer.dashboard.theme import ASCII, UNICODE, Glyphs


@given(st.text(), st.integers(0, 40), st.booleans(), st.sampled_from([ASCII, UNICODE]))
def test_fit_is_exact(words: str, width: int, right: bool, glyphs: Glyphs) -> None:
    fitted = text.fit(words, width, glyphs, right)
    assert cell_len(fitted) == width
    assert fitted.isprintable()


def test_fit_cuts_wide_characters_whole() -> None:
    assert text.fit("漢字テスト", 6, UNICODE) == "漢字 …"
    assert text.fit("漢字", 6, UNICODE) == "漢字  "
    assert text.fit("漢字", 6, ASCII) == "????  "
    assert text.fit("7", 3, UNICODE, right=True) == "  7"


def test_wrap_loses_no_word_silently() -> None:
    assert text.wrap("one two three four", 9, 3, UNICODE) == ["one two", "three", "four"]
    assert text.wrap("one two three four", 9, 2, UNICODE) == ["one two", "three fo…"]
    assert text.wrap("", 9, 2, UNICODE) == []


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.clock(754.9), "00:12:34"),
        (text.clock(2 * 86400 + 3661), "2d 01:01:01"),
        (text.clock(float("nan")), "--:--:--"),
        (text.duration(4.24), "4.2 s"),
        (text.duration(59.97), "1:00"),
        (text.duration(754), "12:34"),
        (text.duration(3725), "1:02:05"),
        (text.milliseconds(0.0004), "0.4"),
        (text.milliseconds(0.0118), "12"),
        (text.milliseconds(1.834), "1834"),
        (text.decibels(-23.44, UNICODE), "−23.4"),
        (text.decibels(float("-inf"), ASCII), "-inf"),
        (text.percent(0.0), "0 %"),
        (text.percent(0.00001), "<0.01 %"),
        (text.percent(0.0012), "0.12 %"),
        (text.percent(0.034), "3.4 %"),
        (text.percent(0.57), "57 %"),
        (text.megabytes(142_300_000), "142 MB"),
        (text.hertz(500), "500"),
        (text.hertz(2000), "2k"),
    ],
)
def test_numbers(shown: str, expected: str) -> None:
    assert shown == expected


def test_keys_choose_what_is_shown() -> None:
    view = View()
    assert view.press(" ", 1) == View(is_held=True)
    assert view.press(" ", 1).press(" ", 1) == view
    assert [v.focus for v in (view.press("\t", 2), View(0).press("\t", 2), View(1).press("\t", 2))] == [0, 1, None]
    assert view.press("2", 3).focus == 1
    assert view.press("2", 3).press("0", 3).focus is None
    for key in ("\t", "1", "9", "x"):
        assert view.press(key, 1) == view


def test_escape_sequences_are_no_keys() -> None:
    assert parse(b"Q ") == ["q", " "]
    assert parse(b"\x1b[A") == []
    assert parse(b" \x1b[200~q") == [" "]
    assert parse("é".encode()) == []


@pytest.mark.parametrize(
    ("value", "sigma", "expected"),
    [
        (3.6002, 0.0041, ("3.600", "0.004")),
        (32.01304, 0.0014, ("32.0130", "0.0014")),
        (20.0, 0.0196, ("20.00", "0.02")),
        (20.0, 0.0999, ("20.00", "0.10")),
        (1.25, 0.3, ("1.2", "0.3")),
        (968.0, 12.0, ("968", "12")),
        (968.0, 45.0, ("968", "45")),
        (2.2000491, 0.0000798, ("2.2000", "0.0001")),  # never less than was measured
        (-59.83, 0.2, ("-59.8", "0.2")),
        (-0.3, 2.0, ("0", "2")),
        (31.9746, 0.0, ("31.97", "?")),
        (31.9746, float("nan"), ("31.97", "?")),
        (float("nan"), 0.1, ("?", "?")),
    ],
)
def test_a_measurement_is_rounded_to_its_uncertainty(value: float, sigma: float, expected: tuple[str, str]) -> None:
    assert text.measured(value, sigma) == expected


@given(st.floats(0, 1e4), st.floats(1e-4, 1e3))
def test_rounding_costs_less_than_the_uncertainty(value: float, sigma: float) -> None:
    shown, spread = text.measured(value, sigma)
    assert abs(float(shown) - value) <= 0.5 * sigma * 1.001
    assert float(spread) == pytest.approx(sigma, rel=0.34)
