"""`streamer demo camera` with the shipped models detects and measures what its scene contains."""

from typing import Any

import pytest

from streamer.sources.images.demo import CameraScene
from tests.support.bands import lines, streamer

WINDOW_S = 128 / 30  # window of the motion model: the tolerance of onsets and offsets
TRUTH = CameraScene().truth


@pytest.fixture(scope="module")
def run() -> Any:
    return streamer("run", "demo:camera", "--fast", "--seconds", 36, "--json", timeout_s=120)


def test_the_events_are_those_of_the_scene(run: Any) -> None:
    events = lines(run, "event")
    for task, labels in (("temporal", ("rotation", "flicker", "drift")), ("spatial", ("stripes",))):
        found = [event for event in events if task in event]
        expected = [truth for truth in TRUTH if truth.label in labels]
        assert [event["label"] for event in found] == [truth.label for truth in expected]
        for event, truth in zip(found, expected, strict=True):
            assert event["onset_s"] == pytest.approx(truth.onset_s, abs=WINDOW_S)
            assert event["offset_s"] == pytest.approx(truth.offset_s, abs=WINDOW_S)


@pytest.mark.parametrize("truth", [t for t in TRUTH if t.hz], ids=lambda t: t.label)
def test_frequencies_are_measured(run: Any, truth: Any) -> None:
    """Measurements of windows that lie within one event of the scene."""
    measured = [
        line
        for line in lines(run, "periodicity")
        if line["kind"] == "temporal" and line["start_s"] >= truth.onset_s and line["end_s"] <= truth.offset_s
    ]
    assert len(measured) >= 4
    for line in measured:
        (found,) = line["components"]
        assert found["hz"] == pytest.approx(truth.hz, abs=max(4 * found["hz_sigma"], 0.01))
    assert measured[-1]["end_s"] - measured[-1]["start_s"] == pytest.approx(8.0, abs=0.1)


def test_the_cloth_is_measured(run: Any) -> None:
    (truth,) = [truth for truth in TRUTH if truth.period_px]
    assert truth.period_px is not None
    spatial = [line for line in lines(run, "periodicity") if line["kind"] == "spatial"]
    during = [line for line in spatial if truth.onset_s + 1 < line["end_s"] < truth.offset_s]
    assert len(during) >= 8
    for line in (line["components"][0] for line in during):
        assert line["lattice"] == "stripes"
        assert line["period_px"] == pytest.approx(truth.period_px, abs=max(4 * line["period_px_sigma"], 0.05))
        assert line["angle_deg"] == pytest.approx(truth.angle_deg, abs=max(4 * line["angle_deg_sigma"], 0.5))
    assert [line for line in spatial if line["end_s"] < truth.onset_s and line["components"]] == []


def test_events_carry_what_was_measured(run: Any) -> None:
    events = {event["label"]: event for event in lines(run, "event")}
    for truth in TRUTH:
        event = events[truth.label]
        if truth.hz:
            assert event["temporal"]["components"][0]["hz"] == pytest.approx(truth.hz, abs=0.05)
        else:
            assert event["spatial"]["components"][0]["period_px"] == pytest.approx(truth.period_px, abs=0.2)


def test_nothing_is_skipped(run: Any) -> None:
    (summary,) = lines(run, "summary")
    assert (summary["images"], summary["skipped_images"]) == (36 * 30, 0)
