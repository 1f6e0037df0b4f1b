"""Events found are compared with annotated ones as the metrics define it."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.errors import UserError
from streamer.evaluation.annotations import Annotation
from streamer.evaluation.detection import EvaluatedRecording, Matches, evaluate_events
from streamer.messages import Event

pytest.importorskip("sed_eval")


def event(label: str, onset_s: float, offset_s: float) -> Event:
    return Event("file", label, 0.9, 0.8, onset_s, offset_s, 0.0)


def test_a_case_counted_by_hand() -> None:
    first = EvaluatedRecording(
        (Annotation(1.0, 2.0, "dog"), Annotation(5.0, 9.0, "rain"), Annotation(20.0, 21.0, "dog")),
        (
            event("dog", 1.1, 1.6),  # right: onset 0.1 s off, offset 0.4 s of a length of 1 s
            event("rain", 5.5, 9.0),  # overlaps, but its onset is 0.5 s off
            event("dog", 7.0, 8.0),  # a false alarm, though rain is there
        ),
        30.0,
        30.0,
    )
    second = EvaluatedRecording((Annotation(0.0, 1.0, "dog"),), (event("rain", 3.0, 4.0),), 30.0, 30.0)
    overall, by_label = evaluate_events([first, second])
    assert list(by_label) == ["dog", "rain"]
    assert by_label["dog"].events == Matches(n_true=3, n_found=2, n_right=1)
    assert by_label["rain"].events == Matches(1, 2, 0)
    assert overall.events == Matches(4, 4, 1)
    assert (overall.events.precision, overall.events.recall, overall.events.f1) == (0.25, 0.25, 0.25)
    # Whole seconds that hold the label: dog 1, 20 and 0 against 1 and 7; rain 5, 6, 7, 8 against the same and 3.
    assert by_label["dog"].segments == Matches(3, 2, 1)
    assert by_label["rain"].segments == Matches(4, 5, 4)
    assert overall.segments.f1 == pytest.approx(2 * 5 / (7 + 7))
    assert (by_label["dog"].n_overlapped, by_label["rain"].n_overlapped, overall.n_overlapped) == (1, 1, 2)
    assert (by_label["dog"].n_false_alarms, by_label["rain"].n_false_alarms, overall.n_false_alarms) == (1, 1, 2)
    assert overall.hours == pytest.approx(1 / 60)
    assert overall.false_alarms.per_hour == pytest.approx(120)
    assert overall.false_alarms.interval == pytest.approx((60 * 0.24221, 60 * 7.22469), rel=1e-4)


def test_the_collar_decides() -> None:
    recording = EvaluatedRecording((Annotation(1.0, 2.0, "dog"),), (event("dog", 1.3, 2.0),), 10.0, 10.0)
    assert evaluate_events([recording])[0].events.f1 == 0.0
    assert evaluate_events([recording], collar_s=0.4)[0].events.f1 == 1.0


def test_a_true_event_is_matched_once() -> None:
    recording = EvaluatedRecording(
        (Annotation(1.0, 2.0, "dog"),), (event("dog", 1.0, 2.0), event("dog", 1.1, 2.1)), 10.0, 10.0
    )
    overall, _ = evaluate_events([recording])
    assert overall.events == Matches(1, 2, 1)
    assert overall.n_false_alarms == 0  # both overlap it


def test_no_events_at_all() -> None:
    overall, by_label = evaluate_events([EvaluatedRecording((), (), 3600.0, 1800.0)])
    assert by_label == {}
    assert math.isnan(overall.events.f1)
    assert overall.false_alarms.interval == pytest.approx((0.0, 2 * 3.68888), rel=1e-4)


def test_an_event_beyond_the_end_of_the_recording_is_cut() -> None:
    recording = EvaluatedRecording((Annotation(0.1, 0.5, "dog"),), (event("dog", 0.1, 1.2),), 0.5, 0.5)
    overall, _ = evaluate_events([recording])
    assert overall.events.f1 == overall.segments.f1 == 1.0
    after_the_end = EvaluatedRecording((), (event("dog", 0.7, 1.2),), 0.5, 0.0)
    overall, _ = evaluate_events([after_the_end])
    assert overall.n_false_alarms == 1
    assert math.isnan(overall.false_alarms.per_hour)  # of no time in which an event was possible
    assert overall.false_alarms.interval == (0.0, math.inf)


spans = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=6)


@given(spans, spans)
@settings(deadline=None)  # the first example imports sed_eval
def test_figures_agree_with_each_other(true: list[tuple[str, int]], found: list[tuple[str, int]]) -> None:
    annotations = tuple(Annotation(start / 4, start / 4 + 1, label) for label, start in true)
    events = tuple(event(label, start / 4, start / 4 + 1) for label, start in found)
    overall, by_label = evaluate_events([EvaluatedRecording(annotations, events, 12.0, 12.0)])
    assert overall.events.n_true == len(true)
    assert overall.events.n_found == len(found)
    assert overall.events.n_right <= min(len(true), len(found))
    assert overall.n_false_alarms <= len(found) - overall.events.n_right
    for label, detection in by_label.items():
        seconds = np.zeros((2, 12), bool)
        for row, drawn in enumerate((true, found)):
            for name, start in drawn:
                if name == label:
                    seconds[row, start // 4 : -(-(start + 4) // 4)] = True
        counted = Matches(int(seconds[0].sum()), int(seconds[1].sum()), int(seconds.all(axis=0).sum()))
        assert detection.segments == counted


def test_without_sed_eval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sed_eval", None)
    with pytest.raises(UserError, match=r"compared by sed_eval.*pip install .*\[train\]'"):
        evaluate_events([EvaluatedRecording((), (), 1.0, 1.0)])
