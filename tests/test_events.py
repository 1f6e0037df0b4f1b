import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import EventSettings, LabelThresholds
from streamer.errors import UserError
from streamer.events import EventDetector, exposure_s
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


def test_a_score_at_a_threshold_has_reached_it() -> None:
    exact = {"on": 0.75, "off": 0.5}  # both are exact in binary
    (ended,) = [event for event in feed(detector(**exact), [0.75, 0.5, 0.5, 0.25]) if event.offset_s is not None]
    assert (ended.onset_s, ended.offset_s) == (0.25, 1.75)
    assert ended.mean_score == pytest.approx(1.75 / 3)
    twice = detector(**exact, confirm=2, confirm_of=2)
    assert [event.onset_s for event in feed(twice, [0.75, 0.75])] == [0.25]
    longest = detector(**exact, max_length_s=0.5)
    assert spans(feed(longest, [0.75, 0.5, 0.75, 0.25])) == [(0.25, 0.75)]  # at `off` it has not fallen
    denied = detector(**exact, deny=("dog",))
    feed(denied, [0.75])
    assert denied.suppressed(1.0) == {"dog": "denied"}


def test_labels_begin_and_end_in_the_same_window_each_by_its_own_scores() -> None:
    labels = ("dog", "rain")
    found = EventDetector("yard", labels, EventSettings.model_validate(PLAIN), STRIDE_S)
    assert [event.label for event in found.update(window(0, 0.9, 0.8, labels=labels))] == ["dog", "rain"]
    ended = found.update(window(1, 0.0, 0.0, labels=labels))
    assert [(event.label, event.stream) for event in ended] == [("dog", "yard"), ("rain", "yard")]
    assert [event.score for event in ended] == pytest.approx([0.9, 0.8])
    twice = EventSettings.model_validate({**PLAIN, "confirm": 2, "confirm_of": 2})
    found = EventDetector("yard", labels, twice, STRIDE_S)
    assert found.update(window(0, 0.9, 0.0, labels=labels)) == []
    assert found.update(window(1, 0.0, 0.9, labels=labels)) == []  # one window of each confirms neither


def test_smoothing_forgets_what_lies_further_back() -> None:
    found = detector(smoothing_s=1.5)  # three windows
    feed(found, [0.0, 0.0, 0.0, 0.75, 0.75, 0.75])
    assert found.smoothed[0] == 0.75
    assert found.smoothed.dtype == np.float32


def test_a_label_may_fire_again_where_its_cool_down_ends() -> None:
    found = detector(cool_down_s=0.5)
    assert spans(feed(found, [0.9, 0, 0.9, 0])) == [(0.25, 0.75), (1.25, 1.75)]
    found = detector(cool_down_s=0.5)
    feed(found, [0.9, 0, 0.9])
    assert found.suppressed(1.25) == {}


def test_the_greatest_length_holds_to_the_window() -> None:
    assert spans(feed(detector(max_length_s=2.0), [0.9] * 6)) == [(0.25, 2.25)]
    assert spans(feed(detector(max_length_s=2.0), [0.9, 0.9, 0.9, 0.0])) == [(0.25, 1.75)]
    found = EventDetector("s", ("dog",), EventSettings.model_validate({**PLAIN, "max_length_s": 0.3}), 0.1)
    found.set_stride(0.1)  # 0.3 / 0.1 is below 3 in binary
    times = [Scores("s", ("dog",), np.array([0.9], np.float32), i / 10, i / 10 + 1, time=0.0) for i in range(4)]
    assert [len(found.update(scores)) for scores in times] == [1, 0, 1, 0]


def test_a_pause_counts_from_the_last_loud_window() -> None:
    assert spans(feed(detector(merge_gap_s=0.5), [0.9, 0, 0.9, 0, 0.9, 0, 0])) == [(0.25, 2.75)]


def test_suppression_by_an_allow_list_and_after_the_greatest_length_is_named() -> None:
    labels = ("dog", "rain")
    found = EventDetector("s", labels, EventSettings.model_validate({**PLAIN, "allow": ("rain",)}), STRIDE_S)
    found.update(window(0, 0.9, 0.0, labels=labels))
    assert found.suppressed(1.0) == {"dog": "not allowed"}
    found = detector(max_length_s=1.0)
    feed(found, [0.9] * 3)
    assert found.suppressed(5.0) == {"dog": "must fall first"}


