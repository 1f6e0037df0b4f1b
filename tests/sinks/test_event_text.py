"""Templates name only what there is, and can reach nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamer.errors import UserError
from streamer.messages import Direction
from streamer.sinks.event_text import FIELDS, check_template, event_fields
from tests.support.messages import EVENT, MOTION, RUNNING


@pytest.mark.usefixtures("utc")
def test_the_fields_of_an_event() -> None:
    fields = event_fields(EVENT, "a.flac")
    assert (fields["label"], fields["stream"], fields["score"], fields["length"]) == ("dog", "mic", "0.91", "1.2 s")
    assert (fields["time"], fields["clip"]) == ("2023-11-14 22:13:21", "a.flac")
    assert event_fields(MOTION)["measured"] == "31.9741 ± 0.0012 Hz moving by 0.0617 ± 0.0015 mm, 3.00 ± 0.03 Hz"
    assert [name for name, value in event_fields(RUNNING).items() if not value] == [
        "offset_s", "length", "measured", "clip", "direction",
    ]  # fmt: skip
    assert event_fields(MOTION)["direction"] == "along -31 ± 2°"
    assert event_fields(replace(MOTION, direction=Direction("axis", -89.9, 2.0)))["direction"] == "along 90 ± 2°"
    assert event_fields(replace(MOTION, direction=Direction("travel", -179.8, 3.0)))["direction"] == "towards 180 ± 3°"
    clockwise = Direction("rotation", sense="clockwise")
    assert event_fields(replace(MOTION, direction=clockwise))["direction"] == "clockwise"


def test_a_time_that_nobody_knows_is_empty() -> None:
    fields = event_fields(replace(EVENT, time=float("nan")))
    assert (fields["time"], fields["utc"], fields["onset_s"]) == ("", "", "1.250")


def test_a_template_may_name_every_field() -> None:
    text = " ".join(f"{{{name}}}" for name in FIELDS) + " {{literal}}"
    check_template(text, "body")
    assert "{literal}" in text.format(**event_fields(EVENT))


@pytest.mark.parametrize(
    "text", ["{dog}", "{label.__class__}", "{label[0]}", "{label", "{}", "{label!r}", "{score:9999}"]
)
def test_a_template_that_names_something_else_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"body='.*' must"):
        check_template(text, "body")
