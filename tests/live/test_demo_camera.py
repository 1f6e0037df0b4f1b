"""`streamer demo camera` with the shipped models: what is seen and measured is what the scene holds."""

from typing import Any

import pytest

from streamer.sources.images.demo import CameraScene
from tests.support.bands import lines, streamer

WINDOW_S = 128 / 30  # of the motion model: no edge can be told more surely than by its window
TRUTH = CameraScene().truth


@pytest.fixture(scope="module")
def told() -> Any:
    return streamer("run", "demo:camera", "--fast", "--seconds", 36, "--json", timeout_s=120)


def test_the_events_are_those_of_the_scene(told: Any) -> None:
    events = lines(told, "event")
    for task, labels in (("temporal", ("rotation", "flicker", "drift")), ("spatial", ("stripes",))):
        seen = [event for event in events if task in event]
        wanted = [truth for truth in TRUTH if truth.label in labels]
        assert [event["label"] for event in seen] == [truth.label for truth in wanted]
        for event, truth in zip(seen, wanted, strict=True):
            assert event["onset_s"] == pytest.approx(truth.onset_s, abs=WINDOW_S)
            assert event["offset_s"] == pytest.approx(truth.offset_s, abs=WINDOW_S)


@pytest.mark.parametrize("truth", [t for t in TRUTH if t.hz], ids=lambda t: t.label)
def test_frequencies_are_measured(told: Any, truth: Any) -> None:
    """Of windows that lie within an act."""
    measured = [
        line
        for line in lines(told, "periodicity")
        if line["kind"] == "temporal" and line["start_s"] >= truth.onset_s and line["end_s"] <= truth.offset_s
    ]
    assert len(measured) >= 4
    for line in measured:
        assert line["hz"] == pytest.approx(truth.hz, abs=max(4 * line["hz_sigma"], 0.01))
    assert measured[-1]["end_s"] - measured[-1]["start_s"] == pytest.approx(8.0, abs=0.1)


def test_the_cloth_is_measured(told: Any) -> None:
    (truth,) = [truth for truth in TRUTH if truth.period_px]
    assert truth.period_px is not None
    spatial = [line for line in lines(told, "periodicity") if line["kind"] == "spatial"]
    during = [line for line in spatial if truth.onset_s + 1 < line["end_s"] < truth.offset_s]
    assert len(during) >= 8
    for line in during:
        assert line["lattice"] == "stripes"
        assert line["period_px"] == pytest.approx(truth.period_px, abs=max(4 * line["period_px_sigma"], 0.05))
        assert line["angle_deg"] == pytest.approx(truth.angle_deg, abs=max(4 * line["angle_deg_sigma"], 0.5))
    assert [line for line in spatial if line["end_s"] < truth.onset_s and line["period_px"]] == []


def test_events_carry_what_was_measured(told: Any) -> None:
    events = {event["label"]: event for event in lines(told, "event")}
    for truth in TRUTH:
        event = events[truth.label]
        if truth.hz:
            assert event["temporal"]["hz"] == pytest.approx(truth.hz, abs=0.05)
        else:
            assert event["spatial"]["period_px"] == pytest.approx(truth.period_px, abs=0.2)


def test_nothing_is_skipped(told: Any) -> None:
    (summary,) = lines(told, "summary")
    assert (summary["images"], summary["skipped_images"]) == (36 * 30, 0)
