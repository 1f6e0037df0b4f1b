"""Sinks that write one line per recorded, lost or undone take: JSON for programs, plain text for people."""

from __future__ import annotations

import math
from typing import Any, TextIO

from streamer.messages import ClockChange, Health, LostTake, Message, RecordedTake
from streamer.safe_text import is_unicode, json_line, safe
from streamer.sinks.jsonlines import iso_time, to_json
from streamer.sinks.log import EventLog
from streamer.text import timestamp


class TakeJsonLines:
    """Sink that writes one JSON object per line: ``take``, ``take_lost``, ``clock`` or ``health``.

    Parameters
    ----------
    stream : TextIO
        Flushed after every line.
    label : str
        Label of the takes.
    """

    accepts: tuple[type, ...] = (RecordedTake, LostTake, Health, ClockChange)

    def __init__(self, stream: TextIO, label: str) -> None:
        self._stream = stream
        self._label = label
        self._ascii_only = not is_unicode(stream)
        self._is_uncertain = False

    def write(self, message: Message) -> None:
        """Write one line."""
        if isinstance(message, ClockChange):
            self._is_uncertain = message.is_uncertain
        if isinstance(message, RecordedTake):
            values = take_dict(message, self._label)
            values |= {"time_uncertain": True} if self._is_uncertain else {}
            line = json_line(values, ascii_only=self._ascii_only)
        elif isinstance(message, LostTake):
            line = json_line(_lost_take_dict(message, self._label), ascii_only=self._ascii_only)
        else:
            line = to_json(message, ascii_only=self._ascii_only)
        self._stream.write(line + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is left open."""


class TakeLog:
    """Sink that writes one line of text per take, and one whenever the state of the stream changes.

    Parameters
    ----------
    stream : TextIO
        Flushed after every line.
    """

    accepts: tuple[type, ...] = (RecordedTake, LostTake, Health, ClockChange)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._log = EventLog(stream)

    def write(self, message: Message) -> bool:
        """Write one line, or none for Health that has not changed, and return whether there was one."""
        if isinstance(message, RecordedTake):
            text = take_text(message)
        elif isinstance(message, LostTake):
            text = _lost_take_text(message)
        else:
            return self._log.write(message)
        self._stream.write(safe(f"{timestamp()} {text}") + "\n")
        self._stream.flush()
        return True

    def close(self) -> None:
        """Nothing is left open."""


def take_dict(take: RecordedTake, label: str) -> dict[str, Any]:
    """Return a recorded take as plain values, in the documented order of keys."""
    values: dict[str, Any] = {
        "type": "take",
        "label": label,
        "path": str(take.path),
        "start_s": round(take.start_s, 4),
        "time": iso_time(take.time),
        "length_s": round(take.length_s, 4),
    }
    if take.level is not None:
        values["level_dbfs"] = _decibels(take.level.rms_dbfs)
        values["peak_dbfs"] = _decibels(take.level.peak_dbfs)
        values |= {"clipped": take.level.is_clipped, "quiet": take.is_quiet}
    else:
        values |= {"images": take.n_images, "fps": round(take.fps, 4), "skipped_images": take.n_lost}
    return {**values, "cut": take.is_cut}


def take_text(take: RecordedTake) -> str:
    """Return a recorded take as text: file, length, level or number of images, and what speaks against it."""
    parts = [take.path.name]
    if take.length_s:
        parts.append(f"{take.length_s:.2f} s")
    if take.level is not None:
        parts.append(f"{take.level.rms_dbfs:.1f} dBFS, peak {take.level.peak_dbfs:.1f} dBFS")
    if take.fps:
        parts.append(f"{take.n_images} images, {take.fps:.2f}/s")
    return ", ".join([*parts, *take.remarks])


def _lost_take_dict(lost: LostTake, label: str) -> dict[str, Any]:
    return {
        "type": "take_lost",
        "label": label,
        "start_s": round(lost.start_s, 4),
        "length_s": round(lost.length_s, 4),
        "reason": lost.reason,
        "undone": not lost.is_wanted,
    }


def _lost_take_text(lost: LostTake) -> str:
    if lost.is_wanted:
        return f"take of {lost.length_s:.2f} s lost: {lost.reason}"
    return f"take of {lost.length_s:.2f} s undone" if lost.reason == "undone" else f"undone: {lost.reason}"


def _decibels(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
