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

from streamer.dataset.examples import find_examples
from streamer.errors import StreamerError, UserError
from streamer.messages import SAVED, ClipWritten, Message, SoundClip
from streamer.offline.folders import find_files
from streamer.sinks.clip_list import NAME as LIST
from streamer.sinks.clip_list import ClipList
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.manifest import NAME
from tests.support.bands import run_here
from tests.support.messages import EVENT, HEALTH


def clip(onset_s: float, label: str = "dog", n_samples: int = 16_000) -> SoundClip:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, n_samples).astype(np.float32)
    event = replace(EVENT, label=label, onset_s=onset_s, offset_s=onset_s + 1.0, time=1.7e9 + onset_s)
    return SoundClip(event, noise, 16_000, onset_s)


def clips(folder: Path) -> list[Path]:
    return sorted(folder.rglob("2*.flac"), key=lambda path: path.name)


def test_clips_are_named_by_time_stream_and_label_and_hold_the_sound(tmp_path: Path) -> None:
    SoundClipFolder(tmp_path / "new", 10_000_000).write(clip(1.25, "door / bell"))
    (path,) = clips(tmp_path / "new")
    assert path.name == "20231114T221321.250Z_mic_door-bell.flac"
    samples, sample_rate = soundfile.read(path, dtype="float32")
    assert sample_rate == 16_000
    assert np.abs(samples - clip(1.25).samples).max() < 1e-4  # 16 bit


def test_clips_lie_in_folders_of_their_labels_which_training_reads(tmp_path: Path) -> None:
    folder = SoundClipFolder(tmp_path, 10_000_000, models={("mic", "dog"): ("yard", "0123")})
    for onset_s, label in enumerate(("dog", "Child speech, kid speaking", "dog", SAVED, "a/b: c", "..")):
        folder.write(clip(float(onset_s), label))
    dataset = find_examples(tmp_path, "sound")
    assert [example.label for example in dataset] == ["Child speech, kid speaking", "a-b- c", "dog", "dog", "label"]
    assert [path.name[20:] for path in tmp_path.glob("*.flac")] == ["_mic_saved.flac"]  # of whatever is in it
    listed = ClipList(tmp_path).read()
    assert {name: (each.event.label, each.event.score, each.event.time) for name, each in listed.items() if each.event}[
        "dog/20231114T221320.000Z_mic_dog.flac"
    ] == ("dog", EVENT.score, 1.7e9)
    assert {each.event.model for each in listed.values() if each.event and each.event.label == "dog"} == {"yard"}
    SoundClipFolder(tmp_path / "flat", 10_000_000, by_label=False).write(clip(1.25))
    assert [path.parent for path in clips(tmp_path / "flat")] == [tmp_path / "flat"]


def test_a_label_whose_clips_are_all_removed_is_no_empty_folder_but_a_folder_of_the_user_stays(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    SoundClipFolder(tmp_path, 10_000_000, by_label=False).write(clip(-1.0, "old"))  # by an earlier version
    for k, label in enumerate(("dog", "cat", "bird", "fox")):
        SoundClipFolder(tmp_path, 70_000).write(clip(float(k), label))  # two clips of about 30 kB
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["bird", "cat", "fox"]
    assert len(ClipList(tmp_path).read()) == 2


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
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "20231114T221321.250Z_mic_b.flac").write_text("of the user")
    SoundClipFolder(tmp_path, 10_000_000).write(clip(1.25, "b"))
    assert {path.name[20:]: soundfile.info(path).frames for path in clips(tmp_path) if path.stat().st_size > 20} == {
        "_mic_a.flac": 1000,
        "_mic_a-2.flac": 2000,
        "_mic_b-2.flac": 16_000,
    }
    assert (tmp_path / "b" / "20231114T221321.250Z_mic_b.flac").read_text() == "of the user"


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
    assert len(list(tmp_path.rglob(".*.part.flac"))) == 3
    SoundClipFolder(tmp_path, 10_000_000).close()
    assert [path.name for path in find_files([tmp_path]).files] == ["cut.flac", "whole.flac"]
    assert not list(tmp_path.rglob(".*.part.*"))
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 160_000)
    for name, n_least in (("whole.flac", 160_000), ("cut.flac", 150_000)):
        samples, _ = soundfile.read(tmp_path / name)
        assert n_least <= len(samples) <= 160_000
        assert np.abs(samples - noise[: len(samples)]).max() < 1e-4


class Posted:
    """A run that keeps what its sinks tell it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def post(self, message: Message) -> None:
        self.messages.append(message)

    def queue_lengths(self) -> dict[str, int]:
        return {}


KILLED = """
import os, sys
from pathlib import Path
from streamer.sinks.clips import SoundClipFolder
from tests.sinks.test_clips import clip, parts_of

