"""`streamer demo` with the shipped model detects the events of its scene."""

import pytest

from streamer.sources.sound.demo import sound_scene
from tests.support.bands import lines, streamer

WINDOW_S = 1.6  # window of the shipped model: the tolerance of onsets and offsets


def test_the_events_of_the_demo_are_those_of_its_scene() -> None:
    done = streamer("demo", "--seconds", 30, "--json", timeout_s=120)
    found = [(event["label"], event["onset_s"], event["offset_s"]) for event in lines(done, "event")]
    truth = sound_scene().truth
    assert [label for label, *_ in found] == [label for label, *_ in truth]
    for (_, onset_s, offset_s), (_, true_onset_s, true_offset_s) in zip(found, truth, strict=True):
        assert onset_s == pytest.approx(true_onset_s, abs=WINDOW_S)
        assert offset_s == pytest.approx(true_offset_s, abs=WINDOW_S)
    (summary,) = lines(done, "summary")
    assert summary["lost_samples"] == 0
