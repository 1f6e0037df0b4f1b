"""What was no event, and why: told once for each time in which it was so."""

from __future__ import annotations

import numpy as np
import pytest

from streamer.config import EventSettings, LabelThresholds
from streamer.messages import Scores
from streamer.monitor.snapshot import SuppressedEvent
from streamer.monitor.suppressions import MOST_KEPT, Suppressions
from streamer.pipeline.stage import Stage
from tests.support.loudness import Loudness

STRIDE_S = 0.5
PLAIN = {"on": 0.6, "off": 0.4, "confirm": 1, "confirm_of": 1, "merge_gap_s": 0.0}


class Run:
    """A stage whose scores are given, with what is suppressed."""

    def __init__(self, **settings: object) -> None:
        self.stage = Stage("s", Loudness(), EventSettings.model_validate({**PLAIN, **settings}), STRIDE_S)
        self.suppressions = Suppressions([self.stage])
        self.n = 0

    def feed(self, *values: float) -> None:
        for value in values:
            self.n += 1
            end_s = self.n * STRIDE_S
            scores = Scores("s", ("loud", "low"), np.array([value, 0.0], np.float32), end_s - 1.0, end_s, 1e9 + end_s)
            self.stage.detector.update(scores)
            self.suppressions.update(end_s, 1e9)

    @property
    def found(self) -> list[tuple[str, str, float, float]]:
        return [(e.label, e.reason, round(e.score, 2), e.length_s) for e in self.suppressions.now()]


def test_an_event_is_no_suppressed_one_before_during_or_after() -> None:
    run = Run()
    run.feed(0.1, 0.55, 0.9, 0.9, 0.5, 0.1, 0.1)
    assert run.found == []
    late = Run(min_length_s=1.5)
    late.feed(0.9, 0.9)
    assert late.found == [("loud", "too short", 0.9, 0.5)]  # as far as is known now
    late.feed(0.9, 0.9, 0.1)
    assert late.found == []


@pytest.mark.parametrize(
    ("settings", "values", "reason"),
    [
        ({"deny": ["loud"]}, (0.9, 0.8, 0.1), "denied"),
        ({"allow": ["low"]}, (0.9, 0.8, 0.1), "not allowed"),
        ({"confirm": 3, "confirm_of": 3}, (0.9, 0.9, 0.1), "not confirmed"),
        ({"min_length_s": 3.0}, (0.9, 0.9, 0.1), "too short"),
        ({}, (0.55, 0.52, 0.1), "begins at 0.60"),
    ],
)
def test_each_reason_is_told_once_with_the_highest_score(
    settings: dict[str, object], values: tuple[float, ...], reason: str
) -> None:
    run = Run(**settings)
    run.feed(0.1, *values, 0.1)
    assert run.found == [("loud", reason, max(values), 0.5)]
    run.feed(*values)
    assert [each[1] for each in run.found] == [reason, reason]
    first, second = run.suppressions.now()
    assert (first.time, second.time) == (1e9 + 1.0, 1e9 + 3.0 + 0.5 * (len(values) - 3))


def test_what_a_person_muted_and_what_comes_too_soon() -> None:
    run = Run(cool_down_s=2.0, max_length_s=1.0)
    run.stage.detector.mute("loud", True)
    run.feed(0.9, 0.9, 0.1)
    run.stage.detector.mute("loud", False)
    run.feed(0.9, 0.1, 0.9, 0.9, 0.1)
    assert [each[1] for each in run.found] == ["muted", "cool-down"]
    assert [each.is_chosen for each in run.suppressions.now()] == [True, False]
    long = Run(max_length_s=1.0)
    long.feed(0.9, 0.9, 0.9, 0.9)
    assert [each[1] for each in long.found] == ["must fall first"]


def test_far_below_the_threshold_or_below_the_end_nothing_is_told() -> None:
    run = Run(labels={"loud": LabelThresholds(on=0.6, off=0.58)})
    run.feed(0.45, 0.55, 0.57, 0.1)
    assert run.found == []
    run.feed(0.59, 0.1)
    assert [each[1] for each in run.found] == ["begins at 0.60"]


def test_the_oldest_go_and_times_follow_the_clock() -> None:
    run = Run(deny=["loud"])
    for _ in range(MOST_KEPT + 5):
        run.feed(0.9, 0.1)
    assert len(run.found) == MOST_KEPT
    run.feed(0.9)
    before: tuple[SuppressedEvent, ...] = run.suppressions.now()
    run.suppressions.change_clock(3600.0)
    assert [b.time - a.time for a, b in zip(before, run.suppressions.now(), strict=True)] == [3600.0] * len(before)
