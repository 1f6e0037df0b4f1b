"""Rules: which events a sink gets, one condition at a time, and several together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from streamer.config import PlaceSettings, RuleSettings, validated
from streamer.errors import Undelivered, UserError
from streamer.messages import ClipWritten, Event, Message, Temporal, Withheld
from streamer.sinks import LinkedSink, RecoveringSink, TimedSink
from streamer.sinks.hours import is_within
from streamer.sinks.rules import Rule, RuledSink
from tests.support.bands import lines, run_here
from tests.support.messages import EVENT, HEALTH, MOTION, NO_TEMPORAL, TEMPORAL

BERLIN = PlaceSettings(latitude=52.5, longitude=13.4)
NOON = datetime(2026, 6, 21, 11, 0).astimezone().timestamp()


class Keeper:
    """A sink that keeps what it gets."""

    accepts: tuple[type, ...] = (Event, ClipWritten)

    def __init__(self) -> None:
        self.got: list[Message] = []

    def write(self, message: Message) -> None:
        self.got.append(message)

    def close(self) -> None:
        pass


def rhythm(hz: float, hz_sigma: float = 0.001) -> Temporal:
    return replace(TEMPORAL, components=(replace(TEMPORAL.components[0], hz=hz, hz_sigma=hz_sigma),))


def ruled(*rules: dict[str, Any], place: PlaceSettings = BERLIN) -> tuple[RuledSink, Keeper]:
    keeper = Keeper()
    made = [Rule(validated(RuleSettings, {"sinks": ["x"], **rule}, "rules"), place) for rule in rules]
    return RuledSink(keeper, made), keeper


def event(label: str = "dog", at: float = 0.0, length_s: float | None = 1.0, **changes: Any) -> Event:
    offset_s = None if length_s is None else at + length_s
    return replace(EVENT, label=label, onset_s=at, offset_s=offset_s, time=NOON + at, **changes)


def passed(sink: RuledSink, keeper: Keeper, *messages: Message) -> list[Message]:
    keeper.got.clear()
    for message in messages:
        sink.write(message)
    return keeper.got


@pytest.mark.parametrize(
    ("rule", "passing", "blocked"),
    [
        ({"labels": ["DOG"]}, event(), event("cat")),
        ({"streams": ["mic"]}, event(), event(stream="door")),
        ({"min_score": 0.9}, event(score=0.9), event(score=0.89)),
        ({"min_level_dbfs": -40.0}, event(level_dbfs=-39.0), event(level_dbfs=-41.0)),
        ({"min_level_dbfs": 0.0}, event(level_dbfs=0.0), event(level_dbfs=None)),
        ({"outside_hz": [49.0, 51.0]}, replace(MOTION, measured=rhythm(48.0)), replace(
            MOTION, measured=rhythm(50.0))),
        ({"outside_hz": [49.0, 51.0]}, replace(MOTION, measured=rhythm(51.5, 0.1)),
         replace(MOTION, measured=rhythm(51.5, 0.4))),
        ({"outside_hz": [49.0, 51.0]}, replace(MOTION, measured=TEMPORAL), replace(MOTION, measured=NO_TEMPORAL)),
        ({"outside_hz": [49.0, 51.0]}, replace(MOTION, measured=TEMPORAL), event()),
        ({"sun": "up"}, event(), event(at=12 * 3600.0)),
        ({"sun": "down"}, event(at=12 * 3600.0), event()),
    ],
)  # fmt: skip
def test_each_condition(rule: dict[str, Any], passing: Event, blocked: Event) -> None:
    for message, is_passed in ((passing, True), (blocked, False)):
        sink, keeper = ruled(rule)
        assert bool(passed(sink, keeper, message)) is is_passed


@pytest.mark.parametrize(("hours", "hour", "expected"), [("22:00-06:00", 23, True), ("22:00-06:00", 6, False),
                         ("09:00-17:00", 9, True), ("09:00-17:00", 17, False), ("00:00-00:00", 0, False)])  # fmt: skip
def test_hours_and_days(hours: str, hour: int, expected: bool) -> None:
    moment = datetime(2026, 11, 28, hour)  # a Saturday
    assert is_within(hours, moment) is expected
    for days, is_passed in ((["sat", "sun"], expected), (["mon"], False)):
        sink, keeper = ruled({"hours": hours, "days": days})
        assert bool(passed(sink, keeper, replace(EVENT, time=moment.timestamp()))) is is_passed


def test_the_last_of_so_many_in_a_span_passes() -> None:
    sink, keeper = ruled({"labels": ["dog"], "count": 3, "within_s": 60.0})
    messages = [event(at=at, length_s=length_s) for at in (0.0, 70.0, 80.0, 90.0, 200.0) for length_s in (None, 1.0)]
    got = passed(sink, keeper, *messages, event("cat", at=201.0))
    assert [(each.onset_s, each.offset_s) for each in got if isinstance(each, Event)] == [(90.0, None), (90.0, 91.0)]


def test_both_of_two_labels_within_a_time_whichever_comes_first() -> None:
    rule = {"labels": ["bark"], "with_label": "motion", "with_s": 2.0}
    bark, motion = event("bark", at=10.0), event("motion", at=12.5, length_s=5.0, stream="camera")
    sink, keeper = ruled(rule)
    assert passed(sink, keeper, bark, motion) == [bark]  # 1.5 s from the end of the one to the other
    sink, keeper = ruled(rule)
    assert passed(sink, keeper, motion, event("bark", at=19.0)) == [event("bark", at=19.0)]
    sink, keeper = ruled(rule)
    assert passed(sink, keeper, bark, event("motion", at=13.5)) == []
    sink, keeper = ruled(rule)
    lasting = event("motion", at=0.0, length_s=None)
    assert passed(sink, keeper, lasting, bark) == [bark]  # it goes on


def test_what_no_rule_lets_pass_is_told_when_it_has_ended() -> None:
    class Told:
        def __init__(self) -> None:
            self.posted: list[Message] = []

        def post(self, message: Message) -> None:
            self.posted.append(message)

        def queue_lengths(self) -> dict[str, int]:
            return {}

    sink, _ = ruled({"labels": ["dog"]})
    told = Told()
    sink.connect(told)
    for each in (event("cat", length_s=None), event("dog"), event("cat")):
        sink.write(each)
    assert told.posted == [Withheld(event("cat"), "Keeper", "no rule")]


def test_events_whose_time_nobody_knows_are_at_no_time_of_day_but_in_their_stream() -> None:
    nan = float("nan")
    first, second = (replace(event(at=at), time=nan) for at in (0.0, 10.0))
    of_the_day: list[dict[str, Any]] = [{"hours": "00:00-23:59"}, {"days": ["sat"]}, {"sun": "up"}, {"sun": "down"}]
    for rule in of_the_day:
        sink, keeper = ruled(rule)
        assert passed(sink, keeper, first) == []
    sink, keeper = ruled({"count": 2})
    assert passed(sink, keeper, first, second) == [second]
    rule = {"labels": ["dog"], "with_label": "motion"}
    for stream, is_passed in (("mic", True), ("camera", False)):
        sink, keeper = ruled(rule)
        other = replace(event("motion", at=1.5, stream=stream), time=nan)
        assert bool(passed(sink, keeper, first, other)) is is_passed


def test_an_event_that_fits_only_at_its_end_passes_with_its_beginning() -> None:
    sink, keeper = ruled({"outside_hz": [0.0, 10.0]})
    begun = replace(MOTION, offset_s=None, measured=None)
    clip = ClipWritten(MOTION, Path("a.mp4"))
    assert passed(sink, keeper, begun, MOTION, clip) == [begun, MOTION, clip]
    assert passed(sink, keeper, ClipWritten(event("dog"), Path("b.flac"))) == []


def test_one_of_several_rules_is_enough_and_other_messages_pass() -> None:
    sink, keeper = ruled({"labels": ["dog"]}, {"labels": ["cat"]})
    assert passed(sink, keeper, event("dog"), event("cat", at=1.0), event("cow", at=2.0), HEALTH) == [
        event("dog"), event("cat", at=1.0), HEALTH,
    ]  # fmt: skip


def test_what_could_not_be_delivered_goes_on_where_it_stopped() -> None:
    sink, keeper = ruled({"outside_hz": [0.0, 10.0]})
    begun = replace(MOTION, offset_s=None, measured=None)
    sink.write(begun)
    write, n_calls = keeper.write, iter(range(9))

    def fails(message: Message) -> None:
        if next(n_calls) == 1:
            raise Undelivered("away")
        write(message)

    keeper.write = fails  # type: ignore[method-assign]
    with pytest.raises(Undelivered):
        sink.write(MOTION)
    sink.write(MOTION)
    assert keeper.got == [begun, MOTION]


def test_what_the_sink_can_do_besides_it_still_can() -> None:
    class Able(Keeper):
        due_s = 5.0
        link: Any = None

        def connect(self, link: Any) -> None:
            self.link = link

        def works_again(self) -> bool:
            return True

        def tick(self) -> bool:
            return True

    able = Able()
    sink = RuledSink(able, [])
    assert isinstance(sink, LinkedSink)
    assert isinstance(sink, RecoveringSink)
    assert isinstance(sink, TimedSink)
    sink.connect(7)  # type: ignore[arg-type]
    assert (able.link, sink.works_again(), sink.tick(), sink.due_s) == (7, True, True, 5.0)
    plain = RuledSink(Keeper(), [])
    assert (plain.works_again(), plain.due_s) == (False, float("inf"))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"sun": "up"}, r"rules.sun= must have a place; set latitude and longitude of \[place\]"),
        ({"hours": "22-6"}, "22-6 must be two times of day"),
        ({"outside_hz": [51.0, 49.0]}, "must be the lower and the higher frequency"),
        ({"days": ["someday"]}, "days"),
    ],
)
def test_rules_that_cannot_be_used_are_refused(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        ruled(rule, place=PlaceSettings())


def test_a_run_lets_each_sink_have_its_own_events(tmp_path: Path, model: Path, sound: Path) -> None:
    config = tmp_path / "my.toml"
    sinks = [f'{{name = "jsonl", argument = "{tmp_path}/{id}", id = "{id}"}}' for id in ("loud", "high", "all")]
    config.write_text(f"""[output]
        sinks = [{", ".join(sinks)}]
        [[rules]]
        sinks = ["high"]
        labels = ["high"]
        [[rules]]
        sinks = ["loud"]
        min_level_dbfs = -0.5""")
    done = run_here("run", sound, "-c", config, "-m", model, "--fast", "--json")
    labels = {line["label"] for line in lines(done, "event")}
    assert labels == {"low", "high"}

    def labels_in(name: str) -> set[str]:
        text = (tmp_path / name).read_text()
        return {label for label in labels if f'"label": "{label}"' in text}

    assert (labels_in("high"), labels_in("loud"), labels_in("all")) == ({"high"}, set(), labels)
    config.write_text('[[rules]]\nsinks = ["phone"]\n[output]\nsinks = ["log:x.log"]')
    done = run_here("run", sound, "-c", config, "-m", model, "--fast", "--json")
    assert done.returncode == 2
    assert "rules.sinks=phone must name one of output.sinks or on_event: log" in done.stderr
