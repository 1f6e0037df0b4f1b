"""The spectra of an image stream: axes, marks and arrangement."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard.spectra import hertz_ticks, period_ticks, spatial_lines, spectra_lines, temporal_lines
from streamer.dashboard.theme import Line, theme_for
from tests.support.screens import text_of
from tests.support.snapshots import image_view, temporal


def text(lines: list[Line]) -> list[str]:
    return [text_of(line) for line in lines]


def test_hertz_ticks_are_round_and_lie_on_a_linear_axis() -> None:
    hz = np.linspace(0.25, 16, 64, dtype=np.float32)  # 0.25 Hz per bin
    ticks = hertz_ticks(hz, 16)  # 1 Hz per line
    assert ticks == {0: "16", 2: "14", 4: "12", 6: "10", 8: "8", 10: "6", 12: "4", 14: "2"}
    assert list(hertz_ticks(np.linspace(4, 500, 64, dtype=np.float32), 8).values()) == ["200", "400"]
    assert list(hertz_ticks(np.linspace(0.01, 0.3, 64, dtype=np.float32), 8).values()) == ["0.1", "0.2", "0.3"]
    assert hertz_ticks(np.zeros(64, np.float32), 8) == {}
    assert hertz_ticks(np.full(64, np.nan, np.float32), 8) == {}


def test_period_ticks_lie_on_a_linear_axis_of_frequency() -> None:
    radii = ((np.arange(64) + 1) / 128).astype(np.float32)  # up to half a cycle per pixel
    ticks = period_ticks(radii, 64)
    assert ticks[64 - 64] == "2"
    assert ticks[64 - 32] == "4"
    assert ticks[64 - 16] == "8"
    assert period_ticks(np.zeros(64, np.float32), 8) == {}


@given(st.floats(0.001, 0.1), st.floats(0.15, 0.7), st.integers(2, 40))
def test_periods_leave_a_line_between_them(lowest: float, highest: float, n_lines: int) -> None:
    lines = sorted(period_ticks(np.linspace(lowest, highest, 64, dtype=np.float32), n_lines))
    assert all(0 <= line < n_lines for line in lines)
    assert all(later - earlier >= 2 for earlier, later in itertools.pairwise(lines))


def test_a_mark_stands_at_the_measured_value() -> None:
    view = image_view()  # 3.6 Hz of 15, 64 bins
    lines = text(temporal_lines(view, 40, 17, theme_for(None)))
    (marked,) = [k for k, line in enumerate(lines) if line[4] == "▸"]
    assert marked == 16 - 1 - int(3.6 / 15 * 16)
    lines = text(spatial_lines(view, 40, 17, theme_for(None)))
    (marked,) = [k for k, line in enumerate(lines) if line[4] == "▸"]
    assert marked == 16 - 1 - int((1 / 20 - 0.012) / (0.496 - 0.012) * 16)
    beyond = image_view(temporal=temporal(hz=1e6), spatial=None)
    assert "▸" not in "".join(
        text(temporal_lines(beyond, 40, 17, theme_for(None)) + spatial_lines(beyond, 40, 17, theme_for(None)))
    )


def test_the_brightest_line_of_the_temporal_spectrum_is_at_its_frequency() -> None:
    view = image_view()
    lines = text(temporal_lines(view, 40, 33, theme_for(None)))[:-1]
    brightest = [k for k, line in enumerate(lines) if line[30] == "█"]
    hz = [(32 - k - 0.5) * 15 / 32 for k in brightest]
    assert any(abs(f - 3.6) < 0.5 for f in hz)
    assert lines[2][30] != "█"


def test_the_spectrum_by_angle_shows_the_angle() -> None:
    view = image_view()  # stripes at 30°, near the lowest frequencies
    lines = text(spatial_lines(view, 60, 17, theme_for(None)))
    polar = [line[-19:] for line in lines[:-1]]
    assert lines[-1][-19:] == "−90      0      90°"
    brightest = [k for line in polar[:-1] for k, glyph in enumerate(line) if glyph == "█"]
    assert brightest
    np.testing.assert_allclose((np.array(brightest) + 0.5) / 19 * 180 - 90, 30, atol=12)


def test_the_temporal_spectrum_is_kept_where_there_is_little_room() -> None:
    view = image_view()
    assert "px" not in "".join(text(spectra_lines(view, 30, 6, theme_for(None))))
    for width, height in ((46, 6), (60, 14), (100, 8)):
        shown = text(spectra_lines(view, width, height, theme_for(None)))
        assert any("Hz" in line for line in shown)
        assert any("px" in line for line in shown)
    assert "90°" in "".join(text(spectra_lines(view, 60, 14, theme_for(None))))


@given(st.integers(1, 200), st.integers(0, 60))
def test_spectra_are_exactly_as_large_as_asked(width: int, height: int) -> None:
    lines = text(spectra_lines(image_view(), width, height, theme_for("truecolor")))
    assert [cell_len(line) for line in lines] == [width] * height
