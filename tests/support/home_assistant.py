"""What Home Assistant documents of the MQTT configurations that it discovers: the keys of each component."""

from __future__ import annotations

from typing import Any

_COMMON: dict[str, type | tuple[type, ...]] = {
    "availability": list,
    "availability_mode": str,
    "availability_template": str,
    "availability_topic": str,
    "device": dict,
    "enabled_by_default": bool,
    "encoding": str,
    "entity_category": str,
    "entity_picture": str,
    "icon": str,
    "json_attributes_template": str,
    "json_attributes_topic": str,
    "name": str,
    "object_id": str,
    "default_entity_id": str,
    "origin": dict,
    "payload_available": str,
    "payload_not_available": str,
    "platform": str,
    "qos": int,
    "unique_id": str,
}
_NUMBER = (int, float)
COMPONENTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "binary_sensor": (
        {
            "device_class": str, "expire_after": int, "force_update": bool, "off_delay": int, "payload_off": str,
            "payload_on": str, "state_topic": str, "value_template": str,
        },
        {"state_topic"},
    ),
    "sensor": (
        {
            "device_class": str, "expire_after": int, "force_update": bool, "last_reset_value_template": str,
            "options": list, "state_class": str, "state_topic": str, "suggested_display_precision": int,
            "unit_of_measurement": str, "value_template": str,
        },
        {"state_topic"},
    ),
    "switch": (
        {
            "command_template": str, "command_topic": str, "device_class": str, "optimistic": bool,
            "payload_off": str, "payload_on": str, "retain": bool, "state_off": str, "state_on": str,
            "state_topic": str, "value_template": str,
        },
        {"command_topic"},
    ),
    "number": (
        {
            "command_template": str, "command_topic": str, "device_class": str, "max": _NUMBER, "min": _NUMBER,
            "mode": str, "optimistic": bool, "payload_reset": str, "retain": bool, "state_topic": str,
            "step": _NUMBER, "unit_of_measurement": str, "value_template": str,
        },
        {"command_topic"},
    ),
    "button": (
        {"command_template": str, "command_topic": str, "device_class": str, "payload_press": str, "retain": bool},
        {"command_topic"},
    ),
}  # fmt: skip
_DEVICE = {
    "configuration_url", "connections", "hw_version", "identifiers", "manufacturer", "model", "model_id", "name",
    "serial_number", "suggested_area", "sw_version", "via_device",
}  # fmt: skip
_ORIGIN = {"name", "sw_version", "support_url"}
_ENTITY_CATEGORIES = {"config", "diagnostic"}
_STATE_CLASSES = {"measurement", "measurement_angle", "total", "total_increasing"}
_CLASSES: dict[str, set[str]] = {
    "binary_sensor": {"sound", "motion", "problem", "running", "vibration", "connectivity"},
    "sensor": {"frequency", "enum", "sound_pressure", "distance", "duration", "timestamp"},
}
_UNITS: dict[str, set[Any]] = {
    "frequency": {"Hz", "kHz", "MHz", "GHz"},
    "sound_pressure": {"dB", "dBA"},
    "enum": {None},
}


def faults(topic: str, values: dict[str, Any]) -> list[str]:
    """Return what is wrong with a configuration; nothing where Home Assistant takes it."""
    prefix, component, *ids, last = topic.split("/")
    found = [] if prefix and last == "config" and 1 <= len(ids) <= 2 else [f"topic {topic}"]
    found += [
        f"id {each}" for each in ids if not each.replace("-", "").replace("_", "").isalnum() or not each.isascii()
    ]
    own, required = COMPONENTS[component]
    known = _COMMON | own
    found += [f"{key} is unknown" for key in values.keys() - known.keys()]
    found += [f"{key} is missing" for key in required - values.keys()]
    found += [f"{key}={value!r}" for key, value in values.items() if key in known and not isinstance(value, known[key])]
    kind: Any = values.get("device_class")
    state_class = values.get("state_class")
    if kind is not None and kind not in _CLASSES.get(component, ()):
        found.append(f"device_class={kind}")
    if kind in _UNITS and values.get("unit_of_measurement") not in _UNITS[kind]:
        found.append(f"unit_of_measurement={values.get('unit_of_measurement')}")
    if (kind == "enum") != ("options" in values) or (kind == "enum" and state_class is not None):
        found.append("options go with device_class enum, which has no state_class")
    if state_class is not None and state_class not in _STATE_CLASSES:
        found.append(f"state_class={state_class}")
    if values.get("entity_category", "config") not in _ENTITY_CATEGORIES:
        found.append(f"entity_category={values['entity_category']}")
    if component in ("sensor", "binary_sensor") and values.get("entity_category") == "config":
        found.append("entity_category=config is for what can be set")
    if "device" in values and not (
        values["device"].keys() <= _DEVICE and ("identifiers" in values["device"] or "connections" in values["device"])
    ):
        found.append(f"device={values['device']}")
    if "device" in values and "unique_id" not in values:
        found.append("a device needs a unique_id")
    if not (values.get("origin", {"name": ""}).keys() <= _ORIGIN and "name" in values.get("origin", {"name": ""})):
        found.append(f"origin={values['origin']}")
    if component == "number" and not found and not values.get("min", 1) < values.get("max", 100):
        found.append("min must be below max")
    return found
