"""Topics of a run at an MQTT broker, and what Home Assistant is told there: one device with all that it can show."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from streamer import __version__
from streamer.errors import UserError
from streamer.messages import State, StreamSetup, TaskName

DEVICE_CLASSES: dict[TaskName, dict[str, str]] = {"sound": {"device_class": "sound"}, "motion": {}, "pattern": {}}


def part_of_topic(name: str) -> str:
    """Return a stream, label or machine as part of a topic.

    One with characters that topics may not have, or that Home Assistant does not take in them, is named by those that
    it may, and by a few digits that tell it from others.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)
    if name and plain == name and len(name) <= 60:
        return name
    return f"{plain.strip('_')[:50]}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


class Topics:
    """Names of topics: ``streamer/mic/event``, ``streamer/mic/label/dog``.

    Parameters
    ----------
    base : str
        With which all begin.
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self.status = f"{base}/status"
        self.commands = f"{base}/+/set/#"

    def of(self, stream: str, *what: str) -> str:
        """Return a topic of a stream."""
        return "/".join((self._base, part_of_topic(stream), *what))

    def state(self, stream: str, label: str) -> str:
        """Return the topic that says whether a label has an event now."""
        return self.of(stream, "label", part_of_topic(label))

    def command(self, topic: str) -> tuple[str, str, str] | None:
        """Return which stream is asked for what, and of which label: ``("mic", "threshold", "dog")``."""
        if not topic.startswith(f"{self._base}/"):
            return None
        stream, _, asked = topic.removeprefix(f"{self._base}/").partition("/set/")
        action, _, label = asked.partition("/")
        is_known = bool(label) if action in ("threshold", "mute") else action in ("pause", "clip") and not label
        return (stream, action, label) if is_known else None

    def label(self, setup: StreamSetup, part: str) -> str:
        """Return the label that a part of a topic names.

        Raises
        ------
        UserError
            If the stream has none of this name.
        """
        for label in setup.labels:
            if part_of_topic(label) == part:
                return label
        raise UserError(f"label={part} must be one of {', '.join(map(part_of_topic, setup.labels))}")


def setup_values(setup: StreamSetup) -> dict[str, Any]:
    """Return what a stream is set to as values for JSON."""
    return {
        "type": "setup",
        "stream": setup.stream,
        "paused": setup.is_paused,
        "muted": list(setup.muted),
        "thresholds": {label: round(on, 4) for label, on in zip(setup.labels, setup.thresholds, strict=True)},
    }


def discovery(
    prefix: str, device: str, topics: Topics, setup: StreamSetup, clip_s: float | None
) -> dict[str, dict[str, Any]]:
    """Return what Home Assistant is told of a stream: by topic, the values of the configuration there.

    Parameters
    ----------
    prefix : str
        Of the topics where it looks.
    device : str
        Name of the one device to which everything belongs.
    topics : Topics
    setup : StreamSetup
        The stream with its labels.
    clip_s : float or None
        Seconds that a button saves; None: nothing can be commanded.
    """
    node = part_of_topic(device)
    common = {
        "availability_topic": topics.status,
        "device": {
            "identifiers": [f"streamer-{node}"],
            "name": device,
            "manufacturer": "streamer",
            "model": "streamer",
            "sw_version": __version__,
        },
        "origin": {"name": "streamer", "sw_version": __version__},
    }
    found: dict[str, dict[str, Any]] = {}

    def add(component: str, what: str, name: str, **values: Any) -> None:
        unique = f"{part_of_topic(setup.stream)}-{what}"
        identity = {"name": f"{setup.stream} {name}", "unique_id": f"streamer-{node}-{unique}"}
        found[f"{prefix}/{component}/{node}/{unique}/config"] = {**identity, **values, **common}

    health = topics.of(setup.stream, "health")
    diagnostic = {"state_topic": health, "json_attributes_topic": health, "entity_category": "diagnostic"}
    tasks = (*setup.tasks, *setup.measured_tasks)
    for label, task in zip((*setup.labels, *setup.measured), tasks, strict=True):
        state = topics.state(setup.stream, label)
        add("binary_sensor", f"label-{part_of_topic(label)}", label, state_topic=state, **DEVICE_CLASSES[task])
    add(
        "sensor", "state", "state", **diagnostic,
        value_template="{{ value_json.state }}", device_class="enum", options=[str(state) for state in State],
    )  # fmt: skip
    add(
        "binary_sensor", "problem", "problem", **diagnostic,
        value_template="{{ 'ON' if value_json.problems else 'OFF' }}", device_class="problem",
    )  # fmt: skip
    if setup.medium == "sound":
        level = {"unit_of_measurement": "dB", "state_class": "measurement", "suggested_display_precision": 1}
        add("sensor", "level", "level", state_topic=health, value_template="{{ value_json.level_dbfs }}", **level)
    else:
        first = "value_json.components[0].{} if value_json.components else None"  # Home Assistant shows None as unknown
        for kind, key, name, unit, extra in (
            ("temporal", "hz", "frequency", "Hz", {"device_class": "frequency"}),
            ("spatial", "period_px", "period", "px", {}),
        ):
            measured = topics.of(setup.stream, "measurement", kind)
            for which, title in ((key, name), (f"{key}_sigma", f"{name} uncertainty")):
                value = first.format(which)
                add(
                    "sensor", which, title, state_topic=measured, value_template=f"{{{{ {value} }}}}",
                    unit_of_measurement=unit, state_class="measurement", **extra,
                )  # fmt: skip
    if clip_s is not None:
        _add_commands(add, topics, setup, clip_s)
    return found


def _add_commands(add: Any, topics: Topics, setup: StreamSetup, clip_s: float) -> None:
    state = topics.of(setup.stream, "setup")
    add(
        "switch", "pause", "pause", state_topic=state, command_topic=topics.of(setup.stream, "set", "pause"),
        value_template="{{ 'ON' if value_json.paused else 'OFF' }}", icon="mdi:pause",
    )  # fmt: skip
    add(
        "button", "clip", "save clip", command_topic=topics.of(setup.stream, "set", "clip"),
        payload_press=f"{clip_s:g}", icon="mdi:content-save",
    )  # fmt: skip
    for label in setup.labels:
        quoted = label.replace("\\", "\\\\").replace("'", "\\'")
        add(
            "number", f"threshold-{part_of_topic(label)}", f"threshold of {label}", state_topic=state,
            command_topic=topics.of(setup.stream, "set", "threshold", part_of_topic(label)),
            value_template=f"{{{{ value_json.thresholds['{quoted}'] }}}}", min=0, max=1, step=0.01, mode="box",
            entity_category="config",
        )  # fmt: skip
        add(
            "switch", f"mute-{part_of_topic(label)}", f"mute {label}", state_topic=state,
            command_topic=topics.of(setup.stream, "set", "mute", part_of_topic(label)),
            value_template=f"{{{{ 'ON' if '{quoted}' in value_json.muted else 'OFF' }}}}", icon="mdi:volume-off",
            entity_category="config",
        )  # fmt: skip
