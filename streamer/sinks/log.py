"""Write events and changes of state as lines of text, for people without the dashboard."""

from __future__ import annotations

import math

from streamer.messages import (
    ClockChange,
    Direction,
    Event,
    Health,
    LatticeVector,
    Message,
    Spatial,
    SpatialComponent,
    SpatialStatus,
    State,
    Summary,
    Temporal,
    TemporalComponent,
    TemporalStatus,
)
from streamer.rhythm_unit import HZ, RhythmUnit
from streamer.safe_text import safe
from streamer.sinks.line_file import LineStream
from streamer.tasks import TASKS
from streamer.text import duration, elapsed, timestamp, value_and_sigma, with_sigma

_NO_RHYTHM: dict[TemporalStatus, str] = {
    "found": "nothing periodic in time",
    "none": "nothing periodic in time",
    "too_short": "too few images to measure what repeats in time",
    "too_irregular": "the images come too irregularly to measure what repeats in time",
    "changing": "something repeats, at a frequency too unsteady to be stated",
}

_NO_PATTERN: dict[SpatialStatus, str] = {
    "found": "no pattern in space",
    "none": "no pattern in space",
    "too_fine": "a pattern finer than can be measured",
}
WHOLE = 0.8  # share of the image from which a pattern's place is not told


class EventLog:
    """Sink that writes a line when an event begins or ends, or a stream's state changes.

    A file of its own also gets the beginning and end of problems, which are told on standard error where this writes
    to standard output.

    Parameters
    ----------
    stream : LineStream
        Where to write; flushed after every line.
    owned : bool
        Whether :meth:`close` closes ``stream``.
    """

    accepts: tuple[type, ...] = (Event, Health, Summary, ClockChange)

    def __init__(self, stream: LineStream, owned: bool = False) -> None:
        self._stream = stream
        self._owned = owned
        self._n_lines = 0
        self._states: dict[str, tuple[State, str]] = {}
        self._problems: set[str] = set()  # the parts that have one

    def write(self, message: Message) -> bool:
        """Write a message as one line; health only if the state or its reason has changed. False for no line."""
        n_before = self._n_lines
        if isinstance(message, Event):
            self._line(timestamp(message.time), message.stream, _event_text(message))
        elif isinstance(message, Health):
            if self._states.get(message.stream, (State.RUNNING, "")) != (message.state, message.detail):
                self._line(timestamp(), message.stream, f"{message.state} {message.detail}".rstrip())
            self._states[message.stream] = (message.state, message.detail)
            if self._owned:
                self._write_problems(message)
        elif isinstance(message, ClockChange):
            self._line(timestamp(message.time), message.stream, clock_text(message))
        elif isinstance(message, Summary):
            health = message.health
            lost = f"{health.lost_samples} samples lost"
            if health.images:
                lost = f"{health.images.images} images, {health.images.skipped_images} skipped"
            n_events = sum(n for n, _ in message.events.values())
            text = f"{health.position_s:.1f} s, {health.windows} windows, {lost}, {n_events} events"
            text += "".join(f", {measurement_text(found)}" for found in (message.temporal, message.spatial) if found)
            for each in message.regions:
                measured = ", ".join(measurement_text(found) for found in (each.temporal, each.spatial) if found)
                text += f"; {each.region.name}: {measured}"
            self._line(timestamp(), health.stream, text)
        return self._n_lines > n_before

    def close(self) -> None:
        """Close the file, but never standard output."""
        if self._owned:
            self._stream.close()

    def _write_problems(self, health: Health) -> None:
        now = {problem.part: problem for problem in health.problems}
        for part in now.keys() - self._problems:
            self._line(timestamp(now[part].since), health.stream, f"problem: {now[part].text}")
        for part in self._problems - now.keys():
            self._line(timestamp(), health.stream, f"problem over: {part}")
        self._problems = set(now)

    def _line(self, when: str, stream: str, text: str) -> None:
        self._stream.write(safe(f"{when} {stream}: {text}") + "\n")
        self._stream.flush()
        self._n_lines += 1


def _event_text(event: Event) -> str:
    direction = f" {direction_text(event.direction)}" if event.direction else ""
    if event.offset_s is None:
        return f"{event.label}{direction} begins at {event.onset_s:.2f} s ({event.score:.2f})"
    lost = f", {event.n_lost} {TASKS[event.task].lost_unit} lost" if event.n_lost else ""
    if event.measured:
        lost = f", {measurement_text(event.measured)}{lost}"
    length_s = event.offset_s - event.onset_s
    when = f"{event.onset_s:.2f}–{event.offset_s:.2f} s, {length_s:.2f} s"
    return f"{event.label}{direction} {when}, peak {event.score:.2f}{lost}"


