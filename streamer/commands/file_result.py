"""Print the result of one file, as a JSON line or for people."""

from __future__ import annotations

import json
import sys

from streamer.offline.result import FileResult
from streamer.sinks.jsonlines import event_dict, measurement_dict, to_json
from streamer.sinks.log import measurement_text

N_TOP = 5


def file_line(result: FileResult) -> str:
    """Return the documented ``file`` JSON line."""
    label, score = result.labels[0] if result.labels else (None, None)
    events = [event_dict(event) for event in result.events]
    for event in events:  # of a file neither stream nor wall clock mean anything
        for key in ("type", "stream", "time", "lost_samples", "skipped_images"):
            event.pop(key, None)
    values = {
        "type": "file",
        "path": str(result.path),
        "duration_s": round(result.duration_s, 4),
        "label": label,
        "score": score,
        "labels": [list(pair) for pair in result.labels[:N_TOP]],
        "events": events,
        **(
            {
                "temporal": measurement_dict(result.temporal),
                "spatial": measurement_dict(result.spatial),
                "note": result.note,
            }
            if result.medium == "images"
            else {}
        ),
        "error": result.error,
    }
    return json.dumps(values, ensure_ascii=False, allow_nan=False)


def show(result: FileResult, *, as_json: bool, scores: bool) -> None:
    """Print a result, as a JSON line or for people."""
    if as_json:
        for message in result.scores if scores else ():
            print(to_json(message))
        print(file_line(result), flush=True)
    elif result.error is not None:
        print(f"{result.path}: {result.error}", file=sys.stderr)
    else:
        top = "  ".join(f"{label} {score:.2f}" for label, score in result.labels[:3])
        print(f"{result.path}  {result.duration_s:.1f} s  {top}")
        if result.note:
            print(f"    {result.note}")
        for found in (result.temporal, result.spatial):
            if found:
                print(f"    {measurement_text(found)}")
        for event in result.events:
            print(f"    {event.onset_s:7.2f} – {event.offset_s:7.2f} s  {event.label} {event.score:.2f}")
