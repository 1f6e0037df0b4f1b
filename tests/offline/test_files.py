from pathlib import Path

import pytest

from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.offline.files import FileKind, file_kind, find_files


@pytest.mark.parametrize(
    ("name", "task", "kind"),
    [
        ("a.WAV", None, "sound"),
        ("a.png", "sound", "picture"),
        ("a.mp4", "sound", "video"),
        ("a.unknown", None, "sound"),
        ("a.unknown", "motion", "video"),
        ("a.flac", "motion", "sound"),
    ],
)
def test_a_suffix_tells_the_kind(name: str, task: TaskName | None, kind: FileKind) -> None:
    assert file_kind(Path(name), task) == kind


def test_a_folder_gives_what_the_task_is_for(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.wav", "deep/a.FLAC", "c.png", "d.avi", "notes.txt"):
        (tmp_path / name).touch()

    def names(task: TaskName | None) -> list[str]:
        return [path.name for path in find_files([tmp_path], task)]

    assert names("sound") == ["b.wav", "a.FLAC"]
    assert names("motion") == ["d.avi"]
    assert names("pattern") == ["c.png", "d.avi"]
    assert names(None) == ["b.wav", "c.png", "d.avi", "a.FLAC"]
    assert find_files([tmp_path / "notes.txt"], "sound") == [tmp_path / "notes.txt"]  # what is named is meant


def test_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"path=.* must hold video files \(.*\.mp4.*\); it holds none"):
        find_files([tmp_path], "motion")
