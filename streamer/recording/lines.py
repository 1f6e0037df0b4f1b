"""What became of takes as lines: JSON for programs, words for people."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO

from streamer.messages import Health, LostTake, RecordedTake
from streamer.sinks.jsonlines import iso_time, to_json
from streamer.sinks.log import EventLog


def json_teller(stream: TextIO, label: str) -> Callable[[RecordedTake | LostTake | Health], None]:
    """Return what writes each as one JSON object a line: ``take``, ``take_lost``, ``health``."""

    def tell(messages: RecordedTake | LostTake | Health) -> None:
        if isinstance(messages, RecordedTake):
            line = json.dumps(taken_dict(messages, label), ensure_ascii=False, allow_nan=False)
        elif isinstance(messages, LostTake):
            values = {"type": "take_lost", "label": label, "start_s": round(messages.start_s, 4)}
            values |= {
                "length_s": round(messages.length_s, 4),
                "reason": messages.reason,
                "undone": not messages.is_wanted,
            }
            line = json.dumps(values, ensure_ascii=False)
        else:
            line = to_json(messages)
        stream.write(line + "\n")
        stream.flush()

    return tell


def taken_dict(taken: RecordedTake, label: str) -> dict[str, Any]:
    """Return a take as plain values in the documented order of keys."""
    values: dict[str, Any] = {
        "type": "take",
        "label": label,
        "path": str(taken.path),
        "start_s": round(taken.start_s, 4),
        "time": iso_time(taken.time),
        "length_s": round(taken.length_s, 4),
    }
    if taken.level is not None:
        values["level_dbfs"] = _decibels(taken.level.rms_dbfs)
        values["peak_dbfs"] = _decibels(taken.level.peak_dbfs)
        values |= {"clipped": taken.level.is_clipped, "quiet": taken.is_quiet}
    else:
        values |= {"images": taken.n_images, "fps": round(taken.fps, 4), "skipped_images": taken.n_lost}
    return {**values, "cut": taken.is_cut}


def log_teller(stream: TextIO) -> Callable[[RecordedTake | LostTake | Health], None]:
    """Return what writes each as a line for people; of health only what changes."""
    log = EventLog(stream)

    def tell(messages: RecordedTake | LostTake | Health) -> None:
        if isinstance(messages, Health):
            log.write(messages)
            return
        clock = datetime.now().isoformat(sep=" ", timespec="milliseconds")
        text = (
            in_words(messages)
            if isinstance(messages, RecordedTake)
            else f"take of {messages.length_s:.2f} s lost: {messages.reason}"
        )
        if isinstance(messages, LostTake) and not messages.is_wanted:
            text = (
                f"undone: {messages.reason}"
                if messages.reason != "undone"
                else f"take of {messages.length_s:.2f} s undone"
            )
        stream.write(f"{clock} {text}\n")
        stream.flush()

    return tell


def in_words(taken: RecordedTake) -> str:
    """Return a take as a person would say it."""
    parts = [taken.path.name]
    if taken.length_s:
        parts.append(f"{taken.length_s:.2f} s")
    if taken.level is not None:
        parts.append(f"{taken.level.rms_dbfs:.1f} dBFS, peak {taken.level.peak_dbfs:.1f} dBFS")
    if taken.fps:
        parts.append(f"{taken.n_images} images, {taken.fps:.2f}/s")
    return ", ".join([parts[0], *parts[1:], *taken.remarks])


def _decibels(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
