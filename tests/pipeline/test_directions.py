"""Directions of events and files: those of their windows, where they agree and the label has one."""

from dataclasses import replace

import numpy as np
import pytest

from streamer.messages import Direction, Scores
from streamer.pipeline.directions import EventDirections, direction_of

LABELS = ("still", "drift", "oscillation", "rotation", "pulse", "mine")
CLOCKWISE = Direction("rotation", sense="clockwise")
OTHER_WAY = Direction("rotation", sense="counter-clockwise")


def along(deg: float, sigma: float = 3.0) -> Direction:
    return Direction("axis", deg, sigma)


def towards(deg: float, sigma: float = 3.0) -> Direction:
    return Direction("travel", deg, sigma)


def window(at: int, *directions: Direction, score: float = 0.9) -> Scores:
    values = np.full(len(LABELS), score, np.float32)
    return Scores("camera", LABELS, values, float(at), at + 4.0, 0.0, directions)


def stated(label: str, *found: tuple[Direction, ...]) -> Direction | None:
    return direction_of(label, 0.4, [window(i, *each) for i, each in enumerate(found)])


def test_a_label_takes_the_kind_of_direction_that_it_has() -> None:
    both = (CLOCKWISE, along(20), towards(100))
    assert stated("rotation", both) == CLOCKWISE
    oscillation, drift = stated("oscillation", both), stated("drift", both)
    assert oscillation is not None
    assert oscillation.what == "axis"
    assert (oscillation.deg, oscillation.deg_sigma) == pytest.approx((20, 3))
    assert drift is not None
    assert drift.what == "travel"
    assert drift.deg == pytest.approx(100)
    assert stated("mine", both) == CLOCKWISE  # the clearest
    for label in ("still", "pulse"):
        assert stated(label, both) is None
    assert stated("oscillation", (CLOCKWISE,)) is None


def test_axes_are_averaged_over_the_vertical_and_travel_over_the_left() -> None:
    axis = stated("oscillation", (along(88),), (along(-88),))
    assert axis is not None
    assert axis.deg == pytest.approx(90)
    travel = stated("drift", (towards(176),), (towards(-176),))
    assert travel is not None
    assert travel.deg == pytest.approx(180)


def test_the_uncertainty_is_that_of_a_window_or_the_spread() -> None:
    same = stated("oscillation", *[(along(30),)] * 9)
    assert same is not None
    assert same.deg_sigma == pytest.approx(3)
    spread = stated("oscillation", (along(20, 1),), (along(40, 1),))
    assert spread is not None
    assert spread.deg_sigma == pytest.approx(10, rel=0.05)


def test_windows_that_disagree_tell_nothing() -> None:
    assert stated("drift", (towards(0),), (towards(180),)) is None
    assert stated("oscillation", (along(0),), (along(80),)) is None
    assert stated("rotation", (CLOCKWISE,), (OTHER_WAY,)) is None
    assert stated("rotation", *[(CLOCKWISE,)] * 9, (OTHER_WAY,)) == CLOCKWISE
    assert stated("mine", (CLOCKWISE,), (along(3),)) is None


def test_one_of_many_windows_is_not_enough() -> None:
    assert stated("rotation", (CLOCKWISE,), (), (), ()) is None
    assert stated("rotation", (CLOCKWISE,), (), ()) == CLOCKWISE


def test_windows_without_the_label_or_a_measurement_do_not_count() -> None:
    absent, unmeasured = window(0, OTHER_WAY, score=0.2), replace(window(1), directions=None)
    assert direction_of("rotation", 0.4, [absent, unmeasured, window(2, CLOCKWISE)]) == CLOCKWISE
    assert direction_of("rotation", 0.4, [absent, unmeasured]) is None


def test_an_event_takes_the_windows_whose_middle_lies_in_it() -> None:
    kept = EventDirections()
    for each in (window(0, OTHER_WAY), window(10, CLOCKWISE), window(20, OTHER_WAY)):
        kept.add(each)
    kept.add(replace(window(11, OTHER_WAY), directions=None))
    assert kept.between("rotation", 0.4, 11.0, 15.0) == CLOCKWISE
    assert kept.between("rotation", 0.4, 13.0, 15.0) is None
    kept.clear()
    assert kept.between("rotation", 0.4, 11.0, 15.0) is None
