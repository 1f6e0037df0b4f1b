"""Measurements in large digits and in one line."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from streamer.dashboard.digits import large
from streamer.dashboard.measurements import measurement_lines, measurements_height, short_text, summary_texts
from streamer.dashboard.theme import ASCII, UNICODE, Glyphs, theme_for
from streamer.messages import LatticeVector, NamedRegion, RegionFindings, Spatial, SpatialComponent
from streamer.monitor.snapshot import ImageView
from streamer.rhythm_unit import RhythmUnit
from tests.support.snapshots import image_view, spatial, temporal


def shown(view: ImageView, width: int, n_lines: int, glyphs: Glyphs = UNICODE, position_s: float = 99.0) -> list[str]:
    lines = measurement_lines(view, position_s, width, n_lines, theme_for(None, glyphs), dimmed=False)
    return ["".join(segment.text for segment in line) for line in lines]


def test_both_measurements_with_their_notes() -> None:
    lines = [line.rstrip() for line in shown(image_view(spatial=spatial(2)), 39, 10)]
    assert lines == [
        "    ▀▀█   █▀▀ █▀█ █▀█      Hz  ▅▅▅▅▅▅▅▅",
        "     ▀█   █▀█ █ █ █ █      ± 0.004",
        "    ▀▀▀ ▀ ▀▀▀ ▀▀▀ ▀▀▀      steady",
        "or 26.4 Hz: above half the image rate",
        "",
        "▀▀█ █▀█   █▀█ █▀█          px",
        "█▀▀ █ █   █ █ █ █          ± 0.02",
        "▀▀▀ ▀▀▀ ▀ ▀▀▀ ▀▀▀",
        "grid · contrast 0.42 · 31 dB",
        "and 24.31 px ± 0.05 at −59.8° ± 0.2",
    ]


def test_mains_and_aliases_share_a_line_where_there_is_only_one() -> None:
    view = image_view(temporal=temporal(hz=10.0, mains_hz=100, alias_hz=(20.0, 40.0, 50.0)))
    assert shown(view, 70, 5)[3].strip() == "100 Hz mains flicker, folded · or 20, 40 Hz: above half the image rate"
    assert shown(view, 30, 5)[3].strip() == "mains · or 20 Hz by aliasing"
    assert [line.strip() for line in shown(view, 39, 10)[3:5]] == [
        "100 Hz mains flicker, folded",
        "or 20, 40 Hz: above half the image rate",
    ]
    blood = image_view(temporal=temporal(hz=1.2, hz_sigma=0.01, what="pulse", alias_hz=()))
    assert shown(blood, 70, 5)[3].strip() == "pulse, by the colour of skin"
    unfolded = image_view(temporal=temporal(hz=99.98, hz_sigma=0.01, mains_hz=100, alias_hz=()))
    assert shown(unfolded, 70, 5)[3].strip() == "100 Hz mains flicker"


def test_alias_notes_shorten_before_they_are_cut() -> None:
    notes = [
        next(line.strip() for line in shown(image_view(), width, 5) if line.startswith("or"))
        for width in (60, 44, 34, 24, 14)
    ]
    assert notes == [
        "or 26.4, 33.6, 56.4 Hz: above half the image rate",
        "or 26.4, 33.6 Hz: above half the image rate",
        "or 26.4, 33.6 Hz by aliasing",
        "or 26.4 Hz by aliasing",
        "or 26.4 Hz",
    ]


def test_a_number_that_does_not_fit_is_not_drawn_large() -> None:
    line, below, *_ = shown(image_view(), 24, 5)
    assert line == "3.600 Hz ± 0.004  steady"
    assert below.startswith("or 26.4")


@pytest.mark.parametrize("width", [20, 56, 90])
def test_a_missing_measurement_is_stated(width: int) -> None:
    unknown = image_view(temporal=None, spatial=None, temporal_known=False)
    for n_lines in (2, 5, 8, 10):
        text = "\n".join(shown(unknown, width, n_lines, position_s=3.4))
        assert "measuring … 3 s" in text
        assert "no pattern in space" in text
    assert "measuring …  " in "\n".join(shown(unknown, width, 2, position_s=754.0))
    known = dataclasses.replace(unknown, temporal_known=True)
    assert "nothing periodic" in "\n".join(shown(known, width, 2))


@given(st.integers(1, 200), st.integers(0, 60))
def test_measurements_have_the_size_asked_for_and_leave_room(width: int, height: int) -> None:
    n_lines = measurements_height(width, height)
    assert 0 <= n_lines <= height
    lines = shown(image_view(spatial=spatial(2)), width, n_lines)
    assert [cell_len(line) for line in lines] == [width] * n_lines
    assert height < 8 or height - n_lines >= 3  # for the spectra


def test_an_angle_that_rounds_to_minus_90_is_given_as_90() -> None:
    vector = LatticeVector(20.0, 0.1, -89.99, 0.2)
    found = Spatial("found", 2.2, 213.0, (SpatialComponent("stripes", (vector,), 0.5, 20.0, (0, 0, 9, 9)),))
    assert "at 90.0° ± 0.2" in "\n".join(shown(image_view(spatial=found), 60, 10))


def test_other_patterns_a_range_and_millimetres_are_told() -> None:
    vector = LatticeVector(20.0, 1.0, 0.0, 0.2, (18.0, 22.5))
    other = SpatialComponent("grid", (LatticeVector(12.5, 0.1, 0.0, 0.2),) * 2, 0.3, 20.0, (0, 0, 9, 9))
    first = SpatialComponent("stripes", (vector,), 0.5, 20.0, (0, 0, 9, 9))
    lines = "\n".join(shown(image_view(spatial=Spatial("found", 2.2, 213.0, (first, other), 40.0)), 100, 7))
    assert "from 18 to 22.5 px over the image" in lines
    assert "0.50 ± 0.03 mm, 20.0 ± 1.0/cm across" in lines
    assert "B  12.50 " in lines


def test_rhythms_are_shown_in_the_unit_of_the_settings() -> None:
    rpm = dataclasses.replace(temporal(), unit=RhythmUnit("rpm", blades=4))
    lines = "\n".join(shown(image_view(temporal=rpm, spatial=None), 60, 10))
    assert large("54.00", UNICODE)[0] in lines  # type: ignore[index]
    assert " rpm" in lines
    assert "3.600 ± 0.004 Hz" in lines
    assert short_text(rpm, UNICODE) == "54.00 rpm"
    note = dataclasses.replace(temporal(), unit=RhythmUnit("note"))
    assert short_text(note, UNICODE) == "A#-3 -20 cents"


def test_each_region_has_a_line() -> None:
    found = (
        RegionFindings(NamedRegion("belt", 0, 0, 64, 48), temporal(), spatial()),
        RegionFindings(NamedRegion("fan", 64, 0, 64, 48)),
    )
    for view in (image_view(temporal=None, spatial=None), image_view()):
        lines = shown(dataclasses.replace(view, regions=found), 60, 20)
        assert any("belt: 3.600 Hz  20.00 px" in line for line in lines)
        assert any("fan: …" in line for line in lines)


def test_a_pattern_too_fine_to_measure_is_said_to_be() -> None:
    assert "pattern too fine to measure" in "\n".join(
        shown(image_view(spatial=Spatial("too_fine", 2.2, 213.0)), 60, 10)
    )


def test_measurements_of_events_and_of_the_summary() -> None:
    assert short_text(temporal(), UNICODE) == "3.600 Hz"
    assert short_text(spatial(), UNICODE) == "20.00 px"
    assert summary_texts(temporal(alias_hz=()), theme_for(None)) == ("3.600 Hz ± 0.004", "steady · 25 dB · 58 cells")
    assert summary_texts(spatial(), theme_for(None, ASCII)) == (
        "20.00 px +- 0.02",
        "at 29.98 deg +- 0.14; stripes - contrast 0.42 - 31 dB",
    )


def test_the_main_rhythm_stays_large_whichever_is_the_strongest_now() -> None:
    view = image_view(temporal=temporal(dataclasses.replace(temporal().components[0], hz=7.31, hz_sigma=0.02)))
    assert view.temporal is not None
    swapped = dataclasses.replace(view.temporal, components=view.temporal.components[::-1])
    for each in (view, dataclasses.replace(view, temporal=swapped)):
        assert "▀▀█   █▀▀ █▀█ █▀█" in shown(each, 56, 10)[0]


@pytest.mark.parametrize(("width", "n_lines"), [(46, 6), (56, 10), (96, 15)])
def test_every_rhythm_has_a_row_with_its_place_amplitude_and_kind(width: int, n_lines: int) -> None:
    other = dataclasses.replace(
        temporal().components[0], hz=7.31, hz_sigma=0.02, what="pulse_train", amplitude_px=2.99, amplitude_px_sigma=0.06
    )
    text = "\n".join(shown(image_view(temporal=temporal(other, amplitude=35.06)), width, n_lines))
    for part in ("1", "3.600", "± 0.004", "steady", "35.1 grey", "2", "7.31", "± 0.02", "pulse train", "2.99 px"):
        assert part in text
    assert "▅▅▅▅▅" in text  # the trend


def test_a_single_rhythm_of_the_coder_is_said_to_be_one() -> None:
    coder = dataclasses.replace(temporal().components[0], hz=7.5, what="coder")
    found = dataclasses.replace(temporal(), status="none", components=(), of_coder=(coder,))
    for width, n_lines in ((46, 6), (56, 10), (96, 15)):
        lines = shown(image_view(temporal=found), width, n_lines)
        assert any("7.500" in line and "video coder" in line for line in lines)
        assert large("7.500", UNICODE)[1] not in lines[1]  # type: ignore[index]


def test_what_is_kept_of_a_frame_is_drawn_anew_when_something_changes() -> None:
    view = image_view(temporal=temporal(temporal(hz=7.31).components[0]))
    assert view.temporal is not None
    first, second = view.rhythms
    belt = RegionFindings(NamedRegion("belt", 0, 0, 64, 48), temporal())
    views = [
        view,
        dataclasses.replace(view, rhythms=(first,)),
        dataclasses.replace(view, rhythms=(first, dataclasses.replace(second, gone_s=3.0))),
        dataclasses.replace(view, regions=(belt,)),
        dataclasses.replace(view, patterns=()),
        image_view(temporal=dataclasses.replace(view.temporal, unit=RhythmUnit("rpm"))),
        image_view(temporal=None, spatial=None, temporal_known=False),
    ]
    drawn = [shown(each, 56, 10, position_s=3.0) for each in views]
    assert len({tuple(each) for each in drawn}) == len(views)
    assert [shown(each, 56, 10, position_s=3.0) for each in views] == drawn
    assert shown(views[-1], 56, 10, position_s=4.2) != drawn[-1]  # "measuring … 4 s"


def test_what_is_kept_is_not_changed_by_what_is_drawn_over_it() -> None:
    view, theme = image_view(), theme_for(None)
    first = measurement_lines(view, 99.0, 56, 10, theme, dimmed=False)
    expected = list(first)
    first[0] = []
    assert measurement_lines(view, 99.0, 56, 10, theme, dimmed=False) == expected
