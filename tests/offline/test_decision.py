"""A file gets a label only where the evidence would make an event."""

import numpy as np
import pytest

from streamer.config import EventSettings
from streamer.events import EventDetector
from streamer.model.file_label import file_label
from streamer.offline.decision import decide

LABELS = ("dog", "rain", "background")
EVENTS = EventSettings(on=0.6, off=0.4, confirm=2, confirm_of=3, deny=("background",))


def _detector(labels: tuple[str, ...] = LABELS, events: EventSettings = EVENTS) -> EventDetector:
    return EventDetector("", labels, events, 0.5)


def _scores(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_a_best_score_below_the_threshold_is_background() -> None:
    scores = _scores(*[(0.5, 0.1, 0.4)] * 10)
    assert file_label(scores, LABELS)[0] == "dog"  # the closed-set choice
    decision = decide(scores, _detector(), (), "sound")
    assert decision.label == "background"
    assert decision.score == pytest.approx(0.4**3)
    assert decision.ranking[0][0] == "dog"  # … can still be read


def test_of_the_labels_with_an_event_the_best_scoring_one_is_chosen() -> None:
    scores = _scores(*[(0.5, 0.3, 0.0)] * 8, *[(0.5, 0.7, 0.0)] * 2)
    decision = decide(scores, _detector(), {"rain"}, "sound")
    assert decision.label == "rain"
    assert decision.ranking[0][0] == "dog"
    assert decide(scores, _detector(), {"rain", "dog"}, "sound").label == "dog"


def test_without_a_background_label_there_is_no_label() -> None:
    decision = decide(_scores(*[(0.5, 0.4)] * 10), _detector(("dog", "cat"), EventSettings()), (), "sound")
    assert (decision.label, decision.score) == (None, None)
    assert [label for label, _ in decision.ranking] == ["dog", "cat"]
    assert decide(np.zeros((0, 3), np.float32), _detector(), (), "sound").ranking == ()


def test_a_file_too_short_for_an_event_needs_a_mean_at_the_threshold() -> None:
    assert decide(_scores((0.61, 0.2, 0.1)), _detector(), (), "sound").label == "dog"
    assert decide(_scores((0.59, 0.2, 0.1)), _detector(), (), "sound").label == "background"
    long = EVENTS.model_copy(update={"min_length_s": 2.0})  # four windows
    loud_once = _scores((0.99, 0.0, 0.1), (0.3, 0.0, 0.1), (0.3, 0.0, 0.1))
    assert decide(loud_once, _detector(events=long), (), "sound").label == "background"
    assert decide(np.minimum(loud_once + 0.15, 1.0), _detector(events=long), (), "sound").label == "dog"


def test_what_may_not_fire_is_no_label_of_a_short_file_either() -> None:
    scores = _scores((0.9, 0.8, 0.95))
    assert decide(scores, _detector(), (), "sound").label == "dog"
    denied = EVENTS.model_copy(update={"deny": ("dog", "background")})
    assert decide(scores, _detector(events=denied), (), "sound").label == "rain"
    assert decide(_scores((0.9, 0.1, 0.95)), _detector(events=denied), (), "sound").label == "background"


def test_the_background_of_another_task_has_another_name() -> None:
    labels = ("fan", "still")
    scores = _scores(*[(0.3, 0.4)] * 5)
    assert decide(scores, _detector(labels, EventSettings(deny=("still",))), (), "motion").label == "still"
