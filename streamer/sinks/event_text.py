"""What texts about an event may say: its fields by name, and templates that use them."""

from __future__ import annotations

import math
from string import Formatter

from streamer.errors import UserError
from streamer.messages import Event
from streamer.sinks.jsonlines import iso_time
from streamer.sinks.log import direction_text, measurement_text
from streamer.text import duration, timestamp

FIELDS = ("label", "stream", "task", "type", "score", "mean_score", "onset_s", "offset_s", "length", "time", "utc",
          "measured", "clip", "direction")  # fmt: skip


def event_fields(event: Event, clip: str = "") -> dict[str, str]:
    """Return the fields of an event as text; what is not known is empty."""
    has_ended = event.offset_s is not None
    offset_s = event.offset_s if event.offset_s is not None else event.onset_s
    values = (
        event.label,
        event.stream,
        event.task,
        "event" if has_ended else "event_start",
        f"{event.score:.2f}",
        f"{event.mean_score:.2f}",
        f"{event.onset_s:.3f}",
        f"{offset_s:.3f}" if has_ended else "",
        duration(offset_s - event.onset_s) if has_ended else "",
        timestamp(event.time)[:19] if math.isfinite(event.time) else "",
        iso_time(event.time) or "",
        measurement_text(event.measured) if event.measured else "",
        clip,
        direction_text(event.direction) if event.direction else "",
    )
    return dict(zip(FIELDS, values, strict=True))


def check_template(text: str, key: str) -> None:
    """Check that a template names only fields that there are.

    Raises
    ------
    UserError
        If it does not, or is no template.
    """
    try:
        used = [(name, specification, conversion) for _, name, specification, conversion in Formatter().parse(text)]
    except ValueError as error:
        raise UserError(f"{key}={text!r} must be a template such as '{{label}} in {{stream}}'; {error}") from None
    for name, specification, conversion in used:
        if name is not None and (name not in FIELDS or specification or conversion):
            raise UserError(f"{key}={text!r} must name only these in braces: {', '.join(FIELDS)}")
