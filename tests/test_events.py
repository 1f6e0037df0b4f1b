import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import EventSettings, LabelThresholds
from streamer.errors import UserError
from streamer.events import EventDetector
from streamer.messages import Event, Scores

STRIDE_S, WINDOW_S = 0.5, 1.0
PLAIN = {"on": 0.6, "off": 0.4, "confirm": 1, "confirm_of": 1, "merge_gap_s": 0.0}


def detector(**settings: object) -> EventDetector:
    return EventDetector("s", ("dog",), EventSettings.model_validate({**PLAIN, **settings}), STRIDE_S)


def window(index: int, *values: float, labels: tuple[str, ...] = ("dog",)) -> Scores:
    start_s = index * STRIDE_S
    end_s = start_s + WINDOW_S
    return Scores("s", labels, np.array(values, np.float32), start_s, end_s, time=1000.0 + end_s)


def feed(found: EventDetector, values: list[float], first: int = 0) -> list[Event]:
    return [event for i, v in enumerate(values, first) for event in found.update(window(i, v))]


def spans(events: list[Event]) -> list[tuple[float, float | None]]:
    return [(event.onset_s, event.offset_s) for event in events if event.offset_s is not None]


def test_onset_and_offset_are_the_edges_of_spans_around_window_centres() -> None:
    began, ended = feed(detector(), [0, 0, 0.9, 0.7, 0.1])
    assert (began.onset_s, began.offset_s) == (1.25, None)  # window 2 spans 1…2 s, its stride 1.25…1.75
    assert (ended.onset_s, ended.offset_s) == (1.25, 2.25)
    assert ended.score == pytest.approx(0.9)
    assert ended.mean_score == pytest.approx(0.8)
    assert ended.time == pytest.approx(1000 + 1.25)


def test_between_off_and_on_an_event_neither_begins_nor_ends() -> None:
    assert feed(detector(), [0.5, 0.5]) == []
    assert spans(feed(detector(), [0.9, 0.5, 0.5, 0.1])) == [(0.25, 1.75)]


def test_confirmation_needs_m_of_n_and_dates_back_to_the_first() -> None:
    twice = {"confirm": 2, "confirm_of": 3}
    assert feed(detector(**twice), [0.9, 0, 0, 0.9, 0, 0]) == []
    began, ended = feed(detector(**twice), [0, 0.9, 0, 0.8, 0])
    assert (began.onset_s, ended.offset_s) == (0.75, 2.25)


def test_smoothing_is_the_mean_over_the_time_given() -> None:
    found = detector(smoothing_s=1.0)  # two windows
    assert feed(found, [0.0, 1.0]) == []
    assert found.smoothed[0] == 0.5
    assert len(feed(found, [1.0], first=2)) == 1


def test_short_pauses_are_merged_and_longer_ones_end_the_event() -> None:
    assert spans(feed(detector(merge_gap_s=0.5), [0.9, 0, 0.9, 0, 0])) == [(0.25, 1.75)]
    assert spans(feed(detector(merge_gap_s=0.5), [0.9, 0, 0, 0.9, 0, 0])) == [(0.25, 0.75), (1.75, 2.25)]


def test_events_shorter_than_the_minimum_are_neither_announced_nor_ended() -> None:
    assert feed(detector(min_length_s=1.0), [0.9, 0, 0]) == []
    began, ended = feed(detector(min_length_s=1.0), [0.9, 0.9, 0])
    assert (began.offset_s, ended.offset_s) == (None, 1.25)


def test_the_longest_event_is_ended_and_the_label_must_fall_before_it_fires_again() -> None:
    events = feed(detector(max_length_s=1.0), [0.9] * 6 + [0.0, 0.9, 0.0])
    assert spans(events) == [(0.25, 1.25), (3.75, 4.25)]


def test_cool_down_keeps_a_label_quiet() -> None:
    found = detector(cool_down_s=1.0)
    assert spans(feed(found, [0.9, 0, 0.9, 0, 0.9, 0])) == [(0.25, 0.75), (2.25, 2.75)]


