"""Events do not contradict the rhythms that are measured: no pulse beside a rhythm that blood cannot have."""

import json
from dataclasses import replace

import numpy as np
import pytest

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.messages import Event, Periodicity, Scores, Temporal, TemporalComponent
from streamer.model.spec import ModelSpec
from streamer.pipeline.agreement import is_ruled_out
from streamer.pipeline.stage import Stage
from tests.support.bands import run_here
from tests.support.image_models import MOTION
from tests.support.paths import SHARED

BEAT = TemporalComponent(1.2, 0.01, 10.0, 4, np.ones((2, 2), np.float32))
BREATH = replace(BEAT, hz=0.5)


def temporal(*components: TemporalComponent) -> Temporal:
    return Temporal("found" if components else "none", 30.0, 0.1, 0.3, 14.0, components)


@pytest.mark.parametrize(
    ("label", "found", "expected"),
    [
        ("pulse", None, False),
        ("pulse", temporal(), False),
        ("pulse", temporal(BEAT), False),
        ("pulse", temporal(BREATH, BEAT), False),
        ("pulse", temporal(BREATH), True),
        ("pulse", temporal(replace(BEAT, hz=4.1)), True),
        ("oscillation", temporal(BREATH), False),
    ],
)
def test_what_a_measurement_rules_out(label: str, found: Temporal | None, expected: bool) -> None:
    assert is_ruled_out(label, found) == expected


class Sure:
    """A model that is sure of a pulse."""

    spec = ModelSpec.model_validate(MOTION)
    labels = ("still", "pulse")

    def classify(self, rows: Float32) -> Float32:
        return np.array([0.1, 0.9], np.float32)


def test_an_event_ends_while_it_is_ruled_out_and_the_scores_stay_the_models_own() -> None:
    settings = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1, merge_gap_s=0.0, deny=("still",))
    stage = Stage("s", Sure(), settings, 0.5)
    stage.set_row_rate(30.0)
    running = []
    for k, found in enumerate([None, temporal(), temporal(BREATH), None, temporal(BEAT)]):
        if found:
            stage.add_measurement(Periodicity("s", "temporal", found, 0.0, float(k), float(k)))
        results = stage.classify(np.zeros(1, np.float32), float(k), k + 0.5, 0.0)
        assert [each.values.tolist() for each in results if isinstance(each, Scores)] == [pytest.approx([0.1, 0.9])]
        running.append([event.label for event in stage.detector.running])
    assert running == [["pulse"], ["pulse"], [], [], ["pulse"]]
    stage.clear_measurements()
    events = [each for each in stage.finish(9.0) if isinstance(each, Event)]
    assert [event.label for event in events] == ["pulse"]


@pytest.mark.skipif(not (SHARED / "data" / "video").is_dir(), reason="needs the shared videos")
@pytest.mark.parametrize(("name", "events"), [("breathing_baby.mp4", set()), ("pulse_face.mp4", {"pulse"})])
def test_people(name: str, events: set[str]) -> None:
    done = run_here("classify", SHARED / "data" / "video" / name, "--json")
    (line, *others) = map(json.loads, done.stdout.splitlines())
    assert line["label"] == ("pulse" if events else "oscillation")
    assert {each["label"] for each in [*others, *line.get("events", [])] if "onset_s" in each} == events
