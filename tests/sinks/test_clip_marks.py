"""A mark is kept at once, a clip lies where its label says, and nothing of anyone's is lost, whenever it ends."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from streamer.dataset.examples import find_examples
from streamer.errors import StreamerError, UserError
from streamer.messages import ClipWritten
from streamer.sinks.clip_list import ClipEvent, ClipList
from streamer.sinks.clip_marks import ClipMarks, FoundClip
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.history import EventHistory
from streamer.sinks.history_rows import HistoryChoice, HistoryRows
from streamer.sinks.manifest import Manifest
from tests.sinks.test_clips import clip
from tests.support.disks import mounted_disk
from tests.support.messages import EVENT
from tests.support.paths import ROOT


def written(folder: Path, *labels: str) -> list[Path]:
    """Write a clip of each label, as a run does."""
    for k, label in enumerate(labels):
        SoundClipFolder(folder, 10_000_000).write(clip(float(k), label, 2000))
    return [found.path for found in ClipMarks(folder).clips()]


def by_name(marks: ClipMarks) -> dict[str, FoundClip]:
    return {found.name: found for found in marks.clips()}


def test_what_is_wrong_goes_to_the_background_what_is_another_to_its_label_and_what_is_right_stays(
    tmp_path: Path,
) -> None:
    written(tmp_path, "dog", "dog", "dog")
    marks = ClipMarks(tmp_path)
    right, wrong, other = marks.clips()
    assert marks.mark_as(right, "right").path == right.path
    assert marks.mark_as(wrong, "wrong").path == tmp_path / "background" / wrong.path.name
    assert marks.mark_as(other, "Katze / klein").path == tmp_path / "Katze - klein" / other.path.name
    found = by_name(ClipMarks(tmp_path))
    assert {(each.label, each.listed.mark, each.listed.found_as) for each in found.values()} == {
        ("dog", "right", "dog"),
        ("background", "wrong", "dog"),
        ("Katze - klein", "label", "dog"),
    }
    assert all(each.listed.event and each.listed.event.label == "dog" for each in found.values())
    assert find_examples(tmp_path, "sound").labels == ("Katze - klein", "background", "dog")


def test_a_folder_is_found_whatever_the_case_and_the_background_of_the_folder_is_used(tmp_path: Path) -> None:
    written(tmp_path, "dog", "dog")
    (tmp_path / "Background").mkdir()
    marks = ClipMarks(tmp_path)
    first, second = marks.clips()
    assert marks.mark_as(first, "wrong").label == "Background"
    assert marks.mark_as(second, "Dog").label == "dog"


def test_undo_brings_back_place_mark_and_whose_the_file_is(tmp_path: Path) -> None:
    written(tmp_path, "dog", "cat")
    before = by_name(ClipMarks(tmp_path))
    marks = ClipMarks(tmp_path)
    cat, dog = marks.clips()
    marks.mark_as(cat, "wrong")
    marks.mark_as(dog, "right")
    assert not Manifest(tmp_path).is_listed(dog.name)  # it is the person's now
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["background", "dog"]
    assert marks.undo() is not None
    assert marks.undo() is not None
    assert marks.undo() is None
    assert by_name(ClipMarks(tmp_path)) == before
    assert all(Manifest(tmp_path).is_listed(name) for name in before)
    assert not (tmp_path / "background").exists()


def test_the_cap_removes_no_clip_that_a_person_has_marked_and_still_the_others(tmp_path: Path) -> None:
    written(tmp_path, "dog", "cat", "fox", "owl")
    marks = ClipMarks(tmp_path)
    cat, dog, *_ = marks.clips()
    marks.mark_as(cat, "wrong")
    marks.mark_as(dog, "right")
    SoundClipFolder(tmp_path, 1).write(clip(9.0, "newest", 2000))
    assert sorted(found.label for found in marks.clips()) == ["background", "dog", "newest"]


def test_a_name_that_is_taken_gets_a_number_and_a_file_of_the_user_is_never_replaced(tmp_path: Path) -> None:
    (path,) = written(tmp_path, "dog")
    (tmp_path / "background").mkdir()
    (tmp_path / "background" / path.name).write_text("of the user")
    marks = ClipMarks(tmp_path)
    moved = marks.mark_as(marks.find(str(path)), "wrong")
    assert moved.path.name == f"{path.stem}-2.flac"
    assert (tmp_path / "background" / path.name).read_text() == "of the user"
    assert moved.listed.mark == "wrong"


def test_the_links_of_a_history_follow_and_undo_brings_them_back(tmp_path: Path) -> None:
    (path,) = written(tmp_path / "clips", "dog")
    history = EventHistory(tmp_path / "h.db")
    history.write(ClipWritten(EVENT, path))
    marks = ClipMarks(tmp_path / "clips", tmp_path / "h.db")
    moved = marks.mark_as(marks.clips()[0], "wrong")

    def linked() -> object:
        rows = HistoryRows(tmp_path / "h.db")
        found = [row["clips"] for row in rows.rows("events", HistoryChoice())]
        rows.close()
        return found[0]

    assert linked() == [str(moved.path)]
    marks.undo()
    assert linked() == [str(path)]
    history.close()


def test_words_that_say_nothing_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "dog", "saved", "background")
    marks = ClipMarks(tmp_path)
    found = {each.label: each for each in marks.clips()}
    with pytest.raises(UserError, match="mark=right must be of a clip with a label"):
        marks.mark_as(found[""], "right")
    with pytest.raises(UserError, match="mark=wrong must be of a clip with another label than the background"):
        marks.mark_as(found["background"], "wrong")
    with pytest.raises(UserError, match=r"label='a\\nb' must be 1 to 200 printable characters"):
        marks.mark_as(found["dog"], "a\nb")
    with pytest.raises(UserError, match=r"mark=nothing\.flac must be a clip in .*there is none"):
        marks.find("nothing.flac")
    with pytest.raises(UserError, match=r"clips=.* must be a folder that exists"):
        ClipMarks(tmp_path / "none")
    found["dog"].path.unlink()
    with pytest.raises(StreamerError, match=r"not moved to background/.*No such file"):
        marks.mark_as(found["dog"], "wrong")


def test_a_label_on_another_file_system_gets_a_whole_copy(tmp_path: Path) -> None:
    (path,) = written(tmp_path / "clips", "dog")
    content = path.read_bytes()
    with mounted_disk(tmp_path / "disk", "4m") as disk:
        (tmp_path / "clips" / "background").symlink_to(disk, target_is_directory=True)
        moved = ClipMarks(tmp_path / "clips").mark_as(ClipMarks(tmp_path / "clips").clips()[0], "wrong")
        assert moved.path.read_bytes() == content
        assert not path.exists()
        assert [each.name for each in disk.iterdir() if each.is_file()] == [path.name]


MARKS = """
import sys
from pathlib import Path
from streamer.sinks.clip_marks import ClipMarks

