"""Results as rows of a table: the columns of events, measurements and health, for CSV, Parquet and the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NUMBERS = ("hz", "hz_sigma", "value", "value_sigma", "unit", "period_px", "period_px_sigma", "angle_deg", "snr_db")
COLUMNS: dict[str, tuple[str, ...]] = {
    "events": (
        "time", "time_uncertain", "stream", "label", "score", "mean_score", "onset_s", "offset_s", "length_s", "lost",
        *_NUMBERS, "clips",
    ),
    "measurements": (
        "time", "time_uncertain", "stream", "kind", "region", "start_s", "end_s", *_NUMBERS, "skipped_images",
    ),
    "health": (
        "time", "time_uncertain", "stream", "state", "detail", "position_s", "real_time_factor", "latency_p50_s",
        "latency_p99_s", "windows", "windows_per_s", "lost_fraction", "reconnects", "cpu_fraction", "memory_bytes",
        "temperature_c", "problems", "unwritten",
    ),
}  # fmt: skip


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of a table, in order."""
    return COLUMNS[table]


def strongest(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the strongest rhythm or pattern in the line of a measurement or event; empty where there is none."""
    measured = line if line["type"] == "periodicity" else line.get("temporal") or line.get("spatial") or {}
    if "components" in measured:
        return measured["components"][0] if measured["components"] else {}
    return measured


def flat(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a JSON line by column; what a line does not have is None.

    Times stay as they are, so that whoever reads the table sees the zone. Lists are one text, divided by blanks.
    """
    kind = line["type"]
    table = "events" if kind.startswith("event") else "measurements" if kind == "periodicity" else "health"
    found = strongest(line)
    values = {
        **line,
        **{name: found.get(name) for name in _NUMBERS},
        "time_uncertain": bool(line.get("time_uncertain")),
        "lost": line.get("lost_samples", line.get("skipped_images")),
        "length_s": round(line["offset_s"] - line["onset_s"], 4) if "offset_s" in line else None,
        "clips": " ".join(line.get("clips", ())),
        "problems": "; ".join(problem["text"] for problem in line.get("problems", ())),
    }
    return {name: values.get(name) for name in COLUMNS[table]}
