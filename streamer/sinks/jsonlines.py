"""Results as JSON, one object a line."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from streamer.errors import UserError
from streamer.messages import Event, Health, Message, Scores, Summary


class JsonLines:
    """Write events, health and summaries, and scores if wanted, as JSON lines.

    Parameters
    ----------
    stream : TextIO
        Flushed after every line, so that a reader at the other end of a pipe sees it at once.
    scores : bool
        Whether to write a line per window.
    owned : bool
        Whether to close ``stream`` in the end.
    """

    def __init__(self, stream: TextIO, scores: bool = False, owned: bool = False) -> None:
        self._stream = stream
        self._owned = owned
        self.accepts: tuple[type, ...] = (Event, Health, Summary, Scores) if scores else (Event, Health, Summary)

    @classmethod
    def to_file(cls, path: Path, scores: bool = False) -> JsonLines:
        """Append to a file.

        Raises
        ------
        UserError
            If the file cannot be opened for writing.
        """
        try:
            return cls(path.open("a", encoding="utf-8"), scores, owned=True)
        except OSError as error:
            raise UserError(f"output.jsonl={path} must be a writable file; {error.strerror}") from None

    def write(self, message: Message) -> None:
        """Write one line."""
        self._stream.write(to_json(message) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file; standard output stays open."""
        if self._owned:
            self._stream.close()


def to_json(message: Message) -> str:
    """Return a message as one line of JSON; times in seconds, NaN and infinities as null."""
    return json.dumps(as_dict(message), ensure_ascii=False, allow_nan=False)


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message as plain values in the documented order of keys."""
    if isinstance(message, Event):
        return event_dict(message)
    if isinstance(message, Scores):
        # The shortest decimal that is this float32: exact, so that runs can be compared bit by bit.
        scores = {label: float(str(v)) for label, v in zip(message.labels, message.values, strict=True)}
        return {
            "type": "scores",
            "stream": message.stream,
            "start_s": _rounded(message.start_s),
            "end_s": _rounded(message.end_s),
            "time": iso_time(message.time),
            "scores": scores,
        }
    if isinstance(message, Health):
        return {"type": "health", **_health_dict(message)}
    if isinstance(message, Summary):
        events = {label: {"n": n, "total_s": _rounded(s)} for label, (n, s) in sorted(message.events.items())}
        return {"type": "summary", **_health_dict(message.health), "events": events}
    raise TypeError(f"{type(message).__name__} has no JSON form")


def event_dict(event: Event) -> dict[str, Any]:
    """Return an event as plain values: ``event_start`` while it runs, ``event`` when it has ended."""
    values: dict[str, Any] = {
        "type": "event" if event.offset_s is not None else "event_start",
        "stream": event.stream,
        "label": event.label,
        "score": round(event.score, 4),
        "mean_score": round(event.mean_score, 4),
        "onset_s": _rounded(event.onset_s),
    }
    if event.offset_s is not None:
        values["offset_s"] = _rounded(event.offset_s)
    return {**values, "time": iso_time(event.time), "lost_samples": event.lost_samples}


def iso_time(epoch_s: float) -> str:
    """Return a wall-clock time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _health_dict(health: Health) -> dict[str, Any]:
    return {
        "stream": health.stream,
        "state": str(health.state),
        "detail": health.detail,
        "position_s": _rounded(health.position_s),
        "real_time_factor": round(health.real_time_factor, 5),
        "latency_p50_s": _rounded(health.latency_p50_s),
        "latency_p99_s": _rounded(health.latency_p99_s),
        "windows": health.windows,
        "windows_per_s": round(health.windows_per_s, 3),
        "lost_samples": health.lost_samples,
        "lost_fraction": round(health.lost_fraction, 6),
        "overflows": health.overflows,
        "reconnects": health.reconnects,
        "drift_ppm": round(health.drift_ppm, 1),
        "backlog_s": _rounded(health.backlog_s),
        "cpu_fraction": round(health.cpu_fraction, 4),
        "memory_bytes": health.memory_bytes,
        "temperature_c": health.temperature_c,
    }


def _rounded(value: float) -> float | None:
    """Return seconds to the tenth of a millisecond."""
    return round(value, 4) if math.isfinite(value) else None
