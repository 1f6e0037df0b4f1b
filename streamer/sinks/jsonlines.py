"""Write results as JSON lines: one object per line."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamer.errors import UserError
from streamer.messages import (
    ClockChange,
    Count,
    Direction,
    Event,
    Health,
    LatticeVector,
    Message,
    Periodicity,
    RegionFindings,
    Scores,
    Spatial,
    SpatialComponent,
    Summary,
    Temporal,
    TemporalComponent,
)
from streamer.safe_text import is_unicode, json_line
from streamer.sinks.clock_state import ClockState
from streamer.sinks.line_file import LineFile, LineStream
from streamer.tasks import TASKS


class JsonLines:
    """Sink that writes events, measurements, health and summaries as JSON lines, and scores on request.

    Parameters
    ----------
    stream : LineStream
        Where to write; flushed after every line, so that a reader at the other end of a pipe gets it at once.
    scores : bool
        Whether to write the scores of every window.
    owned : bool
        Whether :meth:`close` closes ``stream``.
    """

    def __init__(self, stream: LineStream, scores: bool = False, owned: bool = False) -> None:
        self._stream = stream
        self._owned = owned
        self._ascii_only = not is_unicode(stream)
        self._clock = ClockState()
        self.accepts: tuple[type, ...] = (
            *(Event, Periodicity, Health, Summary, ClockChange),
            *((Scores,) if scores else ()),
        )

    @classmethod
    def to_file(cls, path: Path, scores: bool = False, max_bytes: float = 0.0) -> JsonLines:
        """Return a sink that appends to a file, which is kept under a size as :class:`LineFile` does.

        Raises
        ------
        UserError
            If the file cannot be opened for writing.
        """
        try:
            return cls(LineFile(path, max_bytes), scores, owned=True)
        except OSError as error:
            raise UserError(f"output.jsonl={path} must be a writable file; {error.strerror}") from None

    def write(self, message: Message) -> None:
        """Write a message as one line."""
        self._clock.update(message)
        values = marked(as_dict(message), self._clock)
        self._stream.write(json_line(values, ascii_only=self._ascii_only) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file, but never standard output."""
        if self._owned:
            self._stream.close()


def marked(values: dict[str, Any], clock: ClockState) -> dict[str, Any]:
    """Return the values of a line; with ``time_uncertain`` after its time, while the clock has not been set."""
    if "time" not in values or "time_uncertain" in values or not clock.is_uncertain(values["stream"]):
        return values
    place = list(values).index("time") + 1
    pairs = list(values.items())
    return dict([*pairs[:place], ("time_uncertain", True), *pairs[place:]])


