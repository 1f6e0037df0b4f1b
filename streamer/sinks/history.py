"""EventHistory: a sink that keeps events, measurements, health and the paths of clips in a database for months."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Any

from streamer import __version__
from streamer.errors import StreamerError, UserError
from streamer.messages import (
    ClipRemoved,
    ClipWritten,
    ClockChange,
    Event,
    Health,
    Message,
    Periodicity,
    Spatial,
    Summary,
    Temporal,
)
from streamer.safe_text import json_line, safe
from streamer.sinks.clock_state import ClockState
from streamer.sinks.folder import has_room
from streamer.sinks.history_file import open_history, stored_path
from streamer.sinks.history_limits import HistoryLimits
from streamer.sinks.jsonlines import as_dict, marked

LIMITS_S = 600.0  # between two looks for what is too old or too much


class EventHistory:
    """Sink that writes a database, which `streamer history` reads.

    Each event, and its end, is committed by itself: it is there after a power cut. Where the wall clock was set, the
    times of what came before in this run are set right.

    Parameters
    ----------
    path : Path
        The database, made where there is none. Where it was moved or removed, the next row begins a new one.
    every_s : float
        Of each stream and region, one measurement of each kind and one health in so many seconds; health also at
        a change.
    limits : HistoryLimits
        What is removed again.

    Raises
    ------
    UserError
        If the file cannot be written, or is something else.
    """

    accepts: tuple[type, ...] = (Event, Periodicity, Health, Summary, ClockChange, ClipWritten, ClipRemoved)

    def __init__(self, path: Path, every_s: float = 60.0, limits: HistoryLimits | None = None) -> None:
        self._path = path
        self._every_s = every_s
        self._limits = limits or HistoryLimits()
        self._clock = ClockState()
        self._run = secrets.randbits(62)
        self._began = time.time()
        self._next_s: dict[tuple[str, str, str], float] = {}  # of a stream: monotonic time for its next row
        self._states: dict[str, tuple[Any, ...]] = {}
        self._next_limits_s = 0.0
        self._database = open_history(path)
        self._file = path.stat()

    def write(self, message: Message) -> bool:
        """Commit what is to be kept of a message; False where that is nothing.

        Raises
        ------
        StreamerError
            If the disk is full, or another process does not give up its lock.
        """
        self._clock.update(message)
        try:
            self._reopen_if_moved()
            self._database.execute("BEGIN IMMEDIATE")
            try:
                has_written = self._keep(message)
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
            self._limit()
        except (sqlite3.Error, OSError, UserError) as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.rollback()
            raise StreamerError(f"history {self._path} not written: {error}") from None
        return has_written

    def works_again(self) -> bool:
        """Return whether rows can be written."""
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("ROLLBACK")
            return has_room(self._path.parent)
        return False

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _reopen_if_moved(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(self._file, self._path.stat()):
                return
        self._database.close()
        self._database = open_history(self._path)
        self._file = self._path.stat()

    def _keep(self, message: Message) -> bool:
        match message:
            case Event():
                self._keep_event(message)
            case Periodicity() if self._is_due(message.stream, message.kind, _region_of(message)):
                self._keep_measurement(message)
            case Health() if self._has_changed(message) | self._is_due(message.stream, "health"):
                self._keep_health(message)
            case Summary():
                self._keep_health(message.health)
            case ClockChange() if message.offset_s:
                for table in ("events", "measurements", "health"):
                    self._database.execute(
                        f"UPDATE {table} SET time = time + ?, time_uncertain = ? WHERE run = ? AND stream = ?",
                        (message.offset_s, message.is_uncertain, self._run, safe(message.stream)),
                    )
            case ClipWritten():
                event = message.event
                row = self._earlier_event(event) if message.is_recovered else self._keep_event(event)
                if row is None:  # that event is no longer kept
                    return False
                self._database.execute(
                    "INSERT OR REPLACE INTO clips(path, event) VALUES (?, ?)",
                    (stored_path(message.path.absolute()), row),
                )
            case ClipRemoved():
                self._database.execute("DELETE FROM clips WHERE path = ?", (stored_path(message.path.absolute()),))
            case _:
                return False
        return True

    def _keep_event(self, event: Event) -> int:
        """Add an event, or put its end in; return its id."""
        key = {"run": self._run, "stream": safe(event.stream), "label": safe(event.label), "onset_s": event.onset_s}
        found = self._database.execute(
            "SELECT id, offset_s FROM events WHERE run = :run AND stream = :stream AND label = :label"
            " AND onset_s = :onset_s",
            key,
        ).fetchone()
        if found and (event.offset_s is None or found[1] is not None):  # its clip comes after its end
            return int(found[0])
        values = {
            **key,
            "task": event.task,
            "time": event.time,
            "time_uncertain": self._clock.is_uncertain(event.stream),
            "offset_s": event.offset_s,
            "score": event.score,
            "mean_score": event.mean_score,
            "lost": event.n_lost,
            **_measured(event.measured),
            "line": self._line(event),
        }
        if found:
            return int(self._insert("events", {"id": found[0], **values}, replace=True))
        return self._insert("events", values)

    def _earlier_event(self, event: Event) -> int | None:
        """Return the id of an event that an earlier run has kept; None where there is none."""
        found = self._database.execute(
            "SELECT id FROM events WHERE stream = ? AND label = ? AND onset_s = ? AND (time IS NULL OR"
            " abs(time - ?) < 0.001) ORDER BY id DESC",
            (safe(event.stream), safe(event.label), event.onset_s, event.time),
        ).fetchone()
        return int(found[0]) if found else None

    def _keep_measurement(self, message: Periodicity) -> None:
        self._insert(
            "measurements",
            {
                "run": self._run,
                "stream": safe(message.stream),
                "kind": message.kind,
                "time": message.time,
                "time_uncertain": self._clock.is_uncertain(message.stream),
                **_measured(message.found),
                "line": self._line(message),
            },
        )

    def _keep_health(self, health: Health) -> None:
        self._insert(
            "health",
            {
                "run": self._run,
                "stream": safe(health.stream),
                "time": time.time(),
                "time_uncertain": health.time_uncertain,
                "state": str(health.state),
                "detail": safe(health.detail),
                "line": self._line(health),
            },
        )

    def _insert(self, table: str, values: dict[str, Any], *, replace: bool = False) -> int:
        self._database.execute(
            "INSERT OR IGNORE INTO runs(run, began, version) VALUES (?, ?, ?)", (self._run, self._began, __version__)
        )
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        verb = "INSERT"
        if replace:  # in place, so that what refers to the row stays
            changes = ", ".join(f"{name} = :{name}" for name in values if name != "id")
            self._database.execute(f"UPDATE {table} SET {changes} WHERE id = :id", values)
            return int(values["id"])
        row = self._database.execute(f"{verb} INTO {table}({names}) VALUES ({places})", values).lastrowid
        assert row is not None
        return row

    def _line(self, message: Message) -> str:
        return json_line(marked(as_dict(message), self._clock))

    def _is_due(self, stream: str, what: str, region: str = "") -> bool:
        """Whether so much time has passed since the last row of this kind, and of this region."""
        now_s = time.monotonic()
        if now_s < self._next_s.get((stream, what, region), 0.0):
            return False
        self._next_s[stream, what, region] = now_s + self._every_s
        return True

    def _has_changed(self, health: Health) -> bool:
        """Whether a stream has another state, or the run other problems, than when this was asked last."""
        state = health.state, health.time_uncertain, tuple(problem.part for problem in health.problems)
        before, self._states[health.stream] = self._states.get(health.stream), state
        return before != state

    def _limit(self) -> None:
        """Remove what is too old or too much, from time to time."""
        now_s = time.monotonic()
        if now_s >= self._next_limits_s:
            self._next_limits_s = now_s + LIMITS_S
            self._limits.apply(self._database, None if self._clock.is_any_uncertain else time.time())


def _region_of(message: Periodicity) -> str:
    """Return the name of the region that was measured; empty for the whole image."""
    return message.region.name if message.region else ""


def _measured(found: Temporal | Spatial | None) -> dict[str, float | None]:
    """Return the columns of a measured period."""
    hz = hz_sigma = period_px = period_px_sigma = None
    if isinstance(found, Temporal) and found.components:
        hz, hz_sigma = found.hz, found.hz_sigma
    elif isinstance(found, Spatial) and found.components:
        first = found.components[0].vectors[0]
        period_px, period_px_sigma = first.period_px, first.period_px_sigma
    return {"hz": hz, "hz_sigma": hz_sigma, "period_px": period_px, "period_px_sigma": period_px_sigma}
