"""What is too old or too much goes, an event together with its clips, and never a file of the user's."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamer.messages import ClipRemoved, ClipWritten, Message, SoundClip
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.history import EventHistory
from streamer.sinks.history_file import used_bytes
from streamer.sinks.history_limits import HistoryLimits
from streamer.sinks.history_rows import HistoryChoice, HistoryRows
from tests.support.messages import CLOCK, EVENT

NOW = 1.7e9
DAY_S = 86400.0


class Relay:
    """Carries what a folder of clips tells into a history."""

    def __init__(self, history: EventHistory) -> None:
        self.history = history
        self.told: list[Message] = []

    def post(self, message: Message) -> None:
        self.told.append(message)
        self.history.write(message)

    def queue_lengths(self) -> dict[str, int]:
        return {}


def clip(age_days: float, folder: SoundClipFolder) -> None:
    event = replace(EVENT, onset_s=1000.0 - age_days, offset_s=1001.0 - age_days, time=NOW - age_days * DAY_S)
    folder.write(
        SoundClip(event, np.random.default_rng(1).uniform(-0.1, 0.1, 1600).astype(np.float32), 16000, event.onset_s)
    )


def events(path: Path) -> list[dict[str, object]]:
    found = HistoryRows(path)
    rows = list(found.rows("events", HistoryChoice()))
    found.close()
    return rows


def test_old_events_go_with_those_clips_that_streamer_wrote_and_nobody_changed(tmp_path: Path) -> None:
    history = EventHistory(tmp_path / "h.db")
    folder = SoundClipFolder(tmp_path / "clips", 10**9)
    folder.connect(Relay(history))
    for age_days in (40.0, 35.0, 31.0, 5.0):
        clip(age_days, folder)
    own = tmp_path / "clips" / "own.flac"
    own.write_text("of the user")
    history.write(ClipWritten(replace(EVENT, time=NOW - 50 * DAY_S, onset_s=2.0), own))
    oldest, changed, third, newest = sorted((tmp_path / "clips").rglob("2*.flac"))
    changed.write_text("edited by the user")
    limits = HistoryLimits(max_age_s=30 * DAY_S)
    limits.apply(history._database, None)  # the clock is not known
    assert len(events(tmp_path / "h.db")) == 5
    limits.apply(history._database, NOW)
    assert [row["clips"] for row in events(tmp_path / "h.db")] == [[str(newest)]]
    assert sorted((tmp_path / "clips").rglob("*.flac")) == sorted([changed, newest, own])
    assert [path.exists() for path in (oldest, third)] == [False, False]
    history.close()


def test_a_clip_that_the_cap_of_the_folder_removes_is_no_longer_named(tmp_path: Path) -> None:
    history = EventHistory(tmp_path / "h.db")
    folder = SoundClipFolder(tmp_path / "clips", 12_000)
    relay = Relay(history)
    folder.connect(relay)
    for age_days in range(9, 0, -1):
        clip(age_days, folder)
    removed = [message.path for message in relay.told if isinstance(message, ClipRemoved)]
    assert removed
    assert not any(path.exists() for path in removed)
    named = {path for row in events(tmp_path / "h.db") for path in row["clips"]}  # type: ignore[attr-defined]
    assert named == {str(path) for path in (tmp_path / "clips").rglob("*.flac")}
    assert len(events(tmp_path / "h.db")) == 9
    history.close()


def test_clips_that_the_user_deleted_are_forgotten_but_not_those_of_a_disk_that_is_away(tmp_path: Path) -> None:
    history = EventHistory(tmp_path / "h.db")
    (tmp_path / "clips").mkdir()
    history.write(ClipWritten(EVENT, tmp_path / "clips" / "deleted.flac"))
    history.write(ClipWritten(EVENT, tmp_path / "usb" / "away.flac"))
    HistoryLimits().apply(history._database, NOW)
    assert [row["clips"] for row in events(tmp_path / "h.db")] == [[str(tmp_path / "usb" / "away.flac")]]
    history.close()


def test_a_database_that_is_too_large_loses_its_oldest_rows_and_gives_back_the_room(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    history = EventHistory(path, limits=HistoryLimits(max_bytes=0.0))
    for k in range(1000):
        history.write(replace(EVENT, onset_s=float(k), time=NOW + k))
    before = used_bytes(history._database)
    HistoryLimits(max_bytes=before / 2).apply(history._database, NOW)
    assert used_bytes(history._database) <= before / 2
    left = [row["onset_s"] for row in events(path)]
    assert 300 < len(left) < 600
    assert left == [float(k) for k in range(1000 - len(left), 1000)]
    history._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert path.stat().st_size < 0.6 * before
    history.close()


@pytest.mark.parametrize("is_uncertain", [True, False])
def test_the_sink_removes_nothing_by_a_clock_that_was_not_set(tmp_path: Path, is_uncertain: bool) -> None:
    history = EventHistory(tmp_path / "h.db", limits=HistoryLimits(max_age_s=DAY_S))
    history.write(replace(CLOCK, offset_s=0.0, is_uncertain=is_uncertain))
    history._next_limits_s = 0.0
    history.write(replace(EVENT, time=3.0))  # by a clock that began in 1970
    history.close()
    assert len(events(tmp_path / "h.db")) == is_uncertain


def test_rows_of_files_that_state_no_time_are_as_old_as_the_run_that_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    history = EventHistory(path, limits=HistoryLimits(max_bytes=0.0))
    for k in range(1000):
        history.write(replace(EVENT, onset_s=float(k), time=math.nan))
    assert {row["time"] for row in events(path)} == {None}
    began = history._database.execute("SELECT began FROM runs").fetchone()[0]
    limits = HistoryLimits(max_age_s=DAY_S)
    limits.apply(history._database, began + DAY_S - 60.0)
    assert len(events(path)) == 1000
    HistoryLimits(max_bytes=used_bytes(history._database) / 2).apply(history._database, began)
    assert len(events(path)) < 600
    history.write(replace(EVENT, onset_s=2000.0, time=math.nan))
    limits.apply(history._database, began + DAY_S + 60.0)
    assert events(path) == []
    history.close()
