"""How well events were found, as a table for terminals and as plain values for JSON."""

from __future__ import annotations

import math
from typing import Any

from rich.table import Table
from rich.text import Text

from streamer.evaluation.detection import Detection, Matches
from streamer.evaluation.tables import rounded, share_text

OVERALL = "all"


def detection_table(overall: Detection, by_label: dict[str, Detection], width: int) -> Table:
    """Return a row for each label and one for all, for a terminal of so many characters per line.

    Columns: events annotated, share of them that some event overlaps, F1 by events and by segments, false alarms per
    hour with their 95 % interval.
    """
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=False, show_edge=False)
    table.add_column("label", no_wrap=True, max_width=max(12, width - 64), overflow="ellipsis", header_style="dim")
    for name in ("events", "heard", "event F1", "segment F1", "false alarms/h"):
        table.add_column(name, justify="right", no_wrap=True, header_style="dim")
    for label, detection in [*by_label.items(), (OVERALL, overall)]:
        true = detection.events.n_true
        heard = share_text(detection.n_heard / true if true else math.nan)
        table.add_row(
            Text(label, "bold" if detection is overall else ""),
            str(true),
            heard,
            share_text(detection.events.f1),
            share_text(detection.segments.f1),
            rate_text(detection),
        )
    return table


def rate_text(detection: Detection) -> str:
    """Return false alarms per hour with their 95 % interval."""
    low, high = detection.false_alarms_interval
    digits = 0 if high >= 100 else 1
    return f"{detection.false_alarms_per_hour:.{digits}f} ({low:.{digits}f} – {high:.{digits}f})"


def detection_dict(detection: Detection) -> dict[str, Any]:
    """Return the figures of one label, or of all, as JSON values; what is not known is None."""
    return {
        "events": _matches_dict(detection.events),
        "segments": _matches_dict(detection.segments),
        "heard": detection.n_heard,
        "false_alarms": detection.n_false_alarms,
        "false_alarms_per_hour": rounded(detection.false_alarms_per_hour),
        "false_alarms_per_hour_95": [rounded(limit) for limit in detection.false_alarms_interval],
    }


def _matches_dict(matches: Matches) -> dict[str, Any]:
    return {
        "true": matches.n_true,
        "found": matches.n_found,
        "right": matches.n_right,
        "precision": rounded(matches.precision),
        "recall": rounded(matches.recall),
        "f1": rounded(matches.f1),
    }
