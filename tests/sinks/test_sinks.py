"""Golden lines of every output, and what the sinks do when the disk is full."""

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.errors import StreamerError, UserError
from streamer.messages import (
    Event,
    Health,
    ImageHealth,
    LatticeVector,
    Message,
    Periodicity,
    Recording,
    Scores,
    SoundClip,
    SoundFormat,
    Spatial,
    State,
    Summary,
    Temporal,
)
from streamer.sinks.clips import RecordingFolder, SoundClipFolder
from streamer.sinks.jsonlines import JsonLines, to_json
from streamer.sinks.log import EventLog, found_text
from tests.support.paths import GOLDEN

EVENT = Event("mic", "dog", 0.91234567, 0.8, 1.25, 2.5, 1.7e9 + 1.25, 480)
RUNNING = replace(EVENT, offset_s=None, n_lost=0)
SCORES = Scores("mic", ("dog", "rain"), np.array([0.1, 1 / 3], np.float32), 0.5, 1.5, 1.7e9 + 1.5)
HEALTH = Health(
    stream="mic",
    state=State.RUNNING,
    position_s=12.00004,
    real_time_factor=0.0123456,
    latency_p50_s=0.06,
    latency_p99_s=0.1,
    windows=40,
    windows_per_s=4.0,
    lost_samples=480,
    lost_fraction=0.0005,
    overflows=1,
    reconnects=2,
    drift_ppm=-12.34,
    backlog_s=float("nan"),
    cpu_fraction=0.0213,
    memory_bytes=123_456_789,
)
MESSAGES: list[Message] = [RUNNING, SCORES, HEALTH, EVENT, Summary(HEALTH, {"rain": (1, 3.0), "dog": (2, 2.5)})]

TEMPORAL = Temporal(
    hz=31.9741,
    hz_sigma=0.00123456,
    snr_db=17.456,
    resolution_hz=0.1250001,
    fps=249.9,
    alias_hz=(217.9259, 281.8741),
    mains_hz=None,
    n_cells=3,
    heat=np.array([[0, 0, 0, 0], [0, 0.5, 1, 0], [0, 0, 0.25, 0]], np.float32),
)
GRID = Spatial("grid", (LatticeVector(12.3456789, 0.01, 30.0, 0.2), LatticeVector(12.5, 0.02, -60.0, 0.3)), 0.5, 33.333)
STRIPES = Spatial("stripes", (LatticeVector(7.0, 0.004, 90.0, 0.02),), 0.25, 40.0)
SEEN = replace(
    HEALTH, stream="camera", lost_samples=0, lost_fraction=0.002,
    images=ImageHealth(images=998, skipped_images=2, fps=29.97004, jitter_s=0.00123456, gaps=1, longest_gap_s=0.1),
)  # fmt: skip
MOTION = Event("camera", "oscillation", 0.91, 0.8, 1.25, 2.5, 1.7e9 + 1.25, 2, "motion", TEMPORAL)
SIGHT: list[Message] = [
    replace(MOTION, offset_s=None, n_lost=0, measured=None),
    Periodicity("camera", "temporal", TEMPORAL, 0.0, 8.0, 1.7e9 + 8.0, 2),
    Periodicity("camera", "temporal", None, 1.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", GRID, 9.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", STRIPES, 9.0, 9.0, 1.7e9 + 9.0),
    Periodicity("camera", "spatial", None, 9.0, 9.0, 1.7e9 + 9.0),
    MOTION,
    Event("camera", "grid", 0.7, 0.6, 1.0, 2.0, 1.7e9 + 1.0, 0, "pattern", GRID),
    SEEN,
    Summary(SEEN, {"oscillation": (1, 1.25)}, TEMPORAL, None),
]


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def test_json_lines_are_as_documented() -> None:
    stream = io.StringIO()
    sink = JsonLines(stream, scores=True)
    for message in MESSAGES:
        sink.write(message)
    golden("lines.jsonl", stream.getvalue())
    for line in stream.getvalue().splitlines():
        assert json.loads(line, parse_constant=pytest.fail)["type"]


def test_json_lines_of_images_are_as_documented() -> None:
    golden("lines_images.jsonl", "".join(to_json(message) + "\n" for message in SIGHT))


def test_the_log_tells_what_was_measured() -> None:
    stream = io.StringIO()
    sink = EventLog(stream)
    for message in (MOTION, SIGHT[-1]):
        sink.write(message)
    event, summary = stream.getvalue().splitlines()
    assert event.endswith("oscillation 1.25–2.50 s, 1.25 s, peak 0.91, 31.9741 ± 0.0012 Hz, 2 images lost")
    assert summary.endswith("998 images, 2 skipped, 1 events, 31.9741 ± 0.0012 Hz")
    assert found_text(GRID) == "grid 12.346 ± 0.010 px at 30.0 ± 0.2°"