def to_json(message: Message, *, ascii_only: bool = False) -> str:
    """Return a message as JSON without a line break; NaN and infinities are null."""
    return json_line(as_dict(message), ascii_only=ascii_only)


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message as values for JSON, in the documented order of keys.

    Raises
    ------
    TypeError
        If messages of this type have no JSON form.
    """
    if isinstance(message, Event):
        return event_dict(message)
    if isinstance(message, Periodicity):
        return periodicity_dict(message)
    if isinstance(message, Scores):
        # The shortest decimal that rounds to this float32, so that runs can be compared bit by bit.
        scores = {label: float(str(v)) for label, v in zip(message.labels, message.values, strict=True)}
        return {
            "type": "scores",
            "stream": message.stream,
            "start_s": _rounded(message.start_s),
            "end_s": _rounded(message.end_s),
            "time": iso_time(message.time),
            "scores": scores,
        }
    if isinstance(message, ClockChange):
        return {
            "type": "clock",
            "stream": message.stream,
            "position_s": _rounded(message.position_s),
            "time": iso_time(message.time),
            "offset_s": round(message.offset_s, 3),
            "suspended_s": round(message.suspended_s, 3),
            "time_uncertain": message.is_uncertain,
        }
    if isinstance(message, Health):
        return {"type": "health", **health_values(message)}
    if isinstance(message, Summary):
        events = {label: {"n": n, "total_s": _rounded(s)} for label, (n, s) in sorted(message.events.items())}
        values = {"type": "summary", **health_values(message.health), "events": events}
        if message.health.images:
            values["temporal"] = measurement_dict(message.temporal)
            values["spatial"] = measurement_dict(message.spatial)
            values["regions"] = [region_dict(found) for found in message.regions]
        return values
    raise TypeError(f"{type(message).__name__} has no JSON form")


def event_dict(event: Event) -> dict[str, Any]:
    """Return an event as values for JSON: type ``event_start`` while it runs, ``event`` when it has ended."""
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
    values["time"] = iso_time(event.time)
    task = TASKS[event.task]
    if task.measurement is None:
        return {**values, "lost_samples": event.n_lost}
    direction = {"direction": direction_dict(event.direction)} if task.measurement == "temporal" else {}
    return {
        **values,
        "skipped_images": event.n_lost,
        **direction,
        "region": event.region.name if event.region else None,
        task.measurement: measurement_dict(event.measured),
    }


def direction_dict(direction: Direction | None) -> dict[str, Any] | None:
    """Return the direction of a movement as values for JSON; None where none could be told."""
    if direction is None:
        return None
    return {
        "what": direction.what,
        "deg": _significant(direction.deg),
        "deg_sigma": _significant(direction.deg_sigma),
        "sense": direction.sense or None,
    }


def periodicity_dict(message: Periodicity) -> dict[str, Any]:
    """Return a measurement as values for JSON, with its span of time."""
    return {
        "type": "periodicity",
        "stream": message.stream,
        "kind": message.kind,
        "start_s": _rounded(message.start_s),
        "end_s": _rounded(message.end_s),
        "time": iso_time(message.time),
        "region": message.region.name if message.region else None,
        "region_px": list(message.region.box) if message.region else None,
        **(measurement_dict(message.found) or {}),
        "skipped_images": message.skipped_images,
    }


def region_dict(found: RegionFindings) -> dict[str, Any]:
    """Return what was measured in one region as values for JSON."""
    return {
        "name": found.region.name,
        "px": list(found.region.box),
        "temporal": measurement_dict(found.temporal),
        "spatial": measurement_dict(found.spatial),
    }


def measurement_dict(found: Temporal | Spatial | None) -> dict[str, Any] | None:
    """Return a measurement as values for JSON; None where nothing was measured."""
    if found is None:
        return None
    if isinstance(found, Temporal):
        return {
            "status": found.status,
            "fps": _significant(found.fps),
            "resolution_hz": _significant(found.resolution_hz),
            "min_hz": _significant(found.min_hz),
            "max_hz": _significant(found.max_hz),
            "count": _count_dict(found.count) if found.count else None,
            "components": [_rhythm_dict(component, found) for component in found.components],
            "of_coder": [_rhythm_dict(component, found) for component in found.of_coder],
        }
    return {
        "status": found.status,
        "min_px": _significant(found.min_px),
        "max_px": _significant(found.max_px),
        "components": [_pattern_dict(component, found.px_per_mm) for component in found.components],
    }


def _pattern_dict(component: SpatialComponent, px_per_mm: float) -> dict[str, Any]:
    """Return one pattern as values for JSON."""
    return {
        "lattice": component.lattice,
        **_vector_dict(component.vectors[0], px_per_mm),
        "second": _vector_dict(component.second, px_per_mm) if component.second else None,
        "contrast": round(component.contrast, 4),
        "snr_db": round(component.snr_db, 2),
        "channel": component.channel,
        "box": list(component.box),
        "share": round(component.share, 3),
    }


def _vector_dict(vector: LatticeVector, px_per_mm: float) -> dict[str, Any]:
    """Return one period of a pattern as values for JSON."""
    return {
        "period_px": _significant(vector.period_px),
        "period_px_sigma": _significant(vector.period_px_sigma),
        "period_range_px": _range(vector.period_range_px),
        "angle_deg": _significant(vector.angle_deg),
        "angle_deg_sigma": _significant(vector.angle_deg_sigma),
        "angle_range_deg": _range(vector.angle_range_deg),
        "axis": vector.axis or None,
        "period_mm": _significant(vector.period_mm(px_per_mm)),
        "period_mm_sigma": _significant(vector.period_mm(px_per_mm) * vector.relative_sigma),
        "period_nm": _significant(1e6 * vector.period_mm(px_per_mm)),
        "per_cm": _significant(vector.per_cm(px_per_mm)),
        "per_cm_sigma": _significant(vector.per_cm(px_per_mm) * vector.relative_sigma),
    }


def _range(ends: tuple[float, float] | None) -> list[float | None] | None:
    return [_significant(end) for end in ends] if ends else None


def _count_dict(count: Count) -> dict[str, Any]:
    return {
        "n": math.floor(count.n),
        "n_sigma": _significant(count.sigma),
        "since_s": _rounded(count.since_s),
    }


def _rhythm_dict(component: TemporalComponent, found: Temporal) -> dict[str, Any]:
    """Return one rhythm as values for JSON, also in the unit and at the scale that the user stated."""
    unit, px_per_mm = found.unit, found.px_per_mm
    value, sigma = unit.converted(component.hz, component.hz_sigma)
    cycles, cycles_sigma = found.cycles(component)
    rows, columns = component.heat.shape
    return {
        "hz": _significant(component.hz),
        "hz_sigma": _significant(component.hz_sigma),
        "value": _significant(value),
        "value_sigma": _significant(sigma),
        "unit": unit.symbol,
        "note": unit.note(component.hz) or None,
        "what": component.what,
        "seen_in": list(component.seen_in),
        "snr_db": round(component.snr_db, 2),
        "span_s": [_rounded(component.start_s), _rounded(component.end_s)],
        "cycles": _significant(cycles),
        "cycles_sigma": _significant(cycles_sigma),
        "amplitude": _significant(component.amplitude),
        "amplitude_px": _significant(component.amplitude_px),
        "amplitude_px_sigma": _significant(component.amplitude_px_sigma),
        "amplitude_mm": _significant(component.amplitude_px / px_per_mm) if px_per_mm else None,
        "harmonics": [[_significant(each.real), _significant(each.imag)] for each in component.harmonics],
        "alias_hz": [_significant(hz) for hz in component.alias_hz],
        "alias_cut": component.alias_cut,
        "mains": component.mains_hz,
        "coder_hz": _significant(component.coder_hz) if component.coder_hz is not None else None,
        "track": [
            {"s": _rounded(each.time_s), "hz": _significant(each.hz), "hz_sigma": _significant(each.hz_sigma)}
            for each in component.track
        ],
        "rivals": [{"hz": _significant(each.hz), "odds": _significant(each.odds)} for each in component.rivals],
        "cells": {"n": component.n_cells, "grid": [columns, rows], "box": list(component.box)},
    }


def iso_time(epoch_s: float) -> str | None:
    """Return seconds since the epoch as ISO 8601 in UTC, to the millisecond: ``2026-11-22T14:03:21.250Z``.

    None for NaN: the time is not known.
    """
    if math.isnan(epoch_s):
        return None
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def health_values(health: Health) -> dict[str, Any]:
    """Return health as values for JSON: those of every stream, and those of its medium."""
    images = health.images
    if images:
        lost = {"images": images.images, "skipped_images": images.skipped_images}
        flow = {
            "fps": _significant(images.fps),
            "jitter_s": round(images.jitter_s, 6),
            "gaps": images.gaps,
            "longest_gap_s": _rounded(images.longest_gap_s),
            "reconnects": health.reconnects,
        }
    else:
        lost = {"lost_samples": health.lost_samples}
        flow = {
            "overflows": health.overflows,
            "reconnects": health.reconnects,
            "drift_ppm": round(health.drift_ppm, 1),
            "backlog_s": _rounded(health.backlog_s),
            "level_dbfs": None if health.level_dbfs is None else round(health.level_dbfs, 1),
        }
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
        **lost,
        "lost_fraction": round(health.lost_fraction, 6),
        **flow,
        "cpu_fraction": round(health.cpu_fraction, 4),
        "memory_bytes": health.memory_bytes,
        "buffer_bytes": health.buffer_bytes,
        "temperature_c": health.temperature_c,
        "problems": [
            {"part": each.part, "text": each.text, "since": iso_time(each.since), "n": each.n}
            for each in health.problems
        ],
        "unwritten": health.unwritten,
        "stride_factor": health.stride_factor,
        "time_uncertain": health.time_uncertain,
    }


def _significant(value: float) -> float | None:
    """Return a number rounded to six significant digits; None if it is not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    """Return seconds rounded to a tenth of a millisecond; None if they are not finite."""
    return round(value, 4) if math.isfinite(value) else None
