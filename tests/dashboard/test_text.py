"""Text of a known width in terminal cells."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard import text
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


def test_decibels() -> None:
    assert text.decibels(-23.44, UNICODE) == "−23.4"
    assert text.decibels(float("-inf"), ASCII) == "-inf"


def test_a_reason_is_cut_before_its_remedy() -> None:
    reason = "the camera gives no images; plug it in again"
    assert text.wrap_reason(reason, 44, 1, UNICODE) == (reason,)
    assert text.wrap_reason(reason, 30, 1, UNICODE) == ("the camera…; plug it in again",)
    assert text.wrap_reason(reason, 16, 2, UNICODE) == ("the camera giv…;", "plug it in again")


def test_a_word_longer_than_a_line_goes_on_in_the_next() -> None:
    assert text.wrap("at /dev/v4l/by-id/camera now", 10, 4, UNICODE) == ["at", "/dev/v4l/b", "y-id/camer", "a now"]
