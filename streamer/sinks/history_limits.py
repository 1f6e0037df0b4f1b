"""What is removed from a history: rows that are too old or too many, and with an event its clips."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streamer.sinks.history_file import TIMED, began_sql, path_of, stored_path, used_bytes
from streamer.sinks.manifest import Manifest

SHARE = 16  # of all rows, removed at once where the database is too large


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """Removes the oldest rows of a history; clips go with their event, but never a file that is not streamer's.

    Parameters
    ----------
    max_age_s : float
        Age of the oldest rows; 0: no limit.
    max_bytes : float
        Size of the database; 0: no limit.
    """

    max_age_s: float = 0.0
    max_bytes: float = 0.0

    def apply(self, database: sqlite3.Connection, now: float | None) -> None:
        """Remove what is beyond the limits, and what is listed of clips that are gone.

        Parameters
        ----------
        database : sqlite3.Connection
        now : float or None
            Wall clock, seconds since the epoch; None while it is not known: then nothing is too old.

        Raises
        ------
        sqlite3.Error
            If the database cannot be written.
        OSError
            If a clip cannot be removed.
        """
        self._forget_missing(database)
        if self.max_age_s and now is not None:
            self._remove_before(database, now - self.max_age_s)
        while self.max_bytes and used_bytes(database) > self.max_bytes:
            all_times = " UNION ALL ".join(
                f"SELECT coalesce(time, {began_sql(table)}) AS time FROM {table}" for table in TIMED
            )
            n_rows = database.execute(f"SELECT count(*) FROM ({all_times})").fetchone()[0]
            if not n_rows:
                break
            (until,) = database.execute(
                f"SELECT time FROM ({all_times}) ORDER BY time LIMIT 1 OFFSET ?", (n_rows // SHARE,)
            ).fetchone()
            self._remove_before(database, until, including=True)
        database.executescript("PRAGMA incremental_vacuum")  # `execute` would give back one page

    def _remove_before(self, database: sqlite3.Connection, time: float, *, including: bool = False) -> None:
        """Remove the rows before a time; first the clips, so that none is ever left without its row."""
        clips = database.execute(
            f"SELECT path FROM clips JOIN events ON clips.event = events.id WHERE {_older('events', including)}",
            {"time": time},
        ).fetchall()
        _remove_files(path_of(path) for (path,) in clips)
        database.execute("BEGIN IMMEDIATE")
        try:
            for table in TIMED:
                database.execute(f"DELETE FROM {table} WHERE {_older(table, including)}", {"time": time})
            database.execute(
                "DELETE FROM runs WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.run = runs.run)"
                " AND NOT EXISTS (SELECT 1 FROM measurements WHERE measurements.run = runs.run)"
                " AND NOT EXISTS (SELECT 1 FROM health WHERE health.run = runs.run)"
            )
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")

    def _forget_missing(self, database: sqlite3.Connection) -> None:
        """Forget clips that are gone; those in a folder that is not there, as on a disk unplugged, may come back."""
        for (stored,) in database.execute("SELECT path FROM clips").fetchall():
            path = path_of(stored)
            if path.parent.is_dir() and not path.exists():
                database.execute("DELETE FROM clips WHERE path = ?", (stored_path(path),))


def _older(table: str, including: bool) -> str:
    sign, sure = ("<=", "") if including else ("<", f" AND NOT {table}.time_uncertain")
    return f"({table}.time {sign} :time OR {table}.time IS NULL AND {began_sql(table)} {sign} :time){sure}"


def _remove_files(paths: Iterable[Path]) -> None:
    """Remove clips that streamer wrote and nobody has changed since."""
    by_folder: dict[Path, tuple[Manifest, list[str]]] = {}
    for path in paths:
        if (found := Manifest.of_file(path)) is not None:
            manifest, name = found
            by_folder.setdefault(manifest.folder, (manifest, []))[1].append(name)
    for manifest, names in by_folder.values():
        manifest.remove(names)
