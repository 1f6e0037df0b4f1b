"""Print the results of one file, as JSON lines or for people."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

from streamer.address import shown
from streamer.commands import put, put_json, say
from streamer.features.quality import Quality
from streamer.offline.folders import PassedOver
from streamer.offline.result import FileResult
from streamer.safe_text import is_unicode, json_line, safe
from streamer.sinks.jsonlines import direction_dict, event_dict, measurement_dict, region_dict, to_json
from streamer.sinks.log import direction_text, measurement_text
from streamer.text import timestamp

N_TOP = 5  # scores in JSON
N_BEST = 3  # scores in the text
N_NAMED = 5  # paths of one reason that are named; JSON lines have all


def file_line(result: FileResult, *, name_model: bool = False) -> str:
    """Return the documented ``file`` JSON line, with the model's name where a file has a line for each model."""
    labels = [[label, _finite(score)] for label, score in result.labels[:N_TOP]]
    events = [event_dict(event) for event in result.events]
    for event in events:  # of a file the stream means nothing
        for key in ("type", "stream", "lost_samples", "skipped_images"):
            event.pop(key, None)
    values = {
        "type": "file",
        "path": shown(str(result.path)),
        **({"model": result.model or None} if name_model else {}),
        "duration_s": round(result.duration_s, 4),
        "label": result.label,
        "score": _finite(result.score),
        "labels": labels,
        "events": events,
        **(
            {
                "direction": direction_dict(result.direction),
                "temporal": measurement_dict(result.temporal),
                "spatial": measurement_dict(result.spatial),
                "regions": [region_dict(found) for found in result.regions],
            }
            if result.medium == "images"
            else {}
        ),
        **({"quality": quality_dict(result.quality)} if result.medium == "sound" else {}),
        "note": result.note,
        "error": result.error,
    }
    return json_line(values, ascii_only=not is_unicode(sys.stdout))


def quality_dict(quality: Quality | None) -> dict[str, Any] | None:
    """Return the quality of a sound as values for JSON; None where nothing was measured."""
    if quality is None:
        return None
    return {
        "peak_dbfs": _decibels(quality.peak),
        "rms_dbfs": _decibels(quality.rms),
        "offset": round(quality.offset, 5),
        "clipped_fraction": round(quality.clipped_share, 6),
        "invalid_samples": quality.n_invalid,
        "zeros_s": round(quality.zeros_s, 3),
        "padding_s": round(quality.padding_s, 3),
        "bandwidth_hz": round(quality.bandwidth_hz),
        "faults": list(quality.findings()),
    }


def _finite(score: float | None) -> float | None:
    return score if score is not None and math.isfinite(score) else None


def _decibels(magnitude: float) -> float | None:
    return round(20.0 * math.log10(magnitude), 1) if magnitude else None


def show(results: Sequence[FileResult], *, as_json: bool, scores: bool, name_models: bool = False) -> None:
    """Print the results of one file.

    Parameters
    ----------
    results : sequence of FileResult
        One for each model.
    as_json : bool
        As JSON lines, one for each result, else for people.
    scores : bool
        With JSON, also a line for the scores of every window.
    name_models : bool
        Whether to say which model gave a result.
    """
    if as_json:
        for result in results:
            for message in result.scores if scores else ():
                print(to_json(message, ascii_only=not is_unicode(sys.stdout)))
            print(file_line(result, name_model=name_models), flush=True)
        return
    first = results[0]
    if first.error is not None:
        put(f"{shown(str(first.path))}: {first.error}", sys.stderr)
    if not first.model:
        return
    for result in results:
        model = f"{result.model}: " if name_models else ""
        direction = f"  {direction_text(result.direction)}" if result.direction else ""
        put(f"{result.path}  {result.duration_s:.1f} s  {model}{_label_text(result)}{direction}")
        if result is first:
            _print_measurements(first)
        for event in result.events:
            when = f"  {timestamp(event.time)}" if math.isfinite(event.time) else ""
            direction = f"  {direction_text(event.direction)}" if event.direction else ""
            put(f"    {event.onset_s:7.2f} – {event.offset_s:7.2f} s  {event.label} {event.score:.2f}{direction}{when}")


def _label_text(result: FileResult) -> str:
    """Return the label of a file and the best scores; where they differ, the latter in brackets."""
    best = "  ".join(f"{label} {score:.2f}" for label, score in result.labels[:N_BEST])
    if result.label is None:
        return f"no label  (best scores: {best})" if best else "no label"
    if result.label == result.labels[0][0]:
        return best
    return f"{result.label} {result.score:.2f}  (best scores: {best})"


def show_passed_over(found: Sequence[PassedOver], *, as_json: bool) -> None:
    """Tell what lay in the folders and was not classified: a JSON line for each, or a line for each reason."""
    if as_json:
        for each in found:
            values = {"type": "passed_over", "path": shown(str(each.path)), "reason": each.reason}
            put_json(values)
        return
    by_reason: dict[str, list[str]] = {}
    for each in found:
        by_reason.setdefault(each.reason, []).append(str(each.path))
    for reason, paths in by_reason.items():
        more = f" and {len(paths) - N_NAMED} more" if len(paths) > N_NAMED else ""
        say(f"passed over {len(paths)}: {safe(reason)}: {', '.join(map(safe, map(shown, paths[:N_NAMED])))}{more}")


def _print_measurements(result: FileResult) -> None:
    """Print what was measured of the file itself, the same for all models."""
    if result.note:
        put(f"    {result.note}")
    for found in (result.temporal, result.spatial):
        if found:
            put(f"    {measurement_text(found)}")
    for each in result.regions:
        for found in (each.temporal, each.spatial):
            if found:
                put(f"    {each.region.name}: {measurement_text(found)}")
