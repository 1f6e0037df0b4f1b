"""What is said of a rhythm or pattern in words."""

import dataclasses

import numpy as np
import pytest

from streamer.dashboard.component_texts import (
    amplitude_text,
    grey_text,
    kind_text,
    mains_text,
    other_texts,
    pattern_notes,
    pattern_place,
    rhythm_notes,
    rhythm_place,
    span_text,
)
from streamer.dashboard.theme import ASCII, UNICODE
from streamer.messages import Rival, TemporalComponent
from streamer.rhythm_unit import HZ, RhythmUnit
from tests.support.snapshots import spatial, temporal


def rhythm(**changes: object) -> TemporalComponent:
    return temporal(**changes).components[0]


def test_kinds() -> None:
    kinds = [kind_text(rhythm(what=what)) for what in ("steady", "drifting", "pulse_train", "coder")]
    assert kinds == ["steady", "drifting", "pulse train", "video coder"]
    assert kind_text(rhythm(mains_hz=100)) == "mains"


def test_amplitudes_of_movement_are_lengths_and_else_grey_levels() -> None:
    moving = rhythm(amplitude=13.4, amplitude_px=2.99375, amplitude_px_sigma=0.0611)
    assert amplitude_text(moving, 0.0, UNICODE) == "2.99 px"
    assert amplitude_text(moving, 0.0, UNICODE, with_sigma=True) == "2.99 ± 0.06 px"
    assert amplitude_text(moving, 10.0, UNICODE) == "0.299 mm"
    assert amplitude_text(rhythm(amplitude=35.055), 10.0, UNICODE) == grey_text(rhythm(amplitude=35.055)) == "35.1 grey"
    assert grey_text(rhythm(amplitude=123.4)) == "123 grey"
    assert amplitude_text(rhythm(), 0.0, UNICODE) == ""
    of_colour = rhythm(amplitude=0.02, seen_in=("POS", "CHROM"))  # of the mean colour, and no grey level
    assert amplitude_text(of_colour, 0.0, UNICODE) == grey_text(of_colour) == ""
    assert grey_text(rhythm(amplitude=3.2, seen_in=("flow",))) == ""  # pixels an image


@pytest.mark.parametrize(
    ("start_s", "end_s", "expected"),
    [
        (0.0, 8.0, ""), (0.1, float("inf"), ""), (3.1, 8.0, "since −4.9 s"), (0.0, 6.4, "until −1.6 s"),
        (3.1, 6.4, "−4.9 to −1.6 s"), (float("nan"), 6.4, ""),
    ],
)  # fmt: skip
def test_the_span_is_told_where_it_is_not_the_whole_window(start_s: float, end_s: float, expected: str) -> None:
    assert span_text(rhythm(start_s=start_s, end_s=end_s), temporal(), UNICODE) == expected


def test_places() -> None:
    def place(rows: slice, columns: slice) -> str:
        heat = np.zeros((9, 16), np.float32)
        heat[rows, columns] = 1.0
        return rhythm_place(rhythm(heat=heat))

    assert place(slice(0, 2), slice(0, 3)) == "upper left"
    assert place(slice(4, 5), slice(7, 9)) == "middle"
    assert place(slice(4, 5), slice(14, 16)) == "right"
    assert place(slice(7, 9), slice(7, 9)) == "lower"
    assert place(slice(0, 9), slice(0, 16)) == "everywhere"
    assert place(slice(0, 0), slice(0, 0)) == ""
    pattern = dataclasses.replace(spatial().components[0], share=0.2, box=(400, 300, 200, 100))
    assert pattern_place(pattern, (640, 480)) == "lower right"
    assert pattern_place(spatial().components[0], (640, 480)) == "everywhere"


def test_what_else_it_may_be() -> None:
    alias = rhythm(alias_hz=(26.4, 33.6))
    assert other_texts(alias, HZ) == ("or 26.4, 33.6 Hz", "or 26.4 Hz")
    assert other_texts(alias, RhythmUnit("rpm", blades=3))[0] == "or 528, 672 rpm"
    assert other_texts(alias, RhythmUnit("note"))[0] == "or 26.4, 33.6 Hz"
    rival = rhythm(alias_hz=(26.4,), rivals=(Rival(7.2, 4.0),))
    assert other_texts(rival, HZ) == ("or 7.2, 26.4 Hz", "or 7.2 Hz")
    assert other_texts(rhythm(alias_hz=()), HZ) == ()


def test_mains() -> None:
    assert mains_text(rhythm(hz=10.0, mains_hz=100)) == "100 Hz mains flicker, folded"
    assert mains_text(rhythm(hz=99.98, mains_hz=100)) == "100 Hz mains flicker"
    assert mains_text(rhythm()) == ""


def test_notes_begin_with_what_limits_the_claim() -> None:
    found = temporal(start_s=3.0, mains_hz=100)
    first = [texts[0] for texts in rhythm_notes(found.components[0], found, ASCII)]
    assert first[:3] == ["since -5.0 s", "100 Hz mains flicker, folded", "or 26.4, 33.6, 56.4 Hz"]
    rpm = dataclasses.replace(found, unit=RhythmUnit("rpm"))
    assert "3.600 ± 0.004 Hz" in [texts[0] for texts in rhythm_notes(rpm.components[0], rpm, UNICODE)]


def test_notes_of_a_grid() -> None:
    notes = [texts[0] for texts in pattern_notes(spatial(2).components[0], 10.0, (640, 480), UNICODE)]
    assert notes == [
        "2.000 ± 0.002 mm, 4.999 ± 0.005/cm and 2.431 ± 0.005 mm, 4.114 ± 0.008/cm",
        "and 24.31 px ± 0.05 at −59.8° ± 0.2", "at 29.98° ± 0.14", "everywhere", "contrast 0.42", "31 dB",
    ]  # fmt: skip