def test_suppressed_labels_say_why() -> None:
    labels = ("dog", "rain")
    found = EventDetector("s", labels, EventSettings.model_validate({**PLAIN, "deny": ("Rain",)}), STRIDE_S)
    (event,) = found.update(window(0, 0.9, 0.9, labels=labels))
    assert event.label == "dog"
    assert found.suppressed(1.0) == {"rain": "denied"}
    cooling = detector(cool_down_s=2.0)
    feed(cooling, [0.9, 0, 0.9])
    assert cooling.suppressed(1.75) == {"dog": "cool-down 1 s"}


def test_only_allowed_labels_fire() -> None:
    labels = ("dog", "rain")
    found = EventDetector("s", labels, EventSettings.model_validate({**PLAIN, "allow": ("rain",)}), STRIDE_S)
    assert [event.label for event in found.update(window(0, 0.9, 0.9, labels=labels))] == ["rain"]


def test_thresholds_of_a_label_override_the_common_ones() -> None:
    found = detector(labels={"dog": LabelThresholds(on=0.2)})
    assert (found.on[0], found.off[0]) == (np.float32(0.2), np.float32(0.2))  # off never above on
    assert len(feed(found, [0.3])) == 1


@pytest.mark.parametrize("key", ["allow", "deny"])
def test_unknown_labels_are_refused_with_the_nearest(key: str) -> None:
    with pytest.raises(UserError, match=rf"events\.{key}='dgo' must be a label of the model; for example dog"):
        detector(**{key: ("dgo",)})


def test_nothing_fires_on_what_came_before_a_hole() -> None:
    found = detector(confirm=2, confirm_of=2)
    feed(found, [0.9])
    found.interrupt(100)
    assert feed(found, [0.9], first=5) == []
    assert len(feed(found, [0.9], first=6)) == 1


def test_a_running_event_notes_what_was_lost_inside_it() -> None:
    found = detector()
    feed(found, [0.9])
    found.interrupt(160)
    (ended,) = feed(found, [0.9, 0.0], first=3)
    assert (ended.n_lost, ended.offset_s) == (160, 2.25)


def test_finish_ends_running_events_where_they_were_last_heard() -> None:
    found = detector(merge_gap_s=2.0)
    feed(found, [0.9, 0.0])
    assert len(found.running) == 1
    (ended,) = found.finish()
    assert ended.offset_s == 0.75
    assert not found.running
    assert found.finish() == []


@given(
    values=st.lists(st.floats(0, 1, width=32), max_size=60),
    confirm=st.integers(1, 3),
    extra=st.integers(0, 2),
    gap_s=st.sampled_from([0.0, 0.5, 1.0]),
    shortest_s=st.sampled_from([0.0, 1.0]),
    longest_s=st.sampled_from([1.0, 5.0, 30.0]),
    cool_down_s=st.sampled_from([0.0, 1.0]),
)
def test_every_start_has_one_end_and_events_never_overlap(
    values: list[float],
    confirm: int,
    extra: int,
    gap_s: float,
    shortest_s: float,
    longest_s: float,
    cool_down_s: float,
) -> None:
    found = detector(
        confirm=confirm,
        confirm_of=confirm + extra,
        merge_gap_s=gap_s,
        min_length_s=shortest_s,
        max_length_s=longest_s,
        cool_down_s=cool_down_s,
    )
    events = feed(found, values) + found.finish()
    assert [event.offset_s is None for event in events] == [True, False] * (len(events) // 2)
    quiet_until_s = -1.0
    for began, ended in zip(events[::2], events[1::2], strict=True):
        assert ended.offset_s is not None
        assert began.onset_s == ended.onset_s >= quiet_until_s
        assert shortest_s <= ended.offset_s - ended.onset_s + 1e-9
        assert ended.offset_s - ended.onset_s <= longest_s + confirm + extra
        assert 0.6 <= ended.score <= 1.0
        assert 0.4 - 1e-6 <= ended.mean_score <= ended.score
        quiet_until_s = ended.offset_s + cool_down_s
