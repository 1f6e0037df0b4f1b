"""What was heard or seen in one file, and its JSON line."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from streamer.messages import Event, Scores, Spatial, Temporal
from streamer.sinks.jsonlines import event_dict, found_dict, to_json
from streamer.sinks.log import found_text

N_TOP = 5


@dataclass(frozen=True, slots=True)
class FileResult:
    """What was heard or seen in one file, or why nothing could be."""

    path: Path
    duration_s: float = 0.0
    labels: list[tuple[str, float]] = field(default_factory=list)  # best first
    events: list[Event] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    error: str | None = None
    is_sight: bool = False
    temporal: Temporal | None = None
    spatial: Spatial | None = None
    note: str = ""  # what is wrong with a file that could be used all the same

    def to_json(self) -> str:
        """Return the documented ``file`` line."""
        label, score = self.labels[0] if self.labels else (None, None)
        events = [event_dict(event) for event in self.events]
        for event in events:  # of a file neither stream nor wall clock mean anything
            for key in ("type", "stream", "time", "lost_samples", "skipped_images"):
                event.pop(key, None)
        values = {
            "type": "file",
            "path": str(self.path),
            "duration_s": round(self.duration_s, 4),
            "label": label,
            "score": score,
            "labels": [list(pair) for pair in self.labels[:N_TOP]],
            "events": events,
            **(
                {"temporal": found_dict(self.temporal), "spatial": found_dict(self.spatial), "note": self.note}
                if self.is_sight
                else {}
            ),
            "error": self.error,
        }
        return json.dumps(values, ensure_ascii=False, allow_nan=False)

    def show(self, *, json: bool, scores: bool) -> None:
        """Print the result for a program or a person."""
        if json:
            for message in self.scores if scores else ():
                print(to_json(message))
            print(self.to_json(), flush=True)
        elif self.error is not None:
            print(f"{self.path}: {self.error}", file=sys.stderr)
        else:
            top = "  ".join(f"{label} {score:.2f}" for label, score in self.labels[:3])
            print(f"{self.path}  {self.duration_s:.1f} s  {top}")
            if self.note:
                print(f"    {self.note}")
            for found in (self.temporal, self.spatial):
                if found:
                    print(f"    {found_text(found)}")
            for event in self.events:
                print(f"    {event.onset_s:7.2f} – {event.offset_s:7.2f} s  {event.label} {event.score:.2f}")
