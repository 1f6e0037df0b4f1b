"""The folder of takes: no file in the place of another, each whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.errors import StreamerError, UserError
from streamer.messages import LostTake, Undo
from tests.support.disks import mounted_disk
from tests.support.takes import RecordedFolder, noise, sound, video

pytestmark = pytest.mark.usefixtures("utc")


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    first, second = RecordedFolder(tmp_path), RecordedFolder(tmp_path)  # two runs of the same second
    for folder in (first, second, first, second):
        folder.sink.write(sound())
    assert first.names == [f"dog-20261123-102142-00{k}.flac" for k in range(1, 5)]
    assert len({taken.path for folder in (first, second) for taken in folder.sink.taken}) == 4
    third = RecordedFolder(tmp_path)
    assert (third.sink.n_before, len(third.sink.taken)) == (4, 0)


DIES = """
import sys
from pathlib import Path
from streamer.sinks.manifest import Manifest

part = Manifest(Path(sys.argv[1])).begin("dog-20261123-102142-001.flac")
part.path.write_bytes(b"half")
print("begun", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_run_has_begun_is_removed_and_a_running_one_is_not_disturbed(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path)
    own = folder.sink.folder / ".own.part.flac"
    own.write_text("of the user")
    command = [sys.executable, "-c", DIES, str(folder.sink.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        RecordedFolder(tmp_path)
        assert ".dog-20261123-102142-001.part.flac" in folder.names
        process.kill()
    again = RecordedFolder(tmp_path)
    assert again.names == [own.name]
    again.sink.write(sound())
    assert again.names == [own.name, "dog-20261123-102142-001.flac"]


def test_undo_deletes_the_newest_of_this_run_and_nothing_older(tmp_path: Path) -> None:
    old = RecordedFolder(tmp_path)
    old.sink.write(sound())
    folder = RecordedFolder(tmp_path)
    for _ in range(2):
        folder.sink.write(sound())
    for _ in range(4):
        folder.sink.write(Undo("mic"))
    assert folder.names == ["dog-20261123-102142-001.flac"]
    assert folder.sink.taken == ()
    undone = [each for each in folder.published if isinstance(each, LostTake)]
    assert [lost.is_wanted for lost in undone] == [False, False]
    assert folder.sink.n_lost == 0


def test_no_more_are_written_than_are_wanted_and_an_undone_one_does_not_count(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path, n_wanted=2)
    for message in (sound(), sound(), Undo("mic"), sound(), sound(), sound()):
        folder.sink.write(message)
    assert len(folder.names) == 2
    assert folder.sink.is_full


def test_a_run_without_a_take_leaves_no_folder_behind(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path / "data")
    folder.sink.close()
    assert not (tmp_path / "data").exists()
    (tmp_path / "kept" / "dog").mkdir(parents=True)
    RecordedFolder(tmp_path / "kept").sink.close()
    assert (tmp_path / "kept" / "dog").exists()


@pytest.mark.parametrize("label", ["", " ", "a/b", "..", ".hidden", "a\\b", "tab\there", "x" * 201, "what?"])
def test_labels_that_name_no_folder_are_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(UserError, match="label"):
        RecordedFolder(tmp_path, label)
    assert list(tmp_path.iterdir()) == []


def test_a_label_names_the_folder_as_it_is_and_the_files_so_that_every_system_takes_them(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path, "Türe zu, bitte")
    folder.sink.write(sound())
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.flac")] == [
        "Türe zu, bitte/Türe-zu-bitte-20261123-102142-001.flac"
    ]


def test_a_folder_that_cannot_be_made_or_written_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"output=.* must be a folder that can be written"):
        RecordedFolder(tmp_path / "file")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 kB."""
    with mounted_disk(tmp_path / "disk", "100k") as folder:
        yield folder


def test_a_full_disk_is_a_counted_problem_and_earlier_takes_stay(full_disk: Path) -> None:
    folder = RecordedFolder(full_disk)
    loud = noise(16_000)  # 48 kB
    folder.sink.write(sound(loud))
    for _ in range(2):
        with pytest.raises(StreamerError, match=r"take not written: no space left in .*; make room"):
            folder.sink.write(sound(noise(40_000)))
    assert folder.sink.n_lost == 2
    assert "no space left" in folder.sink.problem
    assert folder.names == ["dog-20261123-102142-001.flac"]
    assert np.array_equal(soundfile.read(folder.sink.taken[0].path, dtype="float32")[0], loud[:, 0])
    with pytest.raises(StreamerError, match="no space left"):
        folder.sink.write(video(n_images=200, size=(640, 480)))
    assert len(folder.names) == 1
    folder.sink.write(sound(noise(100)))  # there is room for a short one
    assert folder.sink.problem == ""
