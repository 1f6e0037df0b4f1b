"""What is known of clips stays known, whoever moves them and whenever a process dies."""

from __future__ import annotations

from pathlib import Path

from streamer.sinks.clip_list import NAME, ClipEvent, ClipList, ListedClip, label_folder
from tests.support.messages import EVENT

FOUND = ClipEvent.of(EVENT, ("yard", "0123"))


def test_an_event_comes_back_and_what_is_said_of_it_goes_with_the_file(tmp_path: Path) -> None:
    clips = ClipList(tmp_path)
    clips.add("dog/a.flac", FOUND)
    clips.mark("dog/a.flac", "wrong", "background/a.flac", "dog", was_own=True)
    other = ClipList(tmp_path)
    assert other.read() == {"background/a.flac": ListedClip(FOUND, "wrong", "dog", True)}
    assert other.moves() == [("dog/a.flac", "background/a.flac")]
    assert FOUND.event.score == EVENT.score
    other.forget("background/a.flac")
    assert clips.read() == {}


def test_a_clip_that_the_user_moved_is_known_by_its_name_where_that_is_there_once(tmp_path: Path) -> None:
    clips = ClipList(tmp_path)
    clips.add("dog/a.flac", FOUND)
    assert clips.find("fox/a.flac").event == FOUND
    clips.add("cat/a.flac", FOUND)
    assert clips.find("fox/a.flac").event is None


def test_lines_that_are_damaged_or_of_others_are_passed_over(tmp_path: Path) -> None:
    clips = ClipList(tmp_path)
    clips.add("dog/a.flac", FOUND)
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"clip": "dog/a.flac", "event": {"label": 3}}\n{"clip": "dog/a.flac", "mark": 1}\n\xff\n{"cl')
    clips.add("dog/b.flac", FOUND)
    assert set(ClipList(tmp_path).read()) == {"dog/a.flac", "dog/b.flac"}


def test_the_list_does_not_grow_with_what_is_gone_and_keeps_what_is_there(tmp_path: Path) -> None:
    clips = ClipList(tmp_path)
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "kept.flac").write_bytes(b"")
    clips.add("dog/kept.flac", FOUND)
    clips.mark("dog/kept.flac", "right", "dog/kept.flac", "dog", was_own=False)
    for k in range(700):
        clips.add(f"dog/{k}.flac", FOUND)
        clips.forget(f"dog/{k}.flac")
    assert len((tmp_path / NAME).read_bytes().splitlines()) < 1100
    assert ClipList(tmp_path).read() == {"dog/kept.flac": ListedClip(FOUND, "right", "dog", False)}


def test_the_folder_of_a_label_has_its_name_where_file_systems_allow_it() -> None:
    labels = ("Child speech, kid speaking", "door / bell", "..", ".hidden", "Vögel", "a\\b")
    assert [label_folder(label) for label in labels] == [
        "Child speech, kid speaking", "door - bell", "label", "hidden", "Vögel", "a-b",
    ]  # fmt: skip
