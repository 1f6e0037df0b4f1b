import os
import socket
from pathlib import Path

import pytest

from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.offline.folders import find_files
from tests.support import sound_files


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def reasons(folder: Path, *tasks: TaskName) -> dict[str, str]:
    return {str(each.path.relative_to(folder)): each.reason for each in find_files([folder], tasks).passed_over}


def test_a_folder_gives_the_files_that_the_tasks_take(tmp_path: Path) -> None:
    touch(tmp_path, "b.wav", "deep/a.FLAC", "c.png", "d.avi", "notes.txt", ".e.part.wav", ".trash/f.wav")

    def names(*tasks: TaskName) -> list[str]:
        return [path.name for path in find_files([tmp_path], tasks).files]

    assert names("sound") == ["b.wav", "a.FLAC"]
    assert names("sound", "motion") == ["b.wav", "d.avi", "a.FLAC"]
    assert names("motion") == ["d.avi"]
    assert names("pattern") == ["c.png", "d.avi"]
    assert names() == ["b.wav", "c.png", "d.avi", "a.FLAC"]
    named = find_files([tmp_path / "notes.txt"], ["sound"])  # a file that is named is taken
    assert named.files == [tmp_path / "notes.txt"]
    assert not named.passed_over


def test_what_is_passed_over_is_named_with_the_reason(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "a.txt", "a.wav.times.jsonl", "read.me.md", "c.png", ".e.part.wav", ".trash/f.wav")
    assert reasons(tmp_path, "sound") == {
        ".e.part.wav": "hidden",
        ".trash": "hidden",
        "a.txt": "belongs to a file of the same name",
        "c.png": "picture file, which the model does not take",
        "read.me.md": "text or data",
    }
    assert not find_files([tmp_path], ["sound"]).may_miss
    touch(tmp_path, "b.abc", "noend")
    found = find_files([tmp_path], ["sound"])
    assert found.may_miss
    assert {each.path.name: each.reason for each in found.passed_over if each.may_be_missed} == {
        "b.abc": "file of an unknown kind (.abc); name it to have it tried",
        "noend": "file without a suffix; name it to have it tried",
    }


@pytest.mark.parametrize("suffix", ["mp2", "VOC", "rf64", "caf", "au", "snd", "aifc", "w64", "bwf", "sph", "wave"])
def test_every_suffix_of_a_format_that_can_be_read_is_taken(tmp_path: Path, suffix: str) -> None:
    touch(tmp_path, f"a.{suffix}")
    assert len(find_files([tmp_path]).files) == 1


def test_linked_folders_are_read_once_and_loops_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "data/z/a.wav", "elsewhere/b.wav")
    data = tmp_path / "data"
    (data / "another").symlink_to(data / "z")  # before z by name, and yet what is there is found as z/a.wav
    (data / "linked").symlink_to(tmp_path / "elsewhere")
    (data / "z" / "loop").symlink_to(data)
    found = find_files([data])
    assert [str(path.relative_to(data)) for path in found.files] == ["linked/b.wav", "z/a.wav"]
    assert reasons(data) == {
        "another": f"link to a folder that is read already, {data / 'z'}",
        "z/loop": f"link to a folder that is read already, {data}",
    }
    assert not found.may_miss


def test_links_that_lead_nowhere_and_special_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.wav")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "was_here.wav")
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    os.mkfifo(tmp_path / "pipe.wav")
    monkeypatch.chdir(tmp_path)  # a socket's path may have 108 bytes
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.wav")
        found = find_files([tmp_path])
    assert [path.name for path in found.files] == ["a.wav", "gone.wav"]  # its own error says that it is gone
    assert [(each.path.name, each.reason) for each in found.passed_over if "suffix" not in each.reason] == [
        ("pipe.wav", "no regular file"),
        ("socket.wav", "no regular file"),
    ]


def test_a_folder_that_cannot_be_read_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a/a.wav", "closed/b.wav", "z.wav")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_files([tmp_path])
    assert [path.name for path in found.files] == ["a.wav", "z.wav"]
    assert reasons(tmp_path) == {"closed": "folder that cannot be read: Permission denied"}
    assert found.may_miss


def test_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"path=.* must hold video files \(.*\.mp4.*\); it holds none$"):
        find_files([tmp_path], ["motion"])
    touch(tmp_path, "empty/.keep", "full/a.wav")
    with pytest.raises(UserError, match=r"it holds none: 1 passed over, such as \.keep \(hidden\)"):
        find_files([tmp_path / "empty"], ["sound", "motion"])
    found = find_files([tmp_path / "empty", tmp_path / "full"])
    assert [path.name for path in found.files] == ["a.wav"]
    assert found.passed_over[-1].reason == "folder without any sound, picture or video file"
    assert found.may_miss


def test_a_sound_model_takes_the_video_files_of_a_folder_that_have_no_images(tmp_path: Path) -> None:
    sound_files.encoded("aac", "mp4")(tmp_path / "memo.mp4")
    sound_files.encoded("aac", "mp4", images=True)(tmp_path / "video.mp4")
    found = find_files([tmp_path], ["sound"])
    assert found.files == [tmp_path / "memo.mp4"]
    assert [each.path.name for each in found.passed_over] == ["video.mp4"]


def test_a_file_that_is_still_in_icloud_is_missed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / ".memo.m4a.icloud").touch()
    found = find_files([tmp_path], ["sound"])
    (passed_over,) = found.passed_over
    assert passed_over.reason == "in iCloud and not on this computer; download it"
    assert found.may_miss