def test_scores_are_written_so_that_they_read_back_bit_by_bit() -> None:
    values = np.random.default_rng(0).random(200).astype(np.float32)
    scores = replace(SCORES, labels=tuple(map(str, range(200))), values=values)
    read = np.array(list(json.loads(to_json(scores))["scores"].values()), np.float32)
    assert read.tobytes() == values.tobytes()


def test_without_scores_only_the_others_are_taken() -> None:
    assert Scores not in JsonLines(io.StringIO()).accepts
    assert Scores in JsonLines(io.StringIO(), scores=True).accepts


def test_log_lines_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    sink = EventLog(stream)
    for message in (RUNNING, EVENT, HEALTH, replace(HEALTH, state=State.WAITING, detail="gone"), MESSAGES[-1]):
        sink.write(message)
    texts = [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()]
    assert texts == [
        "mic: dog begins at 1.25 s (0.91)",
        "mic: dog 1.25–2.50 s, 1.25 s, peak 0.91, 480 samples lost",
        "mic: waiting gone",
        "mic: 12.0 s, 40 windows, 480 samples lost, 3 events",
    ]


def test_jsonl_file_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        sink = JsonLines.to_file(path)
        sink.write(EVENT)
        sink.close()
    assert len(path.read_text().splitlines()) == 2


def test_jsonl_file_that_cannot_be_written_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"output.jsonl=.* must be a writable file"):
        JsonLines.to_file(tmp_path / "no" / "a.jsonl")


def clip(onset_s: float, label: str = "dog", n_samples: int = 16_000) -> SoundClip:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, n_samples).astype(np.float32)
    event = replace(EVENT, label=label, onset_s=onset_s, offset_s=onset_s + 1.0, time=1.7e9 + onset_s)
    return SoundClip(event, noise, 16_000, onset_s)


def test_clips_are_named_by_time_stream_and_label_and_hold_the_sound(tmp_path: Path) -> None:
    SoundClipFolder(tmp_path / "new", 10_000_000).write(clip(1.25, "door / bell"))
    (path,) = (tmp_path / "new").iterdir()
    assert path.name == "20231114T221321.250Z_mic_door-bell.flac"
    samples, sample_rate = soundfile.read(path, dtype="float32")
    assert sample_rate == 16_000
    assert np.abs(samples - clip(1.25).samples).max() < 1e-4  # 16 bit


def test_the_oldest_clips_make_room(tmp_path: Path) -> None:
    folder = SoundClipFolder(tmp_path, 70_000)  # two clips of about 30 kB
    for i in range(4):
        folder.write(clip(float(i)))
        for path in tmp_path.iterdir():
            os.utime(path, (path.stat().st_mtime - 10,) * 2)
    assert [path.name[13:15] for path in sorted(tmp_path.iterdir())] == ["22", "23"]


def test_a_full_disk_is_reported_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(soundfile, "write", full)
    with pytest.raises(StreamerError, match="not written: No space left on device"):
        SoundClipFolder(tmp_path, 1_000_000).write(clip(0.0))
    assert list(tmp_path.iterdir()) == []


def test_a_clip_folder_that_cannot_be_made_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"output.clips=.* must be a folder"):
        SoundClipFolder(tmp_path / "file" / "clips", 1)


def test_a_recording_is_bit_identical_and_one_file_per_opening(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).standard_normal((1000, 2)).astype(np.float32)
    shape = SoundFormat(48_000, 2, "x")
    folder = RecordingFolder(tmp_path)
    folder.write(Recording("mic", shape, 0.0, 1.7e9, samples[:300]))
    folder.write(Recording("mic", shape, 0.0, 1.7e9, samples[300:]))
    folder.write(Recording("mic", SoundFormat(8000, 1, "y"), 7.5, 1.7e9 + 7.5, samples[:10, :1]))
    folder.close()
    first, second = sorted(tmp_path.iterdir())
    assert [first.name, second.name] == ["20231114T221320.000Z_mic.wav", "20231114T221327.500Z_mic.wav"]
    read, sample_rate = soundfile.read(first, dtype="float32")
    assert sample_rate == 48_000
    assert read.tobytes() == samples.tobytes()
    assert soundfile.info(second).frames == 10


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root on Linux can make a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(full_disk: Path) -> None:
    folder = SoundClipFolder(full_disk, 10_000_000)
    folder.write(clip(0.0))
    with pytest.raises(StreamerError, match="no space left in"):
        folder.write(clip(1.0))
    assert not list(full_disk.glob("*.part*"))
    recorder = RecordingFolder(full_disk)
    noise = np.random.default_rng(0).standard_normal((50_000, 1)).astype(np.float32)
    with pytest.raises(StreamerError, match="recording mic not written: no space left in"):
        recorder.write(Recording("mic", SoundFormat(8000, 1, "x"), 0.0, 1.7e9, noise))
    recorder.close()
