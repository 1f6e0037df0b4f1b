"""Events from measurements: hold times, uncertainty, and what begins and ends them."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.messages import (
    Event,
    LatticeVector,
    NamedRegion,
    Periodicity,
    Spatial,
    SpatialComponent,
    Temporal,
    TemporalComponent,
)
from streamer.pipeline.measured_events import MeasuredEvents
from streamer.rhythm_unit import RhythmUnit

BELT = NamedRegion("belt", 0, 0, 64, 48)
REGIONS = [{"name": "belt", "x": 0, "y": 0, "width": 64, "height": 48}]


def events(*measured: Mapping[str, object], at_once: bool = False, **images: object) -> MeasuredEvents:
    settings = ImageSettings.model_validate({"measured": measured, "regions": REGIONS, **images})
    return MeasuredEvents("s", settings, at_once=at_once)


def rhythm(hz: float | None, sigma: float = 0.01, unit: RhythmUnit | None = None, status: str = "") -> Temporal:
    heat = np.ones((1, 1), np.float32)
    components = () if hz is None else (TemporalComponent(hz, sigma, 20.0, 1, heat),)
    status = status or ("found" if components else "none")
    return Temporal(status, 30.0, 0.1, 0.2, 15.0, components, unit=unit or RhythmUnit())  # type: ignore[arg-type]


def at(second: float, found: Temporal | Spatial, region: NamedRegion | None = None) -> Periodicity:
    kind = "temporal" if isinstance(found, Temporal) else "spatial"
    return Periodicity("s", kind, found, second - 8.0, second, 1e9 + second, region=region)  # type: ignore[arg-type]


def told(detector: MeasuredEvents, *found: Periodicity) -> list[tuple[str, float, float | None]]:
    return [(event.label, event.onset_s, event.offset_s) for event in detector.update(found)]


OFF = {"label": "off", "outside": [49.5, 50.5]}


def test_a_value_outside_of_the_band_begins_an_event_and_one_inside_ends_it() -> None:
    detector = events(OFF)
    values = [(10, 50.0), (11, 50.6), (12, 50.7), (13, 50.0), (14, 49.0)]
    found = [told(detector, at(second, rhythm(hz))) for second, hz in values]
    assert found == [[], [("off", 11, None)], [], [("off", 11, 12)], [("off", 14, None)]]
    assert [(event.label, event.offset_s) for event in detector.finish()] == [("off", 14)]
    assert detector.finish() == []


@pytest.mark.parametrize(
    ("hz", "sigma"), [(50.51, 0.01), (50.49, 0.01), (49.0, 0.3), (52.0, math.inf), (52.0, math.nan)]
)
def test_a_value_whose_two_sigma_reach_a_bound_neither_begins_nor_ends_an_event(hz: float, sigma: float) -> None:
    doubtful, sure = at(11, rhythm(hz, sigma)), at(10, rhythm(51.0))
    detector = events(OFF)
    assert told(detector, doubtful) == []
    assert told(detector, sure) == [("off", 10, None)]
    assert told(detector, doubtful) == []
    assert told(detector, at(12, rhythm(50.0))) == [("off", 10, 10)]


def test_hold_times() -> None:
    detector = events({**OFF, "begin_s": 2.0, "end_s": 3.0})
    out, inside, doubtful = rhythm(51.0), rhythm(50.0), rhythm(50.5)
    steps = [
        (0, out), (1, inside), (2, out), (3, doubtful), (4, out),  # a lapse begins anew; what is in doubt does not
        (5, inside), (6, out), (7, inside), (8, inside), (9, doubtful), (10, inside), (11, out),
    ]  # fmt: skip
    found = {second: told(detector, at(second, measured)) for second, measured in steps}
    assert {second: each for second, each in found.items() if each} == {4: [("off", 2, None)], 10: [("off", 2, 6)]}


def test_the_score_says_how_sure_it_is_and_the_measurement_is_the_surest() -> None:
    detector = events(OFF)
    (begun,) = detector.update([at(10, rhythm(50.521, 0.01))])
    assert begun.score == pytest.approx(0.982, abs=0.001)  # 2.1 σ
    detector.update([at(11, rhythm(51.0, 0.01))])
    (ended,) = detector.update([at(12, rhythm(50.0))])
    assert ended.score == 1.0
    assert ended.mean_score == pytest.approx((1.0 + begun.score) / 2)
    assert isinstance(ended.measured, Temporal)
    assert ended.measured.hz == 51.0
    assert (ended.task, ended.time, ended.region) == ("motion", 1e9 + 10, None)


def test_a_rhythm_that_appears_and_is_gone() -> None:
    detector = events({"label": "runs", "when": "appeared"}, {"label": "stopped", "when": "gone", "begin_s": 1.0})
    there, none = rhythm(3.0), rhythm(None)
    unknown = [rhythm(None, status=status) for status in ("too_short", "too_irregular", "changing")]
    steps = [none, none, *unknown, there, *unknown, none, none, there]
    found = [told(detector, at(second, measured)) for second, measured in enumerate(steps)]
    assert {second: each for second, each in enumerate(found) if each} == {
        5: [("runs", 5, None)],
        9: [("runs", 5, 5)],  # nothing was gone before it had been there
        10: [("stopped", 9, None)],
        11: [("runs", 11, None), ("stopped", 9, 10)],
    }


def test_values_are_in_the_unit_of_the_settings() -> None:
    rpm = events({"label": "slow", "outside": [1400.0, 1600.0]}, units="rpm", blades=3)
    unit = RhythmUnit("rpm", 3)
    assert told(rpm, at(1, rhythm(75.0, unit=unit))) == []  # 1500 turns a minute
    assert told(rpm, at(2, rhythm(60.0, unit=unit))) == [("slow", 2, None)]
    pattern = {"label": "thin", "of": "pattern", "outside": [0.4, 0.6]}
    cloth = [
        Spatial(
            "found",
            2.2,
            200.0,
            (SpatialComponent("grid", (LatticeVector(px, 0.01, 0.0, 0.1),), 0.5, 9.0, (0, 0, 9, 9)),),
        )
        for px in (20.0, 30.0)
    ]
    assert [told(events(pattern, scale=40.0), at(3, found)) for found in cloth] == [[], [("thin", 3, None)]]
    (event,) = events({**pattern, "outside": [19.0, 21.0]}).update([at(4, cloth[1])])
    assert event.task == "pattern"
    assert isinstance(event.measured, Spatial)


def test_each_region_has_its_own() -> None:
    detector = events({**OFF, "region": "belt"})
    assert told(detector, at(1, rhythm(60.0))) == []
    (event,) = detector.update([at(1, rhythm(60.0), BELT)])
    assert event.region == BELT
    assert told(detector, at(2, rhythm(50.0))) == []
    assert [each.label for each in detector.running] == ["off"]
    assert detector.finish("other") == []
    assert [each.offset_s for each in detector.finish("belt")] == [1]


def test_a_pause_breaks_what_was_about_to_begin_or_end() -> None:
    detector = events({**OFF, "begin_s": 2.0, "end_s": 2.0})
    assert told(detector, at(0, rhythm(51.0)), at(1, rhythm(51.0))) == []
    detector.interrupt()
    assert told(detector, at(20, rhythm(51.0)), at(21, rhythm(51.0))) == []
    assert told(detector, at(22, rhythm(51.0))) == [("off", 20, None)]
    assert told(detector, at(23, rhythm(50.0))) == []
    detector.interrupt()
    assert told(detector, at(40, rhythm(50.0))) == []


def test_lost_images_and_a_clock_that_is_set() -> None:
    detector = events(OFF)
    detector.count_lost(5)
    detector.update([at(10, rhythm(51.0))])
    detector.count_lost(3)
    detector.change_clock(3600.0)
    (event,) = detector.finish()
    assert isinstance(event, Event)
    assert (event.n_lost, event.time) == (3, 1e9 + 10 + 3600)


def test_of_a_file_the_event_spans_what_was_measured() -> None:
    detector = events({**OFF, "begin_s": 5.0}, at_once=True)
    assert told(detector, at(8, rhythm(51.0))) == [("off", 0, None)]
    assert [(event.onset_s, event.offset_s) for event in detector.finish()] == [(0, 8)]


@pytest.mark.parametrize(
    ("measured", "text"),
    [
        ([{"label": "a"}], "outside=[] must be given with when=outside alone"),
        ([{"label": "a", "when": "gone", "outside": [1, 2]}], "must be given with when=outside alone, here when=gone"),
        ([{"label": "a", "outside": [2, 2]}], "outside=[2.0, 2.0] must be the lower and the higher value"),
        ([{**OFF, "region": "fan"}], "measured.region=fan must be the name of a region; known: belt"),
        ([OFF, {**OFF, "label": "Off"}], "measured.label=off must differ from the other measured events' labels"),
    ],
)
def test_mistakes_in_the_settings(measured: list[Mapping[str, object]], text: str) -> None:
    with pytest.raises(ValueError, match=text.replace("[", r"\[").replace(".", r"\.")):
        events(*measured)


def test_a_measured_event_has_no_label_of_a_model() -> None:
    from streamer.build import build_pipeline, read_models
    from streamer.config import Config

    images = ImageSettings.model_validate({"measured": [{"label": "Oscillation", "when": "appeared"}]})
    with pytest.raises(UserError, match=r"measured.label=Oscillation must not be a label of a model of this stream"):
        build_pipeline("s", read_models(["motion"]), Config(images=images), "images")
