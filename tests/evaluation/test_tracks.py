"""Events are detected in kept scores as live, whatever is passed over to save time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.config import EventSettings, LabelThresholds
from streamer.evaluation.tracks import NO_LABEL, ScoreTrack, count_begun, thresholds_shifted
from streamer.events import EventDetector
from streamer.messages import Scores

LABELS = ("bell", "door")
STRIDE_S = 0.25


def _begun_live(track: ScoreTrack, events: EventSettings) -> list[int]:
    """Run the detector over every window, as the live pipeline does."""
    detector = EventDetector("", LABELS, events, track.stride_s)
    found = []
    for k, values in enumerate(track.scores):
        if k in track.breaks:
            detector.interrupt(0)
        at_s = k * track.stride_s
        found += detector.update(Scores("", LABELS, values, at_s, at_s + 1.0, 0.0))
    return [sum(event.label == label and event.offset_s is None for event in found) for label in LABELS]


@given(
    st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.45, 0.7, 0.95]), min_size=2, max_size=120),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.4, 1.0]),
    st.sampled_from([0.0, 0.75]),
    st.sampled_from([2.0, 30.0]),
    st.lists(st.integers(1, 100), max_size=2),
)
@settings(max_examples=150, deadline=None)
def test_quiet_windows_may_be_passed_over(
    bells: list[float], smoothing_s: float, merge_s: float, cool_s: float, longest_s: float, breaks: list[int]
) -> None:
    scores = np.array([bells, bells[::-1]], np.float32).T
    track = ScoreTrack(scores, NO_LABEL, STRIDE_S, tuple(at for at in sorted(set(breaks)) if at < len(bells)))
    events = EventSettings(
        smoothing_s=smoothing_s,
        merge_gap_s=merge_s,
        cool_down_s=cool_s,
        max_length_s=longest_s,
        labels={"door": LabelThresholds(on=0.4, off=0.05)},
    )
    assert count_begun(track, LABELS, events).tolist() == _begun_live(track, events)


def test_a_shift_moves_every_threshold_by_the_same_logit() -> None:
    events = EventSettings(on=0.5, off=0.5, labels={"door": LabelThresholds(on=0.9, off=0.2)})
    higher = thresholds_shifted(LABELS, events, 2.0)
    detector = EventDetector("", LABELS, higher, STRIDE_S)
    logits = np.log(detector.on / (1 - detector.on))
    assert logits == pytest.approx([2.0, np.log(9.0) + 2.0], abs=1e-4)
    assert thresholds_shifted(LABELS, events, 0.0) == events


def test_exposure_ends_at_a_loss() -> None:
    scores = np.zeros((10, 2), np.float32)
    whole, broken = (ScoreTrack(scores, NO_LABEL, 1.0, breaks) for breaks in ((), (5,)))
    events = EventSettings(confirm=2)
    assert (whole.exposure_s(events), broken.exposure_s(events)) == (9.0, 8.0)


def test_a_track_of_scores_knows_its_stride_and_what_was_lost() -> None:
    values = np.zeros(2, np.float32)
    scores = [Scores("", LABELS, values, at_s, at_s + 1.0, 0.0) for at_s in (0.0, 0.5, 1.0, 4.0, 4.5)]
    track = ScoreTrack.of(scores, 1, 5.5)
    assert (track.stride_s, track.breaks, track.label) == (0.5, (3,), 1)
    assert ScoreTrack.of(scores[:1], 0, 2.0).stride_s == 2.0
