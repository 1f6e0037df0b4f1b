"""Takes as files: exact, never one in the place of another, whole or not at all."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.errors import StreamerError, UserError
from streamer.messages import ImageTake, LostTake, RecordedTake, SoundTake, State, Undo
from streamer.recording.folder import TakeFolder, Told
from streamer.recording.lines import json_teller, log_teller
from tests.sinks.test_sinks import HEALTH

pytestmark = pytest.mark.usefixtures("utc")
EPOCH_S = 1795429302.0  # 2026-11-23 10:21:42 UTC


def noise(n_samples: int = 1000, n_channels: int = 1, amplitude: float = 0.5) -> Float32:
    made = np.random.default_rng(0).uniform(-amplitude, amplitude, (n_samples, n_channels))
    return np.asarray(np.rint(made * 2**23) / 2**23, np.float32)


def sound(samples: Float32 | None = None, **changes: object) -> SoundTake:
    take = SoundTake("mic", 1.5, EPOCH_S + 1.5, noise() if samples is None else samples, 8000)
    return replace(take, **changes)  # type: ignore[arg-type]


class Shelf:
    """A folder and what it told."""

    def __init__(self, data: Path, label: str = "dog", n_most: int | None = None) -> None:
        self.told: list[Told] = []
        self.sink = TakeFolder(data, label, EPOCH_S, self.told.append, n_most)

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.sink.folder.iterdir())


@pytest.mark.parametrize("n_channels", [1, 2, 8, 9])
def test_sound_of_24_bits_reads_back_bit_by_bit(tmp_path: Path, n_channels: int) -> None:
    samples = noise(n_channels=n_channels)
    samples[:2] = [[-1.0] * n_channels, [1.0 - 2**-23] * n_channels]
    shelf = Shelf(tmp_path / "data")
    shelf.sink.write(sound(samples))
    suffix = ".flac" if n_channels <= 8 else ".wav"
    assert shelf.names == [f"dog-20261123-102142-001{suffix}"]
    read, sample_rate = soundfile.read(shelf.sink.folder / shelf.names[0], dtype="float32", always_2d=True)
    assert sample_rate == 8000
    assert read.tobytes() == samples.tobytes()


def test_what_is_beyond_full_scale_is_limited_and_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.sink.write(sound(np.array([[1.5], [-1.5], [0.0]], np.float32)))
    (taken,) = shelf.sink.taken
    assert taken.remarks == ["clipped"]
    assert soundfile.read(taken.path)[0].tolist() == [1.0 - 2**-23, -1.0, 0.0]


def test_levels_and_what_speaks_against_a_take(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    wave = np.sin(np.arange(8000) / 10).astype(np.float32)[:, None]
    shelf.sink.write(sound(0.5 * wave))
    shelf.sink.write(sound(0.005 * wave, is_cut=True))
    good, bad = shelf.sink.taken
    assert good.level is not None
    assert good.level.rms_dbfs == pytest.approx(-9.03, abs=0.02)
    assert good.level.peak_dbfs == pytest.approx(-6.02, abs=0.02)
    assert (good.length_s, good.remarks, bad.remarks) == (1.0, [], ["too quiet", "cut off"])


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    first, second = Shelf(tmp_path), Shelf(tmp_path)  # two runs of the same second
    for shelf in (first, second, first, second):
        shelf.sink.write(sound())
    assert first.names == [f"dog-20261123-102142-00{k}.flac" for k in range(1, 5)]
    assert len({taken.path for shelf in (first, second) for taken in shelf.sink.taken}) == 4
    third = Shelf(tmp_path)
    assert (third.sink.n_before, len(third.sink.taken)) == (4, 0)


def test_undo_deletes_the_newest_of_this_run_and_nothing_older(tmp_path: Path) -> None:
    old = Shelf(tmp_path)
    old.sink.write(sound())
    shelf = Shelf(tmp_path)
    for _ in range(2):
        shelf.sink.write(sound())
    for _ in range(4):
        shelf.sink.write(Undo("mic"))
    assert shelf.names == ["dog-20261123-102142-001.flac"]
    assert shelf.sink.taken == ()
    undone = [told for told in shelf.told if isinstance(told, LostTake)]
    assert [lost.is_wanted for lost in undone] == [False, False]
    assert shelf.sink.n_lost == 0


def test_no_more_are_written_than_are_wanted_and_an_undone_one_does_not_count(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, n_most=2)
    for message in (sound(), sound(), Undo("mic"), sound(), sound(), sound()):
        shelf.sink.write(message)
    assert len(shelf.names) == 2
    assert shelf.sink.is_full


def test_a_run_without_a_take_leaves_no_folder_behind(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    shelf.sink.close()
    assert not (tmp_path / "data").exists()
    (tmp_path / "kept" / "dog").mkdir(parents=True)
    Shelf(tmp_path / "kept").sink.close()
    assert (tmp_path / "kept" / "dog").exists()


@pytest.mark.parametrize("label", ["", " ", "a/b", "..", ".hidden", "a\\b", "tab\there", "x" * 201, "what?"])
def test_labels_that_name_no_folder_are_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(UserError, match="label"):
        Shelf(tmp_path, label)
    assert list(tmp_path.iterdir()) == []


def test_a_label_names_the_folder_as_it_is_and_the_files_so_that_every_system_takes_them(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "Türe zu, bitte")
    shelf.sink.write(sound())
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.flac")] == [
        "Türe zu, bitte/Türe-zu-bitte-20261123-102142-001.flac"
    ]


def test_a_folder_that_cannot_be_made_or_written_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"output=.* must be a folder that can be written"):
        Shelf(tmp_path / "file")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root on Linux can make a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_counted_and_what_was_taken_stays(full_disk: Path) -> None:
    shelf = Shelf(full_disk)
    loud = noise(16_000)  # 48 kB
    shelf.sink.write(sound(loud))
    for _ in range(2):
        with pytest.raises(StreamerError, match=r"take not written: no space left in .*; make room"):
            shelf.sink.write(sound(noise(40_000)))
    assert shelf.sink.n_lost == 2
    assert "no space left" in shelf.sink.problem
    assert shelf.names == ["dog-20261123-102142-001.flac"]
    assert np.array_equal(soundfile.read(shelf.sink.taken[0].path, dtype="float32")[0], loud[:, 0])
    with pytest.raises(StreamerError, match="no space left"):
        shelf.sink.write(video(n_images=200, size=(640, 480)))
    assert len(shelf.names) == 1
    shelf.sink.write(sound(noise(100)))  # there is room for a short one
    assert shelf.sink.problem == ""


def video(n_images: int = 30, size: tuple[int, int] = (64, 48), fps: float = 25.0, n_lost: int = 0) -> ImageTake:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (size[1], size[0], 3), np.uint8) for _ in range(n_images)]
    jpegs = tuple(cv2.imencode(".jpg", image)[1].tobytes() for image in images)
    times_s = tuple(3.0 + k / fps for k in range(n_images))
    return ImageTake("camera", 3.0, EPOCH_S + 3.0, "motion", jpegs, times_s, n_lost)


def test_a_video_has_its_images_and_their_rate(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "blink")
    shelf.sink.write(video(fps=29.97, n_lost=2))
    (taken,) = shelf.sink.taken
    assert taken.path.name == "blink-20261123-102142-001.avi"
    assert taken.fps == pytest.approx(29.97)
    assert (taken.n_images, taken.remarks) == (30, ["2 skipped"])
    capture = cv2.VideoCapture(str(taken.path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(29.97, abs=0.005)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 30
    capture.release()


def test_a_picture_is_written_without_loss(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    png = cv2.imencode(".png", pixels)[1].tobytes()
    shelf = Shelf(tmp_path, "weave")
    shelf.sink.write(ImageTake("camera", 3.0, EPOCH_S, "pattern", (png,), (3.0,)))
    read = cv2.imread(str(shelf.sink.taken[0].path))
    assert np.array_equal(read, pixels)  # type: ignore[arg-type]


NEWS: list[Told] = [
    replace(HEALTH, state=State.WAITING, detail="gone"),
    LostTake("mic", 1.0, 2.0, "480 samples lost in it"),
    LostTake("mic", 1.0, 2.0, "undone", is_wanted=False),
    RecordedTake(Path("data/weave/w-3.png"), 1.5, EPOCH_S, 0.0, n_images=1),
    RecordedTake(Path("data/blink/b-4.avi"), 1.5, EPOCH_S, 1.96, n_images=50, fps=25.000012345, n_lost=1, is_cut=True),
]


def test_lines_for_programs(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.sink.write(sound())
    stream = io.StringIO()
    tell = json_teller(stream, "dog")
    for messages in (*shelf.told, *NEWS):
        tell(messages)
    take, health, lost, undone, picture, film = map(json.loads, stream.getvalue().splitlines())
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
    assert (film["images"], film["fps"], film["skipped_images"], film["cut"]) == (50, 25.0, 1, True)


def test_lines_for_people(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.sink.write(sound())
    stream = io.StringIO()
    tell = log_teller(stream)
    for messages in (*shelf.told, *NEWS):
        tell(messages)
    assert [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()] == [
        "dog-20261123-102142-001.flac, 0.12 s, -10.9 dBFS, peak -6.0 dBFS",
        "mic: waiting gone",
        "take of 2.00 s lost: 480 samples lost in it",
        "take of 2.00 s undone",
        "w-3.png",
        "b-4.avi, 1.96 s, 50 images, 25.00/s, 1 skipped, cut off",
    ]
