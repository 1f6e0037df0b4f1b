"""A folder becomes a dataset of examples, or a message that says why not."""

import os
import re
from pathlib import Path

import pytest

from streamer.dataset.examples import find_examples
from streamer.errors import UserError
from streamer.messages import TaskName
from tests.support.datasets import synthetic_dataset


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_files_of_every_depth_are_examples_of_the_outermost_folder(tmp_path: Path) -> None:
    touch(tmp_path, "dog/1.wav", "dog/at night/2.FLAC", "cat/b.mp3", "cat/a.ogg")
    dataset = find_examples(tmp_path, "sound")
    assert [(e.label, e.path.relative_to(tmp_path).as_posix(), e.group) for e in dataset] == [
        ("cat", "cat/a.ogg", "cat/a.ogg"),
        ("cat", "cat/b.mp3", "cat/b.mp3"),
        ("dog", "dog/1.wav", "dog/1.wav"),
        ("dog", "dog/at night/2.FLAC", "dog/at night/2.FLAC"),
    ]
    assert dataset.labels == ("cat", "dog")
    assert len(dataset) == 4
    assert dataset.ignored == ()


@pytest.mark.parametrize(
    ("task", "names"),
    [("sound", ["a/1.wav", "b/1.wav"]), ("pattern", ["a/1.png", "b/1.png"]), ("motion", ["a/1.mp4", "b/1.mp4"])],
)
def test_files_of_other_kinds_and_hidden_files_are_ignored(tmp_path: Path, task: TaskName, names: list[str]) -> None:
    touch(
        tmp_path, "a/1.wav", "b/1.wav", "a/1.png", "b/1.png", "a/1.mp4", "b/1.mp4", "a/.2.wav", "notes.txt", ".DS_Store"
    )
    touch(tmp_path, ".git/config", "a/.cache/3.wav")
    dataset = find_examples(tmp_path, task)
    assert [e.path.relative_to(tmp_path).as_posix() for e in dataset] == names
    everything = {
        "a/1.wav",
        "b/1.wav",
        "a/1.png",
        "b/1.png",
        "a/1.mp4",
        "b/1.mp4",
        "a/.2.wav",
        "notes.txt",
        ".DS_Store",
    }
    assert {path.relative_to(tmp_path).as_posix() for path in dataset.ignored} == everything - set(names)


def test_links_are_followed_and_circular_ones_end(tmp_path: Path) -> None:
    touch(tmp_path, "store/1.wav", "store/2.wav", "data/cat/1.wav")
    (tmp_path / "data/dog").symlink_to(tmp_path / "store")
    (tmp_path / "store/again").symlink_to(tmp_path / "store")
    (tmp_path / "data/cat/nowhere.wav").symlink_to(tmp_path / "gone.wav")
    names = [e.path.name for e in find_examples(tmp_path / "data", "sound")]
    assert names == ["1.wav", "nowhere.wav", "1.wav", "2.wav"]  # a dead link is an example that cannot be read


@pytest.mark.parametrize(
    ("names", "task", "message"),
    [
        ([], "sound", r"data=.* must hold a folder of sound files for each label; it is empty"),
        (["1.wav", "2.wav"], "sound", r"it holds 2 files and no folder: sort them into folders named by what they are"),
        (
            ["background/1.wav"],
            "sound",
            r"a label to tell from the background; it holds only 'background': add a folder of",
        ),
        (
            ["dog/1.wav", "cat/1.txt"],
            "sound",
            r"cat must hold at least one sound file .*1 of other kinds, such as 1.txt",
        ),
        (["dog/1.wav", "cat/1.wav"], "pattern", r"cat must hold at least one picture .* such as 1.wav: convert them"),
        (["dog/1.wav", "cat/1.wav"], "motion", r"cat must hold at least one video .*\.mp4"),
        (["dog/1.wav", "c\x1bt/1.wav"], "sound", r"label 0='c\\x1bt' must be 1 to 200 printable characters"),
        (["dog/1.wav", " cat/1.wav"], "sound", r"label 0=' cat' must be 1 to 200 printable characters"),
    ],
)
def test_each_mistake_has_its_message(tmp_path: Path, names: list[str], task: TaskName, message: str) -> None:
    touch(tmp_path, *names)
    with pytest.raises(UserError, match=message):
        find_examples(tmp_path, task)


def test_an_empty_label_folder_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "dog/1.wav")
    (tmp_path / "cat").mkdir()
    with pytest.raises(UserError, match=r"cat must hold at least one sound file .*; it is empty: fill or remove it"):
        find_examples(tmp_path, "sound")


def test_a_path_that_is_not_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data=.*nowhere must exist"):
        find_examples(tmp_path / "nowhere", "sound")
    with pytest.raises(UserError, match=r"must be a folder that holds a folder for each label; it is a file"):
        find_examples(touch(tmp_path, "1.wav") / "1.wav", "sound")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
@pytest.mark.parametrize("locked", [".", "dog"])
def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, locked: str) -> None:
    touch(tmp_path, "dog/1.wav", "cat/1.wav")
    (tmp_path / locked).chmod(0)
    try:
        with pytest.raises(UserError, match=r"must be readable.*Permission denied"):
            find_examples(tmp_path, "sound")
    finally:
        (tmp_path / locked).chmod(0o755)


def test_one_label_is_enough_if_asked_for(tmp_path: Path) -> None:
    touch(tmp_path, "dog/1.wav")
    assert find_examples(tmp_path, "sound", n_labels=1).labels == ("dog",)


def test_groups_are_chosen_by_name() -> None:
    dataset = synthetic_dataset([("a", "1"), ("a", "2"), ("b", "1"), ("b", "3")])
    assert dataset.groups == ("1", "2", "3")
    assert [e.group for e in dataset.of_groups(["1", "3"])] == ["1", "1", "3"]
    assert [e.group for e in dataset.without_groups(["1"])] == ["2", "3"]
    for choose in (dataset.of_groups, dataset.without_groups):
        with pytest.raises(UserError, match=re.escape("group='4' must be a group of data; its groups are 1, 2, 3")):
            choose(["1", "4"])


def test_one_label_is_enough_since_the_background_is_learnt_along(tmp_path: Path) -> None:
    touch(tmp_path, "doorbell/1.wav", "doorbell/2.wav")
    assert find_examples(tmp_path, "sound").labels == ("doorbell",)
