"""The history as a file: an SQLite database of events, measurements, health and clips, and how it is opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from streamer.errors import UserError

APPLICATION_ID = 0x73_74_72_6D  # "strm": by it the file is known as ours
VERSION = 1
BUSY_S = 10.0  # for another process to finish its transaction

_TABLES = """
CREATE TABLE runs(run INTEGER PRIMARY KEY, began REAL NOT NULL, version TEXT NOT NULL);
CREATE TABLE events(
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, stream TEXT NOT NULL, label TEXT NOT NULL, task TEXT NOT NULL,
    time REAL, time_uncertain INTEGER NOT NULL, onset_s REAL NOT NULL, offset_s REAL, score REAL NOT NULL,
    mean_score REAL NOT NULL, lost INTEGER NOT NULL, hz REAL, hz_sigma REAL, period_px REAL, period_px_sigma REAL,
    line TEXT NOT NULL, UNIQUE(run, stream, label, onset_s));
CREATE INDEX events_by_time ON events(time);
CREATE TABLE clips(path PRIMARY KEY, event INTEGER NOT NULL REFERENCES events(id) ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX clips_by_event ON clips(event);
CREATE TABLE measurements(
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, stream TEXT NOT NULL, kind TEXT NOT NULL, time REAL,
    time_uncertain INTEGER NOT NULL, hz REAL, hz_sigma REAL, period_px REAL, period_px_sigma REAL, line TEXT NOT NULL);
CREATE INDEX measurements_by_time ON measurements(time);
CREATE TABLE health(
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, stream TEXT NOT NULL, time REAL NOT NULL,
    time_uncertain INTEGER NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, line TEXT NOT NULL);
CREATE INDEX health_by_time ON health(time);
"""
TIMED = ("events", "measurements", "health")  # tables of which each row has a time, NULL of a file that states none


def began_sql(table: str) -> str:
    """Return in SQL what counts as the time of a row that has none, as of a file: when the run began that wrote it."""
    return f"(SELECT began FROM runs WHERE runs.run = {table}.run)"


def open_history(path: Path) -> sqlite3.Connection:
    """Open a history to write to it; the file is made where there is none.

    Every commit is on the disk when it returns, and a process that is killed leaves a whole file.

    Raises
    ------
    UserError
        If the file is something else, or cannot be written.
    """
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise UserError(f"output.history={path} must be a file that can be written; {error}") from None
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, so that room can be given back
        _check(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        raise UserError(f"output.history={path} must be a history of streamer; {error}; move it away") from None
    except UserError:
        connection.close()
        raise
    return connection


def read_history(path: Path) -> sqlite3.Connection:
    """Open a history only to read it, also while another process writes it.

    Raises
    ------
    UserError
        If there is none, or the file is something else.
    """
    if not path.is_file():
        raise UserError(f"history={path} must be an existing file; streamer run with output.history writes one")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")  # all that is read is of one instant
        _check(connection, path)
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise UserError(f"history={path} must be a history of streamer; this file is empty")
    except sqlite3.Error as error:
        raise UserError(f"history={path} must be a history of streamer that can be read; {error}") from None
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse another database, and a history by a later streamer."""
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UserError(f"history={path} must be a history of streamer; it is another program's database")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise UserError(f"history={path} must be of a streamer no later than this one; it has version {version}")


def move_clip(connection: sqlite3.Connection, old: Path, new: Path) -> None:
    """Let the link to a clip follow it to another place; one that is not in the history has none."""
    connection.execute("UPDATE OR REPLACE clips SET path = ? WHERE path = ?", (stored_path(new), stored_path(old)))


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of what is in the database; what was deleted and not given back yet does not count."""
    n_pages, n_free, n_bytes = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (n_pages - n_free) * n_bytes


def stored_path(path: Path) -> str | bytes:
    """Return a path as it is stored: as text, or as bytes where its name is no UTF-8."""
    text = str(path)
    with contextlib.suppress(UnicodeEncodeError):
        text.encode()
        return text
    return os.fsencode(path)


def path_of(stored: str | bytes) -> Path:
    """Return the path that was stored."""
    return Path(os.fsdecode(stored))
