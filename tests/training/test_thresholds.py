import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from streamer.config import EventSettings, LabelThresholds
from streamer.evaluation.tracks import NO_LABEL, ScoreTrack
from streamer.training.thresholds import (
    CANDIDATES,
    alarms,
    binomial_limit,
    choose_for_events,
    choose_for_pictures,
    poisson_limit,
    with_thresholds,
)
from streamer.training.world import WorldTrack, world_evidence

LABELS = ("bell", "door", "background")
EVENTS = EventSettings(on=0.6, off=0.4, confirm=2, confirm_of=3, deny=("background",))
STRIDE_S = 0.5


def _track(label: int, bell: list[float], door: list[float] | None = None, stride_s: float = STRIDE_S) -> ScoreTrack:
    scores = np.zeros((len(bell), 3), np.float32)
    scores[:, 0], scores[:, 1] = bell, door or [0.0] * len(bell)
    return ScoreTrack(scores, label, stride_s)


def test_the_threshold_lies_above_what_would_be_a_false_alarm_and_no_higher() -> None:
    tracks = [
        _track(0, [0.9, 0.9, 0.9]),
        _track(0, [0.2, 0.65, 0.65]),
        _track(1, [0.7, 0.7, 0.7]),  # sounds like the bell
        _track(1, [0.99, 0.1, 0.1]),  # for one window only, which is not confirmed
    ]
    bell, door = choose_for_events(tracks, LABELS, EVENTS, per_hour=1.0)
    assert (bell.label, bell.on, bell.off) == ("bell", 0.72, 0.48)
    assert bell.n_false == 0
    assert bell.amount == pytest.approx(2.0 / 3600)  # of three windows the second and third can confirm an event
    assert bell.limit == pytest.approx(poisson_limit(0) / bell.amount)
    assert bell.missed == 0.5
    assert door.on == EVENTS.on  # no false alarm, but three seconds are little evidence: not below the common one
    assert door.missed == 1.0


def test_long_examples_allow_alarms_and_lower_thresholds() -> None:
    tracks = [_track(1, [0.7, 0.7, 0.0], stride_s=1800.0) for _ in range(4)]  # an hour in which to begin
    tracks += [_track(1, [0.1] * 97, stride_s=3600.0)]
    tracks += [_track(0, [0.55, 0.55])]
    bell, _ = choose_for_events(tracks, LABELS, EVENTS, per_hour=0.1)  # 0.05 in 100 hours: five bells may be wrong
    assert bell.on == CANDIDATES[0]
    assert bell.n_false == 4
    assert bell.missed == 0.0


def test_clips_too_short_to_confirm_an_event_promise_nothing() -> None:
    tracks = [_track(1, [1.0]) for _ in range(1000)] + [_track(0, [1.0, 1.0])]  # the worst classifier, and long data
    bell, _ = choose_for_events(tracks, LABELS, EVENTS, per_hour=1.0)
    assert (bell.n_false, bell.amount, bell.limit) == (0, 0.0, math.inf)


def test_a_rate_that_cannot_be_kept_gets_the_highest_threshold() -> None:
    bell, _ = choose_for_events([_track(1, [1.0, 1.0, 1.0])], LABELS, EVENTS, per_hour=1.0)
    assert bell.on == CANDIDATES[-1]
    assert bell.n_false == 1
    assert math.isnan(bell.missed)
    assert not bell.is_kept


