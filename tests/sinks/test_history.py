"""The history holds what was committed, whatever happens to the process, the file or the clock."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from streamer.errors import StreamerError, UserError
from streamer.messages import ClipRemoved, ClipWritten, Message, State, Summary
from streamer.sinks.history import EventHistory
from streamer.sinks.history_rows import HistoryChoice, HistoryRows, Table
from streamer.sinks.jsonlines import as_dict
from tests.support.disks import mounted_disk
from tests.support.messages import CLOCK, EVENT, HEALTH, IMAGE_MESSAGES, MOTION, RUNNING
from tests.support.paths import ROOT

ALL = HistoryChoice()


def kept(path: Path, *messages: Message, every_s: float = 0.0) -> None:
    history = EventHistory(path, every_s)
    for message in messages:
        history.write(message)
    history.close()


def rows(path: Path, table: Table = "events", choice: HistoryChoice = ALL) -> list[dict[str, object]]:
    found = HistoryRows(path)
    result = list(found.rows(table, choice))
    found.close()
    return result


def test_an_event_is_one_row_from_its_beginning_to_its_clip(tmp_path: Path) -> None:
    path, clip = tmp_path / "h.db", tmp_path / "caf\udce9.flac"
    kept(path, RUNNING)
    (row,) = rows(path)
    assert "offset_s" not in row
    history = EventHistory(path)
    for message in (RUNNING, EVENT, ClipWritten(EVENT, clip)):
        history.write(message)
    (_, row) = rows(path)  # while it is written
    assert row == {**as_dict(EVENT), "clips": [str(clip)]}
    history.write(ClipRemoved(clip))
    history.close()
    assert rows(path)[1]["clips"] == []


def test_the_clip_that_a_killed_run_has_left_is_of_the_event_that_it_has_kept(tmp_path: Path) -> None:
    path, clip = tmp_path / "h.db", tmp_path / "saved.flac"
    clip.write_bytes(b"")
    kept(path, RUNNING)  # and killed
    kept(path, ClipWritten(RUNNING, clip, is_recovered=True))
    assert [row["clips"] for row in rows(path)] == [[str(clip)]]
    kept(path, ClipWritten(replace(RUNNING, onset_s=77.0), tmp_path / "b.flac", is_recovered=True))
    assert len(rows(path)) == 1  # of an event that is not kept


def test_events_measurements_and_health_come_back_as_their_lines(tmp_path: Path) -> None:
    kept(tmp_path / "h.db", *IMAGE_MESSAGES)
    assert {row["label"]: row.get("temporal") for row in rows(tmp_path / "h.db")} == {
        "oscillation": as_dict(MOTION)["temporal"],
        "wrong speed": as_dict(MOTION)["temporal"],
        "grid": None,
    }
    measured = rows(tmp_path / "h.db", "measurements")
    assert measured == [as_dict(message) for message in IMAGE_MESSAGES[1:7]]
    assert {row["state"] for row in rows(tmp_path / "h.db", "health")} == {"running"}


def test_measurements_and_health_are_thinned_but_no_change_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr("streamer.sinks.history.time.monotonic", lambda: now_s[0])
    history = EventHistory(tmp_path / "h.db", every_s=60.0)
    measurement = IMAGE_MESSAGES[1]
    for _ in range(130):  # seconds
        history.write(measurement)
        history.write(HEALTH)
        now_s[0] += 1.0
    history.write(replace(HEALTH, state=State.WAITING, detail="unplugged"))
    history.write(Summary(replace(HEALTH, state=State.ENDED), {}))
    history.close()
    assert len(rows(tmp_path / "h.db", "measurements")) == 3
    assert [row["state"] for row in rows(tmp_path / "h.db", "health")] == ["running"] * 3 + ["waiting", "ended"]


def test_times_of_a_run_are_set_right_when_the_clock_is_set(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    unset = replace(CLOCK, time=8.75, offset_s=0.0, is_uncertain=True)
    kept(path, replace(EVENT, time=5.0))  # of an earlier run
    kept(path, unset, replace(EVENT, time=10.0), replace(CLOCK, offset_s=1.7e9), replace(EVENT, onset_s=9.0))
    found = rows(path)
    assert [row["time"] for row in found] == [
        "1970-01-01T00:00:05.000Z",
        "2023-11-14T22:13:21.250Z",
        "2023-11-14T22:13:30.000Z",
    ]
    assert not any("time_uncertain" in row for row in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as on Unix")
def test_a_hundred_kills_lose_no_committed_event(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_history", str(path), "100"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    committed = json.loads(done.stdout)
    assert len({number // 1_000_000 for number in committed}) == 100
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    ended = {int(onset_s) for (onset_s,) in database.execute("SELECT onset_s FROM events WHERE offset_s NOT NULL")}
    database.close()
    assert set(committed) <= ended


def test_a_history_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    history = EventHistory(path)
    history.write(EVENT)
    for each in tmp_path.glob("h.db*"):
        each.rename(tmp_path / each.name.replace("h.db", "old.db"))
    history.write(replace(EVENT, onset_s=3.0))
    history.close()
    assert [row["onset_s"] for row in rows(path)] == [3.0]
    assert [row["onset_s"] for row in rows(tmp_path / "old.db")] == [1.25]


def test_a_file_that_is_something_else_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("mine" * 1000)
    other = tmp_path / "other.db"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE birds(name)")
    database.close()
    for path, message in ((text, "file is not a database"), (other, "another program's database")):
        before = path.read_bytes()
        for opens in (lambda path=path: EventHistory(path), lambda path=path: HistoryRows(path)):
            with pytest.raises(UserError, match=message):
                opens()
        assert path.read_bytes() == before
    with pytest.raises(UserError, match="must be an existing file"):
        HistoryRows(tmp_path / "none.db")
    with pytest.raises(UserError, match="unable to open"):
        EventHistory(tmp_path / "nowhere" / "h.db")


def test_a_full_disk_is_told_and_is_over_when_there_is_room(tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", "2m") as folder:
        path = folder / "h.db"
        history = EventHistory(path)
        history.write(EVENT)
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        n_written, reason = 1, ""
        while not reason:
            try:
                history.write(replace(EVENT, onset_s=float(n_written)))
                n_written += 1
            except StreamerError as error:
                reason = str(error)
        assert re.search(r"h\.db not written: .*(full|I/O)", reason)
        assert not history.works_again()
        filler.unlink()
        assert history.works_again()
        history.write(replace(EVENT, onset_s=1e6))
        history.close()
        assert len(rows(path)) == n_written + 1


def test_another_writer_is_waited_for_and_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.db"
    history = EventHistory(path)
    history._database.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StreamerError, match="database is locked"):
        history.write(EVENT)
    assert not history.works_again()
    other.execute("ROLLBACK")
    assert history.works_again()
    history.write(EVENT)
    history.close()
    other.close()
    assert len(rows(path)) == 1


def test_rows_are_chosen_by_time_label_and_stream(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    kept(path, *(replace(EVENT, label=label, onset_s=float(k), time=1000.0 * k) for k, label in enumerate("abcA")))
    kept(path, replace(EVENT, stream="door"))

    def onsets(**choice: object) -> list[object]:
        return [row["onset_s"] for row in rows(path, choice=HistoryChoice(**choice))]  # type: ignore[arg-type]

    assert onsets(since=1000.0, until=3000.0) == [1.0, 2.0]
    assert onsets(labels=["A", "c"]) == [0.0, 2.0, 3.0]
    assert onsets(streams=["Door"]) == [1.25]
