"""HistoryRows: read events, measurements and health from a history, by time, label and stream."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from streamer.errors import StreamerError
from streamer.sinks.history_file import began_sql, path_of, read_history
from streamer.sinks.jsonlines import iso_time

Table = Literal["events", "measurements", "health"]


@dataclass(frozen=True, slots=True)
class HistoryChoice:
    """Which rows of a history are wanted; labels and streams are compared whatever their case."""

    since: float | None = None  # wall clock, seconds since the epoch
    until: float | None = None
    labels: Sequence[str] = field(default=())  # empty: all
    streams: Sequence[str] = field(default=())

    def where(self, table: Table) -> tuple[str, list[Any]]:
        """Return the condition in SQL, and its values."""
        parts: list[str] = ["1"]
        values: list[Any] = []
        for text, value in (("time >= ?", self.since), ("time < ?", self.until)):
            if value is not None:
                parts.append(text)
                values.append(value)
        for column, wanted in (("label", self.labels if table == "events" else ()), ("stream", self.streams)):
            if wanted:
                parts.append(f"lower({column}) IN ({', '.join('?' * len(wanted))})")
                values += [name.lower() for name in wanted]
        return " AND ".join(parts), values


class HistoryRows:
    """What a history holds, as it was when it was opened.

    Parameters
    ----------
    path : Path

    Raises
    ------
    UserError
        If there is none, or the file is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = read_history(path)

    def rows(self, table: Table, choice: HistoryChoice) -> Iterator[dict[str, Any]]:
        """Yield rows as their JSON lines, the oldest first, with the time as it is known now; events with `clips`.

        Raises
        ------
        StreamerError
            If the file is damaged.
        """
        order = f"coalesce(time, {began_sql(table)}), id"
        for row in self._select(f"SELECT * FROM {table} WHERE {{}} ORDER BY {order}", table, choice):
            values: dict[str, Any] = json.loads(row["line"])
            time = math.nan if row["time"] is None else row["time"]
            if table == "health":
                values = {"type": "health", "time": iso_time(time), **values}
            values["time"] = iso_time(time)
            values.pop("time_uncertain", None)
            if row["time_uncertain"]:
                values["time_uncertain"] = True
            if table == "events":
                values["clips"] = self._clips(row["id"])
            yield values

    def columns(self, table: Table, names: Sequence[str], choice: HistoryChoice) -> list[tuple[Any, ...]]:
        """Return some columns of all rows whose time is known, the oldest first.

        Raises
        ------
        StreamerError
            If the file is damaged.
        """
        text = f"SELECT {', '.join(names)} FROM {table} WHERE {{}} AND time IS NOT NULL ORDER BY time, id"
        return [tuple(row) for row in self._select(text, table, choice)]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _select(self, text: str, table: Table, choice: HistoryChoice) -> Iterator[sqlite3.Row]:
        where, values = choice.where(table)
        try:
            yield from self._database.execute(text.format(where), values)
        except sqlite3.Error as error:
            raise StreamerError(f"history {self._path} cannot be read: {error}") from None

    def _clips(self, event: int) -> list[str]:
        found = self._database.execute("SELECT path FROM clips WHERE event = ? ORDER BY path", (event,))
        return [str(path_of(stored)) for (stored,) in found]
