"""The open-set measure of the recipe, and its alarms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recipes.ambient.alarm import smoke_alarm
from models.recipes.ambient.corpus import LABELS
from models.recipes.ambient.openset import Trial, begin_levels, choose, honest, operate, trial
from models.recipes.ambient.stages import CROSS_VALIDATION, LEAVE_LABELS_OUT
from streamer.config import EventSettings
from streamer.events import EventDetector
from streamer.messages import Scores

EVENTS = EventSettings(smoothing_s=0.64, on=0.8, off=0.4, confirm=2, confirm_of=3, deny=("background",))


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_the_level_is_the_highest_threshold_at_which_the_product_begins_an_event(
    seed: int, confirm: int, more: int, n_windows: int
) -> None:
    rng = np.random.default_rng(seed)
    events = EVENTS.model_copy(update={"confirm": confirm, "confirm_of": confirm + more - 1, "deny": ()})
    scores = rng.random((n_windows, 2)).astype(np.float32)
    level = float(begin_levels(scores, events, 0.32)[0])
    for on, begins in ((level * 0.999, True), (level * 1.001 + 1e-6, False)):
        if 0.01 < on < 1.0 and level > 0.0:
            detector = EventDetector("", ("a", "b"), events.model_copy(update={"on": on, "off": on / 2}), 0.32)
            messages = [
                event
                for i, row in enumerate(scores)
                for event in detector.update(Scores("", ("a", "b"), row, i * 0.32, i * 0.32 + 1.5, 0.0))
            ]
            assert any(event.label == "a" and event.offset_s is None for event in messages) == begins


def _trials() -> list[Trial]:
    """Return trials in which two labels are found well, one of them above sounds that nobody taught."""
    rng, made = np.random.default_rng(0), []
    for _ in range(3):
        truths = np.repeat([0, 1, 2], 30)
        tracks = []
        for label in truths:
            scores = np.full((11, len(LABELS)), 0.05, np.float32)
            if label == 2:  # not learnt
                scores[:, 0] = rng.uniform(0.3, 0.7)
            else:
                scores[:, label] = rng.uniform(0.6, 1.0)
            tracks.append(scores)
        made.append(trial(tracks, truths, EVENTS, 0.32, (LABELS[2],)))
    return made


def test_thresholds_keep_the_false_events_and_recall_is_what_that_leaves() -> None:
    trials = _trials()
    strict, loose = choose(trials, 5.0), choose(trials, 1e4)
    assert strict[0] > 0.68
    assert loose[0] < 0.62
    assert strict[1] < strict[0]  # nothing is mistaken for it
    assert operate(trials, strict).false_per_hour == 0.0
    assert operate(trials, loose).false_per_hour > 100.0
    assert operate(trials, loose).own > operate(trials, strict).own > 0.6
    assert honest(trials, [], 5.0).own == pytest.approx(operate(trials, strict).own, abs=0.15)


def test_every_label_is_left_out_once_and_every_fold() -> None:
    left_out = [label for run in LEAVE_LABELS_OUT for label in run.labels]
    assert sorted(left_out) == sorted(set(LABELS[:50]))
    assert {run.fold for run in (*CROSS_VALIDATION, *LEAVE_LABELS_OUT)} == {1, 2, 3, 4}
    assert len({run.name for run in (*CROSS_VALIDATION, *LEAVE_LABELS_OUT)}) == 9


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_an_alarm_sounds_within_its_window(seed: int) -> None:
    sound, is_alarm = smoke_alarm(25_040, 16_000, np.random.default_rng(seed))
    assert sound.shape == (25_040,)
    assert np.all(np.isfinite(sound))
    if is_alarm:
        spectrum = np.abs(np.fft.rfft(sound))
        loudest_hz = float(np.argmax(spectrum)) * 16_000 / 25_040
        assert 450.0 < loudest_hz < 600.0 or 2800.0 < loudest_hz < 3700.0
