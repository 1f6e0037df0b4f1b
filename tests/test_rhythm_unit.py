"""Units of rhythms: Hz, beats and turns a minute, and notes."""

import math

import pytest

from streamer.rhythm_unit import RhythmUnit


@pytest.mark.parametrize(
    ("unit", "hz", "sigma", "value", "text"),
    [
        (RhythmUnit(), 3.6, 0.02, (3.6, 0.02), "3.60 ± 0.02 Hz"),
        (RhythmUnit("bpm"), 1.2, 0.01, (72.0, 0.6), "72.0 ± 0.6 bpm"),
        (RhythmUnit("rpm"), 25.0, 0.1, (1500.0, 6.0), "1500 ± 6 rpm"),
        (RhythmUnit("rpm", blades=5), 25.0, 0.1, (300.0, 1.2), "300.0 ± 1.2 rpm"),
        (RhythmUnit("note"), 440.0, 0.1, (0.0, 0.3934596), "A4 +0.0 ± 0.4 cents (440.00 ± 0.10 Hz)"),
        (RhythmUnit("note"), 445.0, 0.1, (19.562175, 0.389041), "A4 +19.6 ± 0.4 cents (445.00 ± 0.10 Hz)"),
        (RhythmUnit("note", a4_hz=442.0), 440.0, 0.1, (-7.851355, 0.39346), "A4 -7.9 ± 0.4 cents (440.00 ± 0.10 Hz)"),
    ],
)
def test_a_frequency_is_converted_with_its_uncertainty(
    unit: RhythmUnit, hz: float, sigma: float, value: tuple[float, float], text: str
) -> None:
    assert unit.converted(hz, sigma) == pytest.approx(value, abs=1e-4)
    assert unit.text(hz, sigma) == text


@pytest.mark.parametrize(
    ("hz", "note"),
    [
        (440.0, "A4"),
        (261.6256, "C4"),
        (246.9417, "B3"),
        (277.1826, "C#4"),
        (27.5, "A0"),
        (32.7032, "C1"),
        (8.1758, "C-1"),
    ],
)
def test_the_nearest_note(hz: float, note: str) -> None:
    unit = RhythmUnit("note")
    assert unit.note(hz) == note
    assert unit.converted(hz)[0] == pytest.approx(0.0, abs=0.01)
    assert [unit.note(hz * 2.0 ** (cents / 1200)) == note for cents in (-49, 49, 51)] == [True, True, False]
    assert RhythmUnit("rpm").note(hz) == ""


def test_the_uncertainty_in_cents_is_that_of_the_value() -> None:
    unit = RhythmUnit("note")
    step = unit.converted(440.01)[0] - unit.converted(440.0)[0]
    assert unit.converted(440.0, 0.01)[1] == pytest.approx(step, rel=1e-3)


def test_no_rhythm_has_no_note() -> None:
    assert RhythmUnit("note").note(math.nan) == ""
    assert all(math.isnan(number) for number in RhythmUnit("note").converted(math.nan, math.nan))
