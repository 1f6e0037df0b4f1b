"""The JSON lines as types, and their JSON Schema, which is made from these types."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import TypeAdapter

from streamer.sinks.line_parts import (
    ClockPart,
    EndPart,
    ImageHealthPart,
    MotionEventPart,
    PatternEventPart,
    PeriodicityPart,
    RegionPart,
    SoundEventPart,
    SoundHealthPart,
    SpanPart,
    SpatialPart,
    TemporalPart,
    TotalPart,
)


class SoundStartLine(SoundEventPart):
    """A sound begins."""

    type: Literal["event_start"]


class SoundEventLine(SoundEventPart, EndPart):
    """A sound has ended."""

    type: Literal["event"]


class MotionStartLine(MotionEventPart):
    """A movement begins."""

    type: Literal["event_start"]


class MotionEventLine(MotionEventPart, EndPart):
    """A movement has ended."""

    type: Literal["event"]


class PatternStartLine(PatternEventPart):
    """A pattern appears."""

    type: Literal["event_start"]


class PatternEventLine(PatternEventPart, EndPart):
    """A pattern has gone."""

    type: Literal["event"]


class ScoresLine(SpanPart):
    """The scores of one window, with `--scores`."""

    type: Literal["scores"]
    scores: dict[str, float]
    """label → score; read as 32-bit floats they are exact"""


class TemporalLine(PeriodicityPart, TemporalPart):
    """What repeats in time was measured."""

    kind: Literal["temporal"]


class SpatialLine(PeriodicityPart, SpatialPart):
    """What repeats in space was measured."""

    kind: Literal["spatial"]


class ClockLine(ClockPart):
    """The wall clock was set, the machine was suspended, or at the start: the clock has not been set yet."""

    type: Literal["clock"]


class SoundHealthLine(SoundHealthPart):
    """Health of a stream of sound, every 10 s, at a change and at the end."""

    type: Literal["health"]


class ImageHealthLine(ImageHealthPart):
    """Health of a stream of images, every 10 s, at a change and at the end."""

    type: Literal["health"]


class SoundSummaryLine(SoundHealthPart):
    """Totals of a stream of sound, at its end."""

    type: Literal["summary"]
    events: dict[str, TotalPart]
    """label → number of events and their total length"""


class ImageSummaryLine(ImageHealthPart):
    """Totals of a stream of images, at its end."""

    type: Literal["summary"]
    events: dict[str, TotalPart]
    """label → number of events and their total length"""
    temporal: TemporalPart | None
    """strongest rhythms measured; null before the first measurement"""
    spatial: SpatialPart | None
    """strongest patterns measured; null before the first measurement"""
    regions: list[RegionPart]
    """the same of each region that was measured on its own"""


JsonLine = (
    SoundStartLine
    | SoundEventLine
    | MotionStartLine
    | MotionEventLine
    | PatternStartLine
    | PatternEventLine
    | ScoresLine
    | TemporalLine
    | SpatialLine
    | ClockLine
    | SoundHealthLine
    | ImageHealthLine
    | SoundSummaryLine
    | ImageSummaryLine
)
"""Any line that `streamer run --json` prints."""


@lru_cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(JsonLine)


def lines_schema() -> dict[str, Any]:
    """Return the JSON Schema of the lines that `streamer run --json` prints."""
    schema = _adapter().json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "streamer JSON line", **schema}


def read_line(text: str) -> Any:
    """Return one line as a value of its type.

    Raises
    ------
    pydantic.ValidationError
        If no type of line has just these keys and kinds of values.
    """
    return _adapter().validate_json(text, strict=True)


def shipped_schema() -> dict[str, Any]:
    """Return the schema from the file `lines.schema.json`, which other programs can use without this package."""
    schema: dict[str, Any] = json.loads((resources.files("streamer.sinks") / "lines.schema.json").read_text("utf-8"))
    return schema


if __name__ == "__main__":
    print(json.dumps(lines_schema(), indent=1, ensure_ascii=False))