def test_a_new_and_a_finished_detector_suppress_nothing_and_count_no_loss() -> None:
    found = detector()
    assert found.suppressed(0.0) == {}
    feed(found, [0.9])
    (ended,) = found.finish()
    assert ended.n_lost == 0
    assert found.suppressed(0.0) == {}
    found.interrupt(10)
    assert spans(feed(found, [0.9, 0.0], first=9)) == [(4.75, 5.25)]


def test_one_threshold_of_a_label_leaves_the_other_common() -> None:
    found = detector(labels={"dog": LabelThresholds(off=0.125)})
    assert (found.on[0], found.off[0]) == (np.float32(0.6), np.float32(0.125))
    assert found.off.dtype == np.float32
    with pytest.raises(UserError, match=r"^events\.labels='cat' must be a label of the model; for example dog$"):
        detector(labels={"cat": LabelThresholds(on=0.2)})


def test_a_refused_label_is_answered_with_its_nearest_or_with_the_first_ones() -> None:
    def refused(label: str, *labels: str) -> str:
        with pytest.raises(UserError) as error:
            EventDetector("s", labels, EventSettings.model_validate({**PLAIN, "deny": (label,)}), STRIDE_S)
        return str(error.value).partition("for example ")[2]

    assert refused("dogs", "dog", "rain") == "dog"
    assert refused("xyz", *(f"label {k:02}" for k in range(20))) == ", ".join(f"label {k:02}" for k in range(12))


def test_what_an_ended_event_used_confirms_no_other() -> None:
    found = detector(confirm=2, confirm_of=3)
    assert spans(feed(found, [0.9, 0.9, 0.0, 0.9, 0.0, 0.0])) == [(0.25, 1.25)]
    assert spans(feed(found, [0.9, 0.9, 0.0], first=6)) == [(3.25, 4.25)]


def test_windows_of_the_cool_down_and_before_the_fall_confirm_nothing() -> None:
    twice = {"confirm": 2, "confirm_of": 2}
    cooling = detector(**twice, cool_down_s=1.0)  # after an event up to 1.25 s, until 2.25 s
    assert spans(feed(cooling, [0.9, 0.9, 0.0, 0.9, 0.9, 0.9, 0.0])) == [(0.25, 1.25), (2.25, 3.25)]
    longest = detector(**twice, max_length_s=1.0)
    assert spans(feed(longest, [0.9] * 5 + [0.0] + [0.9] * 2 + [0.0])) == [(0.25, 1.25), (3.25, 4.25)]


def test_a_cool_down_outlives_the_source_but_not_the_stream() -> None:
    found = detector(cool_down_s=4.0)
    feed(found, [0.9, 0.0])
    found.finish()  # as when a microphone goes …
    assert feed(found, [0.9, 0.0], first=4) == []  # … and comes back
    assert spans(feed(found, [0.9, 0.0], first=10)) == [(5.25, 5.75)]
    found.reset()
    assert spans(feed(found, [0.9, 0.0])) == [(0.25, 0.75)]


def test_no_event_is_longer_than_the_greatest_length() -> None:
    assert spans(feed(detector(max_length_s=1.25), [0.9] * 4)) == [(0.25, 1.5)]
    paused = detector(max_length_s=2.0, merge_gap_s=60.0)
    assert spans(feed(paused, [0.9, *[0.0] * 20, 0.9])) == [(0.25, 0.75)]  # the pause outlasts the event
    late = detector(max_length_s=2.0, merge_gap_s=1.0)
    assert spans(feed(late, [0.9, 0.9, 0.9, 0.0, 0.9, 0.0, 0.0, 0.0])) == [(0.25, 1.75), (2.25, 2.75)]
    lost = detector(max_length_s=8.0)
    feed(lost, [0.9, 0.9])
    lost.interrupt(600_000)
    assert spans(feed(lost, [0.9, 0.9, 0.0], first=1200)) == [(0.25, 1.25)]


