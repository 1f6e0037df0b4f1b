"""Sound clips: names, content, the size cap, and full disks."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.errors import StreamerError, UserError
from streamer.messages import SoundClip
from streamer.offline.files import find_files
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.manifest import NAME
from tests.support.bands import run_here
from tests.support.messages import EVENT


def clip(onset_s: float, label: str = "dog", n_samples: int = 16_000) -> SoundClip:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, n_samples).astype(np.float32)
    event = replace(EVENT, label=label, onset_s=onset_s, offset_s=onset_s + 1.0, time=1.7e9 + onset_s)
    return SoundClip(event, noise, 16_000, onset_s)


def clips(folder: Path) -> list[Path]:
    return sorted(folder.glob("2*.flac"))


def test_clips_are_named_by_time_stream_and_label_and_hold_the_sound(tmp_path: Path) -> None:
    SoundClipFolder(tmp_path / "new", 10_000_000).write(clip(1.25, "door / bell"))
    (path,) = clips(tmp_path / "new")
    assert path.name == "20231114T221321.250Z_mic_door-bell.flac"
    samples, sample_rate = soundfile.read(path, dtype="float32")
    assert sample_rate == 16_000
    assert np.abs(samples - clip(1.25).samples).max() < 1e-4  # 16 bit


def test_the_oldest_clips_are_deleted_and_never_a_file_of_the_user(tmp_path: Path) -> None:
    for name in ("holiday.flac", "film.mp4", ".hidden.part.flac"):
        (tmp_path / name).write_bytes(bytes(500_000))
        os.utime(tmp_path / name, (1e9, 1e9))
    for i in range(4):  # each in a run of its own
        SoundClipFolder(tmp_path, 70_000).write(clip(float(i)))  # two clips of about 30 kB
    assert [path.name[13:15] for path in clips(tmp_path)[:2]] == ["22", "23"]
    own = {path.name for path in tmp_path.iterdir() if path.stat().st_size == 500_000}
    assert own == {"holiday.flac", "film.mp4", ".hidden.part.flac"}


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    """Clocks that begin anew at every start, or are set back, give names again."""
    for n_samples in (1000, 2000):
        SoundClipFolder(tmp_path, 10_000_000).write(clip(1.25, "a", n_samples))
    (tmp_path / "20231114T221321.250Z_mic_b.flac").write_text("of the user")
    SoundClipFolder(tmp_path, 10_000_000).write(clip(1.25, "b"))
    assert {path.name[20:]: soundfile.info(path).frames for path in clips(tmp_path) if path.stat().st_size > 20} == {
        "_mic_a.flac": 1000,
        "_mic_a-2.flac": 2000,
        "_mic_b-2.flac": 16_000,
    }
    assert (tmp_path / "20231114T221321.250Z_mic_b.flac").read_text() == "of the user"


DIES = """
import sys, threading
from pathlib import Path
import numpy as np, soundfile
from streamer.sinks.manifest import Manifest

manifest = Manifest(Path(sys.argv[1]))
noise = np.random.default_rng(0).uniform(-0.5, 0.5, 160_000).astype(np.float32)
part = manifest.begin("whole.flac")
soundfile.write(part.path, noise, 16_000, subtype="PCM_16")
cut = soundfile.SoundFile(manifest.begin("cut.flac").path, "w", 16_000, 1, "PCM_16")
cut.write(noise)
cut.flush()
manifest.begin("empty.flac")
print("begun", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_has_begun_is_finished_or_removed_at_the_next_start(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", DIES, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    with pytest.raises(UserError, match="it holds none"):
        find_files([tmp_path])
    process.kill()
    process.communicate()
    assert len(list(tmp_path.glob(".*.part.flac"))) == 3
    SoundClipFolder(tmp_path, 10_000_000).close()
    assert [path.name for path in find_files([tmp_path])] == ["cut.flac", "whole.flac"]
    assert not list(tmp_path.glob(".*.part.*"))
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 160_000)
    for name, n_least in (("whole.flac", 160_000), ("cut.flac", 150_000)):
        samples, _ = soundfile.read(tmp_path / name)
        assert n_least <= len(samples) <= 160_000
        assert np.abs(samples - noise[: len(samples)]).max() < 1e-4


def test_sinks_of_one_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    failures = []

    def write_many(label: str) -> None:
        folder = SoundClipFolder(tmp_path, 20_000)
        for k in range(100):
            try:
                folder.write(clip(float(k % 10), label, 500))
            except StreamerError as error:
                failures.append(str(error))

    threads = [threading.Thread(target=write_many, args=(label,)) for label in ("a", "b", "a")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(path.stat().st_size for path in clips(tmp_path)) <= 20_000
    assert not list(tmp_path.glob(".*.part.*"))


def test_a_full_disk_is_reported_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: bytes, *_: object, **__: object) -> None:
        Path(os.fsdecode(path)).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(soundfile, "write", full)
    with pytest.raises(StreamerError, match="not written: No space left on device"):
        SoundClipFolder(tmp_path, 1_000_000).write(clip(0.0))
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_clip_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"output.clips=.* must be a folder"):
        SoundClipFolder(tmp_path / "file" / "clips", 1)


@pytest.mark.parametrize("key", ["clips", "record"])
def test_a_folder_that_cannot_be_written_is_refused_at_the_start(model: Path, sound: Path, key: str) -> None:
    folder = Path("/proc/self")  # nobody, not even root, may write here
    if not folder.exists():
        pytest.skip("this system has no /proc")
    done = run_here("run", sound, "-m", model, "--fast", "--json", f"--{key}", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"output.{key}=/proc/self must be a folder that can be written; No such file or directory" in done.stderr


def test_a_disk_that_is_really_full(full_disk: Path) -> None:
    folder = SoundClipFolder(full_disk, 10_000_000)
    folder.write(clip(0.0))
    with pytest.raises(StreamerError, match="no space left in"):
        folder.write(clip(1.0))
    assert not list(full_disk.glob(".*.part*"))
