"""What Home Assistant is told, against the keys that it documents; topics of any name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from streamer.errors import UserError
from streamer.messages import StreamSetup
from streamer.sinks.home_assistant import Topics, discovery, part_of_topic, setup_values
from streamer.sinks.jsonlines import as_dict
from tests.support.home_assistant import faults
from tests.support.messages import IMAGE_HEALTH, IMAGE_MESSAGES

TOPICS = Topics("streamer/pi")
SOUND = StreamSetup("rtsp://10.0.0.7:554/…", "sound", ("dog", "Rain, rain's #1", "鳥"), (0.5, 0.6, 0.7), ("sound",) * 3)
IMAGES = StreamSetup("camera", "images", ("grid", "swing"), (0.5, 0.6), ("pattern", "motion"))


@pytest.mark.parametrize("setup", [SOUND, IMAGES], ids=["sound", "images"])
@pytest.mark.parametrize("clip_s", [None, 10.0])
def test_every_configuration_is_one_that_home_assistant_documents(setup: StreamSetup, clip_s: float | None) -> None:
    found = discovery("homeassistant", "Küche", TOPICS, setup, clip_s)
    assert {topic: wrong for topic, values in found.items() if (wrong := faults(topic, values))} == {}
    assert len({values["unique_id"] for values in found.values()}) == len(found)
    assert len({json.dumps(values["device"]) for values in found.values()}) == 1
    components = [topic.split("/")[1] for topic in found]
    assert components.count("binary_sensor") == len(setup.labels) + 1
    assert components.count("number") == (len(setup.labels) if clip_s else 0)
    assert components.count("switch") == (len(setup.labels) + 1 if clip_s else 0)  # mute of each, and pause
    names = {values["name"] for values in found.values()}
    of_images = {"frequency", "frequency uncertainty", "period", "period uncertainty"}
    kinds = {"level"} if setup.medium == "sound" else of_images
    assert names >= {f"{setup.stream} {name}" for name in kinds | {"state", "problem", *setup.labels}}


@pytest.mark.parametrize(
    ("topic", "values"),
    [
        ("homeassistant/sensor/a b/config", {"state_topic": "x"}),
        ("homeassistant/sensor/a/config", {}),
        ("homeassistant/sensor/a/config", {"state_topic": "x", "unit": "Hz"}),
        ("homeassistant/sensor/a/config", {"state_topic": "x", "device_class": "enum", "unit_of_measurement": "x"}),
        ("homeassistant/binary_sensor/a/config", {"state_topic": "x", "device_class": "bark"}),
        ("homeassistant/number/a/config", {"command_topic": "x", "min": "0"}),
    ],
)  # fmt: skip
def test_what_home_assistant_would_refuse_is_found(topic: str, values: dict[str, object]) -> None:
    assert faults(topic, values)


def test_the_templates_find_their_values_in_the_lines_that_are_published() -> None:
    jinja2 = pytest.importorskip("jinja2")
    templates = {
        values["name"]: (values["state_topic"], values["value_template"])
        for values in discovery("homeassistant", "pi", TOPICS, IMAGES, 10.0).values()
        if "value_template" in values
    }
    lines = [as_dict(message) for message in IMAGE_MESSAGES]
    found, nothing = (line for line in lines if line.get("kind") == "temporal")
    grid = next(line for line in lines if line.get("kind") == "spatial")

    def shown(name: str, line: dict[str, object]) -> str:
        return str(jinja2.Template(templates[f"camera {name}"][1]).render(value_json=line))

    assert (shown("frequency", found), shown("frequency uncertainty", found)) == ("31.9741", "0.00123456")
    assert (shown("frequency", nothing), shown("period", grid)) == ("None", "12.3457")
    assert shown("threshold of swing", setup_values(IMAGES)) == "0.6"
    muted = setup_values(replace(IMAGES, muted=("swing",)))
    assert [shown(f"mute {label}", muted) for label in ("grid", "swing")] == ["OFF", "ON"]
    assert (shown("state", as_dict(IMAGE_HEALTH)), shown("problem", as_dict(IMAGE_HEALTH))) == ("running", "OFF")


def test_topics_of_any_name_are_valid_and_differ() -> None:
    names = ["mic", "mic:USB 2", "mic/USB 2", "rtsp://a/#", "+", "", "é", "e", "x" * 70, "x" * 71, "caf\udce9"]
    parts = [part_of_topic(name) for name in names]
    assert parts[0] == "mic"
    assert len(set(parts)) == len(names)
    assert all(part and part.isascii() and not set(part) & set("/+# ") for part in parts)


def test_commands_are_read_back_from_the_topics_that_are_told() -> None:
    found = discovery("homeassistant", "pi", TOPICS, SOUND, 10.0)
    asked = [TOPICS.command(values["command_topic"]) for values in found.values() if "command_topic" in values]
    stream = part_of_topic(SOUND.stream)
    assert asked[:2] == [(stream, "pause", ""), (stream, "clip", "")]
    for action in ("threshold", "mute"):
        named = [TOPICS.label(SOUND, each[2]) for each in asked[2:] if each and each[1] == action]
        assert named == list(SOUND.labels)
    for topic in (
        "streamer/pi/mic/event",
        "streamer/pi/mic/set/explode",
        "streamer/pi/mic/set/pause/x",
        "streamer/pi/mic/set/mute",
        "x/mic/set/clip",
    ):
        assert TOPICS.command(topic) is None
    with pytest.raises(UserError, match="label=cat must be one of dog"):
        TOPICS.label(SOUND, "cat")


def test_thresholds_by_label() -> None:
    assert setup_values(IMAGES)["thresholds"] == {"grid": 0.5, "swing": 0.6}
    assert setup_values(IMAGES)["muted"] == []
