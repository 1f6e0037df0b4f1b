"""Groups are read from names or from a table, never guessed."""

from pathlib import Path

import pytest

from streamer.dataset.groups import name_groups
from streamer.errors import UserError

NAMES = ["dog/1-a.wav", "dog/2-b.wav", "cat/1-c.wav", "cat/deep/2-d.wav"]


def named(folder: Path, groups: str) -> list[str]:
    paths = [folder / name for name in NAMES]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return name_groups(paths, folder, groups)


def test_without_a_pattern_each_file_is_its_own_group(tmp_path: Path) -> None:
    assert named(tmp_path, "") == NAMES


def test_a_pattern_matches_the_name_without_its_folder(tmp_path: Path) -> None:
    assert named(tmp_path, r"^(\d)-") == ["1", "2", "1", "2"]
    assert named(tmp_path, r"(\d)-([a-z])") == ["1/a", "2/b", "1/c", "2/d"]
    assert named(tmp_path, r"(a|b)|(c|d)") == ["a", "b", "c", "d"]


def table(tmp_path: Path, text: str) -> str:
    path = tmp_path / "origins.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


ROWS = "dog/1-a.wav,anna\n./dog/2-b.wav,ben\ncat/1-c.wav,anna\ncat/deep/2-d.wav,carl\n"


@pytest.mark.parametrize("head", ["file,group\n", "\ufefffile,group\n", "file, group\n"])
def test_a_table_names_the_groups(tmp_path: Path, head: str) -> None:
    assert named(tmp_path / "data", table(tmp_path, head + ROWS)) == ["anna", "ben", "anna", "carl"]


def test_a_table_may_hold_more_columns_and_absolute_paths(tmp_path: Path) -> None:
    rows = "group,day,file\n" + "".join(f"g{i},1,{tmp_path / 'data' / name}\n" for i, name in enumerate(NAMES))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/notes.txt").touch()
    assert named(tmp_path / "data", table(tmp_path, rows + "g9,2,notes.txt\n")) == ["g0", "g1", "g2", "g3"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(\d", r"groups='\(\\\\d' must be a regular expression or the name of a .csv file"),
        (r"^\d", r"must hold a capturing group \(…\) around what names the origin"),
        (r"(nobody)", r"it finds an origin in none of 4, such as 1-a.wav"),
        (r"(x*)", r"it finds an origin in none of 4"),
        (r"^(1)-", r"must find an origin in the name of every file; not in dog/2-b.wav, cat/deep/2-d.wav: widen"),
    ],
)
def test_each_mistake_in_a_pattern_has_its_message(tmp_path: Path, pattern: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        named(tmp_path, pattern)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have the columns file,group, separated by commas; its first line is ''"),
        ("path;origin\n", "its first line is 'path;origin'"),
        ("file,group\n" + ROWS + "dog/3-e.wav,anna\n", "must name files of .*data; not there: dog/3-e.wav"),
        ("file,group\ndog/1-a.wav,anna\n", "must name every file; it lacks dog/2-b.wav, cat/1-c.wav, cat/deep/2-d.wav"),
        ("file,group\n" + ROWS + "dog/1-a.wav,ben\n", "dog/1-a.wav has 'anna' and 'ben'"),
        ("file,group\ndog/1-a.wav,\n", "must name a file and a group in each row; line 2 lacks one"),
        ("file,group\ndog/1-a.wav\n", "line 2 lacks one"),
    ],
)
def test_each_mistake_in_a_table_has_its_message(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        named(tmp_path / "data", table(tmp_path, text))


def test_a_file_that_is_not_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"groups=.*nowhere.csv must be an existing file"):
        named(tmp_path, str(tmp_path / "nowhere.csv"))
    (tmp_path / "bytes.csv").write_bytes(b"file,group\n\xff\xfe,x\n")
    with pytest.raises(UserError, match="must be text in UTF-8"):
        named(tmp_path, str(tmp_path / "bytes.csv"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match="must be a regular file"):
        named(tmp_path, str(tmp_path / "folder.csv"))
