"""Sound clips and recordings: names, content, the size cap, and full disks."""

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
from streamer.messages import Recording, SoundClip, SoundFormat
from streamer.sinks.clips import RecordingFolder, SoundClipFolder
from tests.support.messages import EVENT


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


def test_the_oldest_clips_are_deleted(tmp_path: Path) -> None:
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


def test_a_clip_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"output.clips=.* must be a folder"):
        SoundClipFolder(tmp_path / "file" / "clips", 1)


def test_a_recording_is_bit_identical_and_one_file_per_capture_session(tmp_path: Path) -> None:
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
