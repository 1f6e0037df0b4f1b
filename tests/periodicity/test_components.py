"""All rhythms are found, each in its place and span; what is none, or cannot be told, gets no number."""

from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import Float64
from streamer.bench.nothing_periodic import NOTHING
from streamer.bench.rhythms import SITUATIONS, compare
from streamer.bench.situations import COLUMNS, N_CELLS, RHYTHMS, ROWS, even, noise
from streamer.messages import Temporal
from streamer.periodicity.temporal import measure_temporal
from tests.periodicity.test_temporal import measured
from tests.support.paths import SHARED

CASES = SHARED / "cases" / "images"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="needs cases/images in the folder STREAMER_SHARED")


def measure(waves: Float64, times_s: Float64, seed: int = 0) -> Temporal:
    series = 100 + waves + noise(times_s.size, default_rng(seed))
    return measure_temporal(series.astype(np.float32), times_s, (ROWS, COLUMNS))


def at(row: int, column: int, n_rows: int = 3, n_columns: int = 4) -> Float64:
    """Return 1 in a rectangle of cells, else 0."""
    place = np.zeros((ROWS, COLUMNS))
    place[row : row + n_rows, column : column + n_columns] = 1
    return place.ravel()


def sine(hz: float, times_s: Float64) -> Float64:
    return np.asarray(np.sin(2 * np.pi * hz * times_s))[:, None]


@pytest.mark.parametrize(("slow_hz", "fast_hz"), [(2.1, 4.9), (2.0, 4.0), (1.5, 4.5), (0.25, 1.2), (3.0, 3.5)])
def test_two_objects_are_measured_each_in_its_place(slow_hz: float, fast_hz: float) -> None:
    t = even(20)
    result = measure(3 * sine(slow_hz, t) * at(1, 1) + 2 * sine(fast_hz, t) * at(5, 10), t)
    slow, fast = sorted(result.components, key=lambda each: each.hz)
    assert slow.hz == pytest.approx(slow_hz, abs=max(4 * slow.hz_sigma, 1e-3))
    assert fast.hz == pytest.approx(fast_hz, abs=max(4 * fast.hz_sigma, 1e-3))
    assert (slow.box, fast.box) == ((1, 1, 4, 3), (10, 5, 4, 3))
    assert slow.amplitude == pytest.approx(3, rel=0.2)


def test_a_rhythm_in_five_of_twenty_seconds_has_its_span() -> None:
    t = even(20)
    on = ((t > 8) & (t < 13))[:, None]
    (found,) = measure(4 * on * sine(3.3, t) * at(2, 2), t).components
    assert found.hz == pytest.approx(3.3, abs=4 * found.hz_sigma)
    assert found.start_s == pytest.approx(8, abs=1.5)
    assert found.end_s == pytest.approx(13, abs=1.5)


@pytest.mark.parametrize(("first_hz", "second_hz"), [(3.0, 5.0), (2.0, 3.0), (4.0, 2.0)])
def test_one_frequency_after_another_is_two_spans_and_no_common_divisor(first_hz: float, second_hz: float) -> None:
    t = even(10)
    wave = np.where(t[:, None] < 5, sine(first_hz, t), sine(second_hz, t - 5))
    first, second = sorted(measure(5 * wave * at(2, 2), t).components, key=lambda each: each.start_s)
    assert first.hz == pytest.approx(first_hz, abs=0.02)
    assert second.hz == pytest.approx(second_hz, abs=0.02)
    assert first.end_s == pytest.approx(5, abs=1.3)
    assert second.start_s == pytest.approx(5, abs=1.3)


@pytest.mark.parametrize("change", [-0.2, 0.05, 0.15])
def test_a_drift_has_a_track(change: float) -> None:
    t = even(12)
    hz = 4.0 * (1 + change * t / 12)
    phase = np.cumsum(hz) / 30
    (found,) = measure(4 * np.sin(2 * np.pi * phase)[:, None] * at(2, 2), t).components
    assert found.what == "drifting"
    assert found.hz_sigma > 0.2 * abs(4 * change) / np.sqrt(12)
    for point in found.track:
        assert point.hz == pytest.approx(np.interp(point.time_s, t, hz), abs=0.05 + abs(change))
    assert found.track[-1].hz - found.track[0].hz == pytest.approx(4 * change, rel=0.5)