marks = ClipMarks(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
while True:
    for found in marks.clips():
        if found.label == "dog":
            marks.mark_as(found, "wrong")
        elif found.label == "background":
            marks.mark(found, "dog")
        print("marked", flush=True)
"""


def test_killed_at_any_moment_every_clip_is_there_once_where_its_mark_says_and_its_link_leads_there(
    tmp_path: Path,
) -> None:
    folder, database = tmp_path / "clips", tmp_path / "h.db"
    history = EventHistory(database)
    paths = written(folder, *["dog"] * 4)
    for k, path in enumerate(paths):
        event = clip(float(k), "dog").event
        history.write(ClipWritten(event, path))
    history.close()
    contents = {path.name: path.read_bytes() for path in paths}
    chance = random.Random(1)
    for _ in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", MARKS, str(folder), str(database)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        for _ in range(1 + chance.randrange(40)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = ClipMarks(folder, database).clips()
        assert {each.path.name: each.path.read_bytes() for each in found} == contents
        assert len(found) == len(contents)
        for each in found:
            said = {"wrong": "background", "right": "dog", "label": "dog", "": "dog"}
            assert said[each.listed.mark] == each.label
        links = sqlite3.connect(database).execute("SELECT path FROM clips").fetchall()
        assert {path for (path,) in links} == {str(each.path) for each in found}


def test_a_move_that_was_only_begun_is_completed_at_the_next_start(tmp_path: Path) -> None:
    (path,) = written(tmp_path, "dog")
    ClipList(tmp_path).mark(f"dog/{path.name}", "wrong", f"background/{path.name}", "dog", was_own=True)  # and killed
    (found,) = ClipMarks(tmp_path).clips()
    assert (found.label, found.listed.mark) == ("background", "wrong")
    assert found.listed.event == ClipEvent.of(clip(0.0, "dog").event)