def test_a_label_is_not_silenced_to_keep_the_rate() -> None:
    tracks = [_track(1, [0.97, 0.97, 0.97])]  # a door like a bell
    tracks += [_track(0, [score] * 3) for score in (0.9, 0.85, 0.8, 0.7)]
    bell, door = choose_for_events(tracks, LABELS, EVENTS, per_hour=1.0)
    assert bell.on == 0.84  # half of the bells are found: above, fewer would be
    assert bell.missed == 0.5
    assert bell.n_false == 1
    assert not bell.is_kept
    assert door.is_kept


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(0.0, 600.0))
def test_false_alarms_stay_within_what_is_allowed(seed: int, per_hour: float) -> None:
    rng = np.random.default_rng(seed)
    tracks = [
        ScoreTrack((rng.random((rng.integers(1, 12), 3)) ** 2).astype(np.float32), int(rng.integers(3)), STRIDE_S)
        for _ in range(12)
    ]
    for chosen in choose_for_events(tracks, LABELS, EVENTS, per_hour):
        assert chosen.n_false <= per_hour / 2 * chosen.amount + 1e-9 or not chosen.is_kept
        own = with_thresholds(EVENTS, [chosen])
        n_false, _ = alarms(tracks, LABELS, own.model_copy(update={"allow": (chosen.label,), "deny": ()}))
        assert int(n_false.sum()) == chosen.n_false  # what the detector does with the chosen ones is what was claimed


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.floats(0.0, 1.0))
def test_pictures_stay_within_their_share(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    scores, truths = rng.random((50, 3)).astype(np.float32), rng.integers(3, size=50)
    for place, chosen in enumerate(choose_for_pictures(scores, truths, LABELS, EVENTS, share)):
        reaching = int((scores[truths != place, place] >= np.float32(chosen.on)).sum())
        assert reaching == chosen.n_false
        assert chosen.n_false <= share / 2 * chosen.amount + 1e-9 or not chosen.is_kept


def test_thresholds_replace_those_before() -> None:
    events = EVENTS.model_copy(update={"labels": {"door": LabelThresholds(on=0.9)}})
    chosen = choose_for_events([_track(0, [0.9, 0.9])], LABELS, events, 1.0)
    assert set(with_thresholds(events, chosen).labels) == {"bell", "door"}
    assert with_thresholds(events, chosen[:1]).labels == {"bell": LabelThresholds(on=0.6, off=0.4)}


def test_alarms_count_wrong_events_and_own_ones() -> None:
    tracks = [_track(0, [0.9, 0.9]), _track(1, [0.9, 0.9, 0.0]), _track(2, [0.0, 0.0])]
    n_false, own = alarms(tracks, LABELS, EVENTS)
    assert n_false.tolist() == [0, 1, 0]
    assert own.tolist() == [True, False, False]


def test_limits_agree_with_the_textbook() -> None:
    assert poisson_limit(0) == pytest.approx(-math.log(0.05))
    assert poisson_limit(3) == pytest.approx(7.754, abs=1e-3)
    assert binomial_limit(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert binomial_limit(10, 10) == 1.0
    assert binomial_limit(0, 0) == 1.0


def _world(*bells: float, alike: tuple[str, ...] = (), hours: float = 1.0, n: int = 40) -> WorldTrack:
    """Return a recording of so many hours in which the bell has some scores, each for two windows, and then none."""
    scores = np.zeros((n, 3), np.float32)
    for i, bell in enumerate(bells):
        scores[4 * i : 4 * i + 2, 0] = bell
    return WorldTrack(ScoreTrack(scores, NO_LABEL, hours * 3600.0 / (n - 1)), alike, "street")


QUIET = EVENTS.model_copy(update={"merge_gap_s": 0.0})
OWN = [_track(0, [score] * 3) for score in (0.99, 0.97, 0.95, 0.9)]


def test_a_threshold_keeps_the_rate_in_the_world_too() -> None:
    alone, _ = choose_for_events(OWN, LABELS, QUIET, 1.0)
    assert (alone.on, alone.n_world, alone.world_hours, alone.world_limit) == (0.6, 0, 0.0, math.inf)
    bell, door = choose_for_events(OWN, LABELS, QUIET, 1.0, [_world(0.9, 0.7), _world(0.8)])
    assert bell.on == 0.82  # half an alarm an hour in two hours: one is allowed
    assert bell.n_world == 1
    assert bell.world_hours == pytest.approx(2.0)
    assert bell.world_limit == pytest.approx(poisson_limit(1) / 2.0)
    assert bell.is_kept
    assert door.on == alone.on


def test_what_the_world_forbids_is_not_weighed_against_what_is_missed() -> None:
    bell, _ = choose_for_events(OWN, LABELS, QUIET, 1.0, [_world(0.985)])
    assert bell.on == 0.99
    assert bell.missed == 0.75
    assert bell.n_world == 0
    assert bell.is_kept
    loud, _ = choose_for_events(OWN, LABELS, QUIET, 1.0, [_world(1.0)])
    assert (loud.on, loud.n_world, loud.is_kept) == (CANDIDATES[-1], 1, False)


def test_the_examples_give_way_to_what_is_missed_but_not_below_the_world() -> None:
    tracks = [*OWN, _track(1, [0.995] * 3)]  # a door like a bell
    bell, _ = choose_for_events(tracks, LABELS, QUIET, 1.0, [_world(0.8)])
    assert bell.on == 0.96  # half of the bells are found; the world would allow 0.82
    assert bell.n_world == 0
    assert not bell.is_kept
    strict, _ = choose_for_events(tracks, LABELS, QUIET, 1.0, [_world(0.985)])
    assert strict.on == 0.99


def test_a_recording_like_a_label_says_nothing_of_it() -> None:
    bell, door = choose_for_events(OWN, LABELS, QUIET, 1.0, [_world(0.9, 0.9, 0.9, alike=("bell",)), _world()])
    assert (bell.on, bell.n_world) == (0.6, 0)
    assert bell.world_hours == pytest.approx(1.0)
    assert door.world_hours == pytest.approx(2.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.floats(0.0, 600.0))
def test_the_world_is_quiet_at_what_is_chosen(seed: int, per_hour: float) -> None:
    rng = np.random.default_rng(seed)
    world = [
        WorldTrack(
            ScoreTrack((rng.random((rng.integers(3, 30), 3)) ** 3).astype(np.float32), NO_LABEL, STRIDE_S),
            tuple(label for label in LABELS if rng.random() < 0.2),
            "anywhere",
        )
        for _ in range(6)
    ]
    tracks = [_track(int(rng.integers(3)), rng.random(6).tolist(), rng.random(6).tolist()) for _ in range(8)]
    chosen = choose_for_events(tracks, LABELS, EVENTS, per_hour, world)
    events = with_thresholds(EVENTS, chosen)
    for one in chosen:
        assert one.n_world <= per_hour / 2 * one.world_hours + 1e-9 or one.on == CANDIDATES[-1]
    evidence = world_evidence(world, LABELS, events)
    assert evidence.false.n == sum(one.n_world for one in chosen)
    assert evidence.n_recordings == 6
    assert evidence.origins == (("anywhere", 6),)
