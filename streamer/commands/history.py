"""`streamer history`: show, export and plot what a history holds."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from streamer.build import resolve_config
from streamer.commands import put, put_json
from streamer.commands.moments import moment
from streamer.config import file_in_force
from streamer.errors import UserError
from streamer.safe_text import safe
from streamer.sinks.history_rows import HistoryChoice, HistoryRows, Table
from streamer.sinks.tables import columns_of, flat, strongest
from streamer.text import duration, timestamp, with_sigma


def show_history(
    table: Table,
    config_path: Path | None,
    database: Path | None,
    since: str,
    until: str,
    labels: list[str],
    streams: list[str],
    *,
    as_csv: bool = False,
    json: bool = False,
    parquet: Path | None = None,
    plot: Path | None = None,
) -> int:
    """Print what a history holds, for people, as CSV or as JSON lines, write it as Parquet, or draw it.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    UserError, StreamerError
        If there is no history, it cannot be read, or an option is wrong.
    """
    if as_csv + json + (parquet is not None) + (plot is not None) > 1:
        raise UserError("output=--csv --json --parquet --plot must be one of these; leave the others out")
    if labels and table != "events":
        raise UserError(f"label={labels[0]} must be of events, and {table} have none; leave it out")
    now = datetime.now()
    choice = HistoryChoice(
        moment(since, "since", now) if since else None, moment(until, "until", now) if until else None, labels, streams
    )
    if choice.since is not None and choice.until is not None and choice.until <= choice.since:
        raise UserError(f"until={until} must be later than since={since}")
    history = HistoryRows(database or _named_in(config_path))
    try:
        if plot is not None:
            from streamer.commands.history_plots import draw_history

            for path in draw_history(history, choice, plot):
                put(str(path))
            return 0
        rows = history.rows(table, choice)
        if parquet is not None:
            from streamer.commands.history_parquet import write_parquet

            n_rows = write_parquet(table, rows, parquet)
            put(f"{parquet}: {n_rows} {table}")
            return 0
        if json:
            for row in rows:
                put_json(row)
        elif as_csv:
            _write_csv(table, rows)
        else:
            _show(table, rows)
    finally:
        history.close()
    return 0


def _named_in(config_path: Path | None) -> Path:
    path = file_in_force(config_path)
    named = resolve_config(path, {}).output.history
    if not named:
        where = path or "the settings"
        raise UserError(f"output.history= must name the history in {where}; or name the file: --db FILE")
    return Path(named)


def _write_csv(table: Table, rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns_of(table), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: safe(value) if isinstance(value, str) else value for key, value in flat(row).items()})
    sys.stdout.flush()


def _show(table: Table, rows: Iterator[dict[str, Any]]) -> None:
    """Print a line for each row, and of events the totals of each label."""
    totals: dict[str, tuple[int, float]] = {}
    n_rows = 0
    for row in rows:
        n_rows += 1
        when = timestamp(math.nan if row["time"] is None else datetime.fromisoformat(row["time"]).timestamp())
        when += " (uncertain)" if row.get("time_uncertain") else ""
        put(f"{when}  {row['stream']}  {_TEXTS[table](row)}")
        if table == "events":
            n, total_s = totals.get(row["label"], (0, 0.0))
            totals[row["label"]] = n + 1, total_s + (row["offset_s"] - row["onset_s"] if "offset_s" in row else 0.0)
    for label, (n, total_s) in sorted(totals.items(), key=lambda item: -item[1][0]):
        put(f"{label}: {n} event{'s' if n > 1 else ''}, {duration(total_s)} in all")
    if not n_rows:
        put(f"no {table} there")


def _event_text(row: dict[str, Any]) -> str:
    length = duration(row["offset_s"] - row["onset_s"]) if "offset_s" in row else "end unknown"
    parts = [row["label"], length, f"peak {row['score']:.2f}"]
    parts += filter(None, [_measured_text(row)])
    if lost := row.get("lost_samples") or row.get("skipped_images"):
        parts.append(f"{lost} {'samples' if 'lost_samples' in row else 'images'} lost")
    return "  ".join([*parts, *row["clips"]])


def _measurement_text(row: dict[str, Any]) -> str:
    status = row.get("status", "none").replace("none", "nothing periodic").replace("_", " ")
    where = f"  {row['region']}" if row.get("region") else ""
    return f"{row['kind']}{where}  {_measured_text(row) or status}"


def _measured_text(row: dict[str, Any]) -> str:
    found = strongest(row)
    if found.get("unit", "Hz") != "Hz" and found.get("value") is not None:
        text = f"{with_sigma(found['value'], found['value_sigma'] or 0.0)} {found['unit']}"
        return f"{found['note']} {text}" if found.get("note") else text
    if found.get("hz") is not None:
        return f"{with_sigma(found['hz'], found['hz_sigma'] or 0.0)} Hz"
    if found.get("period_px") is not None:
        return f"{with_sigma(found['period_px'], found['period_px_sigma'] or 0.0)} px"
    return ""


def _health_text(row: dict[str, Any]) -> str:
    problems = "".join(f"  problem: {problem['text']}" for problem in row["problems"])
    return f"{row['state']}  {row['windows']} windows  {row['detail']}{problems}"


_TEXTS = {"events": _event_text, "measurements": _measurement_text, "health": _health_text}