folder = SoundClipFolder(Path(sys.argv[1]), 10_000_000)
folder.write(parts_of(clip(1.25, "dog", 100_000), 2)[0])
os._exit(9)
"""


def test_the_clip_of_a_killed_run_is_told_with_its_event(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    posted = Posted()
    folder = SoundClipFolder(tmp_path, 10_000_000)
    folder.connect(posted)
    folder.write(HEALTH)
    ((path,), (message,)) = clips(tmp_path), posted.messages
    event = replace(clip(1.25).event, offset_s=None)
    assert isinstance(message, ClipWritten)
    assert (message.path, message.is_recovered) == (path, True)
    assert (message.event.label, message.event.onset_s, message.event.time) == ("dog", event.onset_s, event.time)
    assert message.event.offset_s is None
    assert path.parent == tmp_path / "dog"


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
    assert not list(tmp_path.rglob(".*.part.*"))


def test_a_full_disk_is_reported_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    with pytest.raises(StreamerError, match="not written: No space left on device"):
        SoundClipFolder(tmp_path, 1_000_000).write(clip(0.0))
    assert {path.name for path in tmp_path.rglob("*")} == {NAME, LIST}


def parts_of(whole: SoundClip, n_parts: int, file: int = 0) -> list[SoundClip]:
    """Return a clip in parts that come while its event goes on, the last one empty."""
    pieces = np.array_split(whole.samples, n_parts)
    starts_s = whole.start_s + np.cumsum([0, *map(len, pieces)]) / whole.sample_rate
    running = replace(whole.event, offset_s=None)
    parts = [
        SoundClip(running, piece, whole.sample_rate, start_s, file, is_last=False)
        for piece, start_s in zip(pieces, starts_s, strict=False)
    ]
    return [*parts, SoundClip(whole.event, whole.samples[:0], whole.sample_rate, float(starts_s[-1]), file)]


def test_a_clip_is_written_while_its_event_goes_on(tmp_path: Path) -> None:
    folder = SoundClipFolder(tmp_path, 10_000_000)
    dog, rain = clip(1.25, "dog", 100_000), clip(1.0, "rain", 50_000)
    for k, both in enumerate(zip(parts_of(dog, 5), parts_of(rain, 5), strict=True)):
        for part in both:
            folder.write(part)
        assert len(clips(tmp_path)) == (2 if k == 5 else 0)
        assert len(list(tmp_path.rglob(".*.part.flac"))) == (0 if k == 5 else 2)
    for path, whole in zip(clips(tmp_path), (rain, dog), strict=True):
        assert np.abs(soundfile.read(path, dtype="float32")[0] - whole.samples).max() < 1e-4
    assert [path.name[13:] for path in clips(tmp_path)] == ["21.000Z_mic_rain.flac", "21.250Z_mic_dog.flac"]


def test_files_of_one_event_are_named_by_their_own_times(tmp_path: Path) -> None:
    folder = SoundClipFolder(tmp_path, 10_000_000)
    for part in (*parts_of(clip(1.25), 2), *parts_of(replace(clip(1.25), start_s=301.25), 2, file=1)):
        folder.write(part)
    assert [path.name[:20] for path in clips(tmp_path)] == ["20231114T221321.250Z", "20231114T221821.250Z"]


def test_parts_that_a_full_queue_has_dropped_are_silent(tmp_path: Path) -> None:
    folder = SoundClipFolder(tmp_path, 10_000_000)
    whole = clip(1.25, n_samples=10_000)
    for k, part in enumerate(parts_of(whole, 5)):
        if k != 2:
            folder.write(part)
    samples, _ = soundfile.read(clips(tmp_path)[0], dtype="float32")
    assert len(samples) == 10_000
    assert not samples[4000:6000].any()
    assert np.abs(samples - whole.samples)[np.r_[:4000, 6000:10_000]].max() < 1e-4


def test_the_end_of_the_run_completes_the_clip_of_an_event_that_has_not_ended(tmp_path: Path) -> None:
    folder = SoundClipFolder(tmp_path, 10_000_000)
    folder.write(parts_of(clip(1.25), 2)[0])
    folder.close()
    assert soundfile.info(clips(tmp_path)[0]).frames == 8000


def test_a_disk_that_fills_up_costs_no_more_of_a_long_clip_than_what_comes_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SoundClipFolder(tmp_path, 10_000_000)
    first, second, third, fourth, end = parts_of(clip(1.25, n_samples=100_000), 4)
    folder.write(first)
    folder.write(second)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(soundfile.SoundFile, "write", full)
        with pytest.raises(StreamerError, match="No space left on device"):
            folder.write(third)
    assert [soundfile.info(path).frames for path in clips(tmp_path)] == [50_000]
    folder.write(fourth)  # there is room again
    folder.write(end)
    assert [soundfile.info(path).frames for path in clips(tmp_path)] == [50_000, 25_000]
    assert clips(tmp_path)[1].name[:20] == "20231114T221325.937Z"
    assert not list(tmp_path.rglob(".*.part.*"))


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


def test_a_disk_that_becomes_unwritable_loses_clips_only_until_it_is_writable_again(full_disk: Path) -> None:
    folder = SoundClipFolder(full_disk, 10_000_000)
    folder.write(clip(0.0, n_samples=1000))
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    with pytest.raises(StreamerError, match=r"clip .* not written: Read-only file system"):
        folder.write(clip(1.0, n_samples=1000))
    subprocess.run(["mount", "-o", "remount,rw", str(full_disk)], check=True)
    folder.write(clip(2.0, n_samples=1000))
    assert [path.name[13:15] for path in clips(full_disk)] == ["20", "22"]
    assert not list(full_disk.rglob(".*.part.*"))


def test_a_disk_that_is_really_full(full_disk: Path) -> None:
    folder = SoundClipFolder(full_disk, 10_000_000)
    folder.write(clip(0.0))
    with pytest.raises(StreamerError, match="no space left in"):
        folder.write(clip(1.0))
    assert not list(full_disk.rglob(".*.part*"))
