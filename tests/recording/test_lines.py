"""Recorded, lost and undone takes as lines, for programs and for people."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from streamer.messages import LostTake, RecordedTake, State, Undo
from streamer.recording.folder import TakeFolder, TakeReport
from streamer.recording.lines import TakeJsonLines, TakeLog
from streamer.runtime import SinkThread
from tests.support.messages import HEALTH
from tests.support.takes import EPOCH_S, RecordedFolder, sound

pytestmark = pytest.mark.usefixtures("utc")


REPORTS: list[TakeReport] = [
    replace(HEALTH, state=State.WAITING, detail="gone"),
    LostTake("mic", 1.0, 2.0, "480 samples lost in it"),
    LostTake("mic", 1.0, 2.0, "undone", is_wanted=False),
    RecordedTake(Path("data/weave/w-3.png"), 1.5, EPOCH_S, 0.0, n_images=1),
    RecordedTake(Path("data/blink/b-4.avi"), 1.5, EPOCH_S, 1.96, n_images=50, fps=25.000012345, n_lost=1, is_cut=True),
]


def test_lines_for_programs(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path)
    folder.sink.write(sound())
    stream = io.StringIO()
    sink = TakeJsonLines(stream, "dog")
    for message in (*folder.published, *REPORTS):
        sink.write(message)
    take, health, lost, undone, picture, video = map(json.loads, stream.getvalue().splitlines())
    assert take == {
        "type": "take", "label": "dog", "path": str(tmp_path / "dog" / "dog-20261123-102142-001.flac"), "start_s": 1.5,
        "time": "2026-11-23T10:21:43.500Z", "length_s": 0.125, "level_dbfs": -10.9, "peak_dbfs": -6.02,
        "clipped": False, "quiet": False, "cut": False,
    }  # fmt: skip
    assert (health["type"], health["detail"]) == ("health", "gone")
    assert lost == {
        "type": "take_lost", "label": "dog", "start_s": 1.0, "length_s": 2.0, "reason": "480 samples lost in it",
        "undone": False,
    }  # fmt: skip
    assert undone["undone"]
    assert (picture["length_s"], picture["images"], picture["fps"]) == (0.0, 1, 0.0)
    assert (video["images"], video["fps"], video["skipped_images"], video["cut"]) == (50, 25.0, 1, True)


def test_lines_for_people(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path)
    folder.sink.write(sound())
    stream = io.StringIO()
    sink = TakeLog(stream)
    for message in (*folder.published, *REPORTS):
        sink.write(message)
    assert [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()] == [
        "dog-20261123-102142-001.flac, 0.12 s, -10.9 dBFS, peak -6.0 dBFS",
        "mic: waiting gone",
        "take of 2.00 s lost: 480 samples lost in it",
        "take of 2.00 s undone",
        "w-3.png",
        "b-4.avi, 1.96 s, 50 images, 25.00/s, 1 skipped, cut off",
    ]


def test_lines_behind_the_folder_come_in_the_order_in_which_the_stream_gave_them(tmp_path: Path) -> None:
    stream = io.StringIO()
    lines = SinkThread(TakeJsonLines(stream, "dog"))
    folder = SinkThread(TakeFolder(tmp_path, "dog", EPOCH_S, partial(lines.put, wait=True)))
    for message in (HEALTH, sound(), LostTake("mic", 1.0, 2.0, "lost"), sound(), Undo("mic"), HEALTH):
        folder.put(message, wait=True)
    folder.close()
    lines.close()
    kinds = [json.loads(line)["type"] for line in stream.getvalue().splitlines()]
    assert kinds == ["health", "take", "take_lost", "take", "take_lost", "health"]