def direction_text(direction: Direction) -> str:
    """Return a direction as text: ``along 30 ± 2°``, ``towards −120 ± 3°``, ``clockwise``."""
    if direction.what == "rotation":
        return direction.sense
    word, open_end = ("along", -90) if direction.what == "axis" else ("towards", -180)
    deg, sigma = value_and_sigma(direction.deg, direction.deg_sigma)
    if float(deg) == open_end:  # rounded to the same direction as its opposite
        deg = deg[1:]
    return f"{word} {deg} ± {sigma}°"


def clock_text(change: ClockChange) -> str:
    """Return what has happened to the wall clock: ``the clock was set forward by 2d 03:04:05``."""
    parts = []
    if change.suspended_s:
        parts.append(f"the machine was suspended for {duration(change.suspended_s)}")
    if change.offset_s:
        parts.append(f"the clock was set {'forward' if change.offset_s > 0 else 'back'} by {set_by(change.offset_s)}")
    if change.is_uncertain:
        parts.append("the clock has not been set since the machine started: times are uncertain")
    elif not parts:
        parts.append("the clock is set now")
    return "; ".join(parts)


def set_by(offset_s: float) -> str:
    """Return by how much a clock was set: ``0.250 s``, ``00:12:34``, ``2d 03:04:05``."""
    return f"{abs(offset_s):.3f} s" if abs(offset_s) < 60 else elapsed(abs(offset_s))


def rhythms_text(found: Temporal) -> str:
    """Return the rhythms as text, ``31.98 ± 0.02 Hz, 3.1 ± 0.1 Hz``; or why there is none."""
    unit = found.unit
    if not found.components and found.of_coder:
        first = found.of_coder[0]
        return f"{_NO_RHYTHM[found.status]} ({unit.text(first.hz, first.hz_sigma)} is the video coder's)"
    told = ", ".join(rhythm_text(each, unit, found.px_per_mm) for each in found.components)
    return told or _NO_RHYTHM[found.status]


def rhythm_text(found: TemporalComponent, unit: RhythmUnit = HZ, px_per_mm: float = 0.0) -> str:
    """Return one rhythm as text, ``31.98 ± 0.02 Hz moving by 2.10 ± 0.05 px``, with what else it may be."""
    text = unit.text(found.hz, found.hz_sigma)
    if math.isfinite(found.amplitude_px):
        length, scale = ("mm", px_per_mm) if px_per_mm else ("px", 1.0)
        text += f" moving by {with_sigma(found.amplitude_px / scale, found.amplitude_px_sigma / scale)} {length}"
    if found.what == "pulse" or "rows" in found.seen_in:
        text += f" ({found.what}, in {', '.join(found.seen_in)})"
    return f"{text} (also a rate of the video coder)" if found.coder_hz is not None else text


def measurement_text(found: Temporal | Spatial) -> str:
    """Return a measurement as text: ``31.98 ± 0.02 Hz``, ``grid 12.35 ± 0.02 px at 30.0 ± 0.2°``."""
    if isinstance(found, Temporal):
        return rhythms_text(found)
    return "; ".join(pattern_text(each, found.px_per_mm) for each in found.components) or _NO_PATTERN[found.status]


def pattern_text(found: SpatialComponent, px_per_mm: float = 0.0) -> str:
    """Return a pattern as text: ``grid 12.35 ± 0.02 px at 30.0 ± 0.2° and 14.1 ± 0.1 px at 92.0 ± 0.2°``."""
    text = f"{found.lattice} {' and '.join(_vector_text(vector, px_per_mm) for vector in found.vectors)}"
    if found.channel != "grey":
        text += f" ({found.channel})"
    if found.share < WHOLE:
        left, top, width, height = found.box
        text += f", in {width}×{height} px from {left},{top}"
    return text


def scaled_text(vector: LatticeVector, px_per_mm: float, plus_minus: str = "±") -> str:
    """Return a period in mm, µm or nm and as threads per centimetre, each with its uncertainty."""
    period_mm, share = vector.period_mm(px_per_mm), vector.relative_sigma
    unit, factor = ("mm", 1.0) if period_mm >= 0.1 else ("µm", 1e3) if period_mm >= 1e-3 else ("nm", 1e6)
    period = with_sigma(factor * period_mm, factor * period_mm * share, plus_minus)
    along = {"": "", "x": " across", "y": " down"}[vector.axis]
    if unit != "mm":
        return f"{period} {unit}{along}"
    per_cm = vector.per_cm(px_per_mm)
    return f"{period} mm, {with_sigma(per_cm, per_cm * share, plus_minus)}/cm{along}"


def _vector_text(vector: LatticeVector, px_per_mm: float) -> str:
    if vector.period_range_px:
        text = " … ".join(f"{end:.4g}" for end in vector.period_range_px) + " px"
    else:
        text = f"{with_sigma(vector.period_px, vector.period_px_sigma)} px"
    if px_per_mm:
        text += f" ({scaled_text(vector, px_per_mm)})"
    return f"{text} at {with_sigma(vector.angle_deg, vector.angle_deg_sigma)}°"