@pytest.mark.parametrize("kind", ["pulse train", "double flash", "triple flash", "unequal blades"])
def test_the_fundamental_of_a_waveform_is_found(kind: str) -> None:
    for seed in range(4):
        made = RHYTHMS[kind](default_rng(seed))
        result = measure_temporal(made.series, made.times_s, (ROWS, COLUMNS))
        assert result.hz == pytest.approx(made.truths_hz[0][0], abs=0.02)
        assert len(result.components) == 1


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("unequal blades", 5), ("unequal blades", 64), ("unequal blades", 150),  # blades stronger than the shaft
        ("triple flash", 43), ("triple flash", 116), ("double flash", 171),  # a folded harmonic as one of its own
        ("short flashes, folded", 164), ("short flashes, folded", 170),  # multiples of a folded one
        ("swelling", 111), ("swelling", 185), ("swelling", 186),  # three lines with a common divisor
        ("beat", 49), ("beat", 78), ("beat", 101),  # short windows do not resolve them
        ("coder's pattern", 43), ("coder's pattern", 130),  # exactly three images
        ("vibration, H.264", 15), ("vibration, H.264", 185), ("hand-held, H.264", 39), ("hand-held, H.264", 48),
        ("tree in wind", 9), ("tree in wind", 37), ("tree in wind", 51), ("water", 61),  # resonances that chance drives
    ],
)  # fmt: skip
def test_no_wrong_number_is_said(kind: str, seed: int) -> None:
    made = SITUATIONS[kind](default_rng([seed, *kind.encode()]))
    is_gross, _, _ = compare(made, measure_temporal(made.series, made.times_s, (ROWS, COLUMNS), made.kinds))
    assert not is_gross


def test_two_lines_that_a_folded_harmonic_joins_by_chance_are_two_rhythms() -> None:
    kind = "two objects"
    made = RHYTHMS[kind](default_rng([3, 46, *kind.encode()]))
    result = measure_temporal(made.series, made.times_s, (ROWS, COLUMNS))
    assert sorted(each.hz for each in result.components) == pytest.approx([5.792, 9.861], abs=0.01)


@pytest.mark.parametrize("hz", [37.0, 97.3, 217.0])
def test_the_truth_is_in_the_family_of_a_folded_lamp(hz: float) -> None:
    t = even(10)
    light = ((hz * t) % 1 < 0.4).astype(np.float64)[:, None]
    (found,) = measure(20 * light * at(2, 2), t).components
    assert min(abs(each - hz) for each in (found.hz, *found.alias_hz)) < 0.01
    assert found.alias_cut == ""


def test_a_swelling_vibration_is_one_rhythm() -> None:
    t = even(12)
    (found,) = measure(4 * (1 + 0.6 * sine(0.7, t)) * sine(6.2, t) * at(2, 2), t).components
    assert found.hz == pytest.approx(6.2, abs=0.02)


@pytest.mark.parametrize("kind", sorted(set(NOTHING) - {"tree in wind", "water"}))
def test_nothing_periodic_gets_no_number(kind: str) -> None:
    for seed in range(5):
        made = NOTHING[kind](default_rng(seed))
        assert measure_temporal(made.series, made.times_s, (ROWS, COLUMNS)).components == ()


def test_flow_with_two_quantities_is_searched_too() -> None:
    t = even(10)
    series = default_rng(1).standard_normal((t.size, 2 * N_CELLS))
    series[:, N_CELLS + 20] += 5 * sine(2.0, t)[:, 0]
    series[:, 90] += 5 * sine(5.1, t)[:, 0]
    result = measure_temporal(series.astype(np.float32), t, (ROWS, COLUMNS))
    assert sorted(each.hz for each in result.components) == pytest.approx([2.0, 5.1], abs=0.02)


def case(name: str, fps: float = 30.0) -> Temporal:
    return measured(Path(CASES / name), fps)


@needs_cases
@pytest.mark.parametrize(
    ("name", "fps", "expected_hz"),
    [
        ("v_doubleflash.mp4", 30.0, [0.8333]),
        ("v_fan4_2.5m.mp4", 60.0, [2.5]),
        ("v_switch3to5.mp4", 30.0, [3.0, 5.0]),
        ("v_breath_pulse.mp4", 30.0, [0.25, 1.2]),
        ("v_shake.mp4", 30.0, []),
    ],
)
def test_what_people_film(name: str, fps: float, expected_hz: list[float]) -> None:
    assert sorted(each.hz for each in case(name, fps).components) == pytest.approx(expected_hz, abs=0.01)


@needs_cases
def test_a_lamp_whose_harmonics_fold_onto_each_other_is_named_with_its_rival() -> None:
    (found,) = case("led9.avi").components
    assert found.hz == pytest.approx(9.0, abs=0.002)
    assert [each.hz for each in found.rivals] == pytest.approx([3.0], abs=0.002)
    assert 1 < found.rivals[0].odds < 10
