"""Events beside recordings, for Audacity and Raven: where they lie in each file, and what becomes of the files."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamer.messages import Recording, SoundFormat
from streamer.sinks.recordings import RecordingFolder
from tests.support.bands import lines, run_here
from tests.support.messages import EVENT, RUNNING

RATE = 8000
FORMAT = SoundFormat(RATE, 1, "x")


def record(folder: RecordingFolder, first_s: int, n_seconds: int, stream: str = "mic") -> None:
    for second in range(first_s, first_s + n_seconds):
        samples = np.random.default_rng(second).uniform(-0.1, 0.1, (RATE, 1)).astype(np.float32)
        folder.write(Recording(stream, FORMAT, 0.0, 1.7e9 + second, samples, second * RATE))


def audacity(folder: Path) -> list[list[tuple[float, float, str]]]:
    """Return the lines of the label track beside each recording, in the order of time."""
    found = []
    for path in sorted(folder.glob("*.wav")):
        track = path.with_suffix(".txt")
        rows = [line.split("\t") for line in track.read_text().splitlines()] if track.exists() else []
        found.append([(float(begin), float(end), label) for begin, end, label in rows])
    return found


def test_an_event_lies_in_every_file_that_it_reaches_into(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path, 4.2 * RATE * 4, has_labels=True)
    record(folder, 0, 6)  # four seconds a file
    assert folder.write(RUNNING) is False
    folder.write(replace(EVENT, label="tab\there", onset_s=1.25, offset_s=2.5))
    folder.write(replace(EVENT, onset_s=3.0, offset_s=5.5))  # known when the first file is complete
    folder.write(replace(EVENT, stream="camera", onset_s=1.0, offset_s=2.0))
    folder.close()
    assert audacity(tmp_path) == [[(1.25, 2.5, "tab here"), (3.0, 4.0, "dog")], [(0.0, 1.5, "dog")]]


def test_the_selection_table_has_the_columns_of_raven(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path, has_labels=True)
    record(folder, 0, 4)
    for onset_s in (0.5, 1.5):
        folder.write(replace(EVENT, onset_s=onset_s, offset_s=onset_s + 0.5))
    folder.close()
    (path,) = tmp_path.glob("*.selections.txt")
    rows = list(csv.DictReader(path.read_text().splitlines(), delimiter="\t"))
    assert [row["Selection"] for row in rows] == ["1", "2"]
    assert rows[1] == {
        "Selection": "2", "View": "Spectrogram 1", "Channel": "1", "Begin Time (s)": "1.500000",
        "End Time (s)": "2.000000", "Low Freq (Hz)": "0.0", "High Freq (Hz)": "4000.0", "Annotation": "dog",
        "Score": "0.9123",
    }  # fmt: skip


def test_they_go_with_their_recording_and_those_that_the_user_changed_stay(tmp_path: Path) -> None:
    max_bytes = 8 * 2.2 * RATE * 4
    folder = RecordingFolder(tmp_path, max_bytes=max_bytes, has_labels=True)
    record(folder, 0, 8)
    folder.write(replace(EVENT, onset_s=0.5, offset_s=2.5))
    first, second, *_ = sorted(tmp_path.glob("*.wav"))
    second.with_suffix(".txt").write_text("of the user")
    record(folder, 8, 20)
    folder.close()
    assert [path.exists() for path in (first, second)] == [False, False]
    assert not first.with_suffix(".txt").exists()
    assert not first.with_suffix(".selections.txt").exists()
    assert second.with_suffix(".txt").read_text() == "of the user"
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= max_bytes * 1.01


def test_without_labels_nothing_is_written_beside_a_recording(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    record(folder, 0, 2)
    folder.write(EVENT)
    folder.close()
    assert not list(tmp_path.glob("*.txt"))


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_run_writes_them_where_asked_and_they_name_its_events(
    tmp_path: Path, model: Path, sound: Path, is_asked: bool
) -> None:
    options = ["--labels"] if is_asked else []
    done = run_here("run", sound, "-m", model, "--fast", "--json", "--record", tmp_path / "r", *options)
    expected = [(event["onset_s"], event["offset_s"], event["label"]) for event in lines(done, "event")]
    assert len(expected) == 2
    (found,) = audacity(tmp_path / "r")
    assert [label for *_, label in found] == ([label for *_, label in expected] if is_asked else [])
    times_s = [time_s for row in expected for time_s in row[:2]] if is_asked else []
    assert [time_s for row in found for time_s in row[:2]] == pytest.approx(times_s, abs=1e-4)
    again = run_here("classify", tmp_path / "r", "-m", model, "--json")
    assert [event["label"] for event in lines(again, "file")[0]["events"]] == ["low", "high"]