def test_smoothing_does_not_delay_an_event() -> None:
    loud = [0.0] * 8 + [1.0] * 8 + [0.0] * 8
    (plain,) = spans(feed(detector(on=0.5, off=0.5), loud))
    for smoothing_s in (1.0, 1.5, 2.0):  # the mean crosses a half in the middle
        (found,) = spans(feed(detector(on=0.5, off=0.5, smoothing_s=smoothing_s), loud))
        assert plain[1] is not None
        assert found[1] is not None
        assert abs(found[0] - plain[0]) <= STRIDE_S / 2
        assert abs(found[1] - plain[1]) <= STRIDE_S / 2


@given(
    values=st.lists(st.sampled_from([0.0, 0.5, 0.9]), max_size=80),
    holes=st.lists(st.integers(0, 79), max_size=3),
    confirm=st.integers(1, 3),
    gap_s=st.sampled_from([0.0, 1.0, 7.0]),
    longest_s=st.sampled_from([0.3, 1.0, 2.6, 8.0]),
    smoothing_s=st.sampled_from([0.0, 1.0, 2.0]),
)
def test_events_keep_to_the_greatest_length_and_to_their_order(
    values: list[float], holes: list[int], confirm: int, gap_s: float, longest_s: float, smoothing_s: float
) -> None:
    found = detector(
        confirm=confirm, confirm_of=3, merge_gap_s=gap_s, max_length_s=longest_s, smoothing_s=smoothing_s
    )  # fmt: skip
    events, index = [], 0
    for k, value in enumerate(values):
        if k in holes:
            found.interrupt(1)
            index += 5
        events += found.update(window(index, value))
        index += 1
    ended = spans([*events, *found.finish()])
    assert all(offset is not None and onset < offset <= onset + longest_s + 1e-9 for onset, offset in ended)
    assert all(a[1] is not None and a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(ended))


def test_an_event_was_possible_only_where_windows_could_confirm_it() -> None:
    events = EventSettings(confirm=2, confirm_of=3)
    assert exposure_s(1, 0.5, events) == 0.0
    assert exposure_s(10, 0.5, events) == 4.5
    assert exposure_s(10, 0.5, EventSettings(confirm=1, confirm_of=1)) == 5.0
    assert exposure_s(10, 0.5, EventSettings(confirm=2, confirm_of=3, min_length_s=3.0)) == 2.5


def test_the_same_process_has_the_same_rate_in_clips_of_any_length() -> None:
    loud = np.random.default_rng(0).random(40_000) < 0.05
    rates = []
    for n_windows in (4, 10, 100, 10_000):
        n_begun = 0
        for clip in np.split(loud.astype(float), loud.size // n_windows):
            n_begun += sum(event.offset_s is None for event in feed(detector(confirm=2, confirm_of=3), clip.tolist()))
        exposed_s = exposure_s(n_windows, STRIDE_S, EventSettings(confirm=2, confirm_of=3)) * loud.size / n_windows
        rates.append(n_begun / exposed_s)
    assert rates == pytest.approx([rates[-1]] * 4, rel=0.3)  # the first window of a clip has fewer before it


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


def test_a_muted_label_has_no_events_until_it_is_heard_again() -> None:
    found = detector()
    found.mute("dog", True)
    assert feed(found, [0.7, 0.7, 0.1]) == []
    assert "dog" in found.muted
    feed(found, [0.7], 3)
    assert found.suppressed(2.0) == {"dog": "muted"}
    found.mute("dog", False)
    assert not found.muted
    assert feed(found, [0.1, 0.1, 0.7, 0.1], 5)


def test_a_threshold_that_is_changed_holds_from_then_on() -> None:
    found = detector()
    assert feed(found, [0.7, 0.1])[0].onset_s == 0.25
    found.set_threshold("dog", 0.8)
    assert feed(found, [0.7, 0.7, 0.1], 2) == []
    found.set_threshold("Dog", 0.3)  # below `off`, which then gives way
    assert [event.offset_s for event in feed(found, [0.35, 0.2], 5)] == [None, 3.25]
    found.set_threshold("dog", 0.8)
    assert len(feed(found, [0.85, 0.5, 0.1], 7)) == 2
    with pytest.raises(UserError, match="label='cat' must be a label"):
        found.set_threshold("cat", 0.5)
