"""The list of the files that streamer wrote: nothing else is ever removed, whatever happens to folder and process."""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamer.sinks.manifest import NAME, Manifest


def write(manifest: Manifest, name: str, n_bytes: int = 100) -> Path:
    part = manifest.begin(name)
    part.path.write_bytes(bytes(n_bytes))
    return manifest.finish(part)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != NAME)


def test_only_files_on_the_list_are_removed_the_oldest_first_whatever_their_times_say(tmp_path: Path) -> None:
    (tmp_path / "own.flac").write_bytes(bytes(1000))
    manifest = Manifest(tmp_path)
    for k in range(4):
        written = write(manifest, f"{k}.flac")
        manifest.drop_oldest(250, written)
    assert names(tmp_path) == ["2.flac", "3.flac", "own.flac"]
    newest = write(manifest, "1969.flac")  # named by a clock that was set back
    manifest.drop_oldest(250, newest)
    assert names(tmp_path) == ["1969.flac", "3.flac", "own.flac"]


def test_a_file_that_the_user_has_changed_or_replaced_is_the_users(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    changed, touched, replaced, linked = (write(manifest, f"{k}.flac") for k in range(4))
    changed.write_bytes(bytes(99))
    os.utime(touched, (1.0, 1.0))
    replaced.unlink()
    replaced.mkdir()
    linked.unlink()
    (tmp_path / "target").write_bytes(bytes(100))
    linked.symlink_to(tmp_path / "target")
    manifest.drop_oldest(100, write(manifest, "new.flac"))
    assert names(tmp_path) == ["0.flac", "1.flac", "2.flac", "3.flac", "new.flac", "target"]


def test_files_that_the_user_moved_away_no_longer_count(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    paths = [write(manifest, f"{k}.flac") for k in range(4)]
    manifest.drop_oldest(400, paths[-1])
    for path in paths[1:]:
        path.unlink()
    manifest.drop_oldest(250, write(manifest, "new.flac"))
    assert names(tmp_path) == ["0.flac", "new.flac"]


def test_a_taken_name_is_refused_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_text("the user's")
    manifest = Manifest(tmp_path)
    with pytest.raises(FileExistsError):
        manifest.begin("a.flac")
    part = manifest.begin("b.flac")
    with pytest.raises(FileExistsError):
        Manifest(tmp_path).begin("b.flac")
    (tmp_path / "b.flac").write_text("the user's")
    with pytest.raises(FileExistsError):
        manifest.finish(part)
    manifest.finish(part, "c.flac")
    assert (tmp_path / "a.flac").read_text() == (tmp_path / "b.flac").read_text() == "the user's"


DIES = """
import os, sys
from pathlib import Path
from streamer.sinks.manifest import Manifest
manifest = Manifest(Path(sys.argv[1]))
part = manifest.begin("dead.flac")
part.path.write_bytes(b"half")
print("begun", flush=True)
sys.stdin.read()
"""


def test_parts_of_a_process_that_died_are_found_and_those_of_a_living_one_are_not(tmp_path: Path) -> None:
    (tmp_path / ".own.part.flac").write_text("the user's, though it looks like one of ours")
    command = [sys.executable, "-c", DIES, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    manifest = Manifest(tmp_path)
    assert manifest.dead_parts(".flac") == []
    process.kill()
    process.communicate()
    assert manifest.dead_parts(".mp4") == []
    (part,) = manifest.dead_parts(".flac")
    assert (part.path.name, part.name) == (".dead.part.flac", "dead.flac")
    manifest.discard(part)
    assert names(tmp_path) == [".own.part.flac"]
    assert Manifest(tmp_path).dead_parts(".flac") == []


def test_a_process_that_died_before_its_file_had_its_name_leaves_one_that_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Manifest(tmp_path)
    part = manifest.begin("a.flac")
    part.path.write_bytes(bytes(100))

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            manifest.finish(part)
    part.close()
    again = Manifest(tmp_path)
    (found,) = again.dead_parts(".flac")
    newest = again.finish(found)
    again.drop_oldest(100, newest)
    assert names(tmp_path) == ["a.flac"]


@pytest.mark.parametrize(
    "line",
    [
        '{"file": "../own.flac", "bytes": 5, "mtime_s": %(mtime)r}',
        '{"file": "..", "bytes": 5, "mtime_s": 1}',
        '{"file": "own.flac", "bytes": 5, "mtime_s": NaN}',
        '{"file": "own.flac", "bytes": "5", "mtime_s": %(mtime)r}',
        '["file", "own.flac"]',
        "\x00\xff{",
        '{"file": "own.fl',
    ],
)
def test_a_damaged_or_forged_list_removes_nothing_of_the_users(tmp_path: Path, line: str) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for own in (tmp_path / "own.flac", folder / "own.flac"):
        own.write_text("mine!")
    text = line % {"mtime": (folder / "own.flac").stat().st_mtime} if "%" in line else line
    (folder / NAME).write_text(text, encoding="latin-1")
    manifest = Manifest(folder)
    manifest.drop_oldest(0, write(manifest, "new.flac"))
    manifest.drop_oldest(0, write(manifest, "newer.flac"))
    assert names(folder) == ["newer.flac", "own.flac"]  # and what was added after a torn line counts
    assert (tmp_path / "own.flac").exists()


def test_a_list_that_the_user_removes_leaves_all_files_to_the_user(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    write(manifest, "0.flac")
    (tmp_path / NAME).unlink()
    write(manifest, "1.flac")
    manifest.drop_oldest(0, write(manifest, "2.flac"))
    assert names(tmp_path) == ["0.flac", "2.flac"]


def test_a_folder_that_is_moved_away_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    manifest = Manifest(tmp_path / "clips")
    write(manifest, "0.flac")
    (tmp_path / "clips").rename(tmp_path / "kept")
    manifest.drop_oldest(0, write(manifest, "1.flac"))
    assert (names(tmp_path / "kept"), names(tmp_path / "clips")) == (["0.flac"], ["1.flac"])


def test_the_list_does_not_grow_with_the_files_that_have_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.sinks.manifest._SPARE_LINES", 10)
    manifest, other = Manifest(tmp_path), Manifest(tmp_path)
    for k in range(30):
        manifest.drop_oldest(300, write(manifest, f"a{k:02d}"))
        other.drop_oldest(300, write(other, f"b{k:02d}"))
    assert names(tmp_path) == ["a29", "b28", "b29"]
    assert len((tmp_path / NAME).read_text().splitlines()) < 25
    assert Manifest(tmp_path).dead_parts("") == []


def test_what_a_full_disk_has_torn_is_not_glued_to_the_next_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = Manifest(tmp_path)
    write(manifest, "0.flac")
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: real(handle, data[:7]))
        with pytest.raises(OSError, match="No space left"):
            manifest.begin("1.flac")
    write(manifest, "2.flac")
    manifest.drop_oldest(0, write(manifest, "3.flac"))
    assert names(tmp_path) == ["3.flac"]
    lines = (tmp_path / NAME).read_text().splitlines()
    assert len([line for line in lines if _is_json(line)]) == len(lines) - 1


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_a_write_looks_at_no_more_files_in_a_full_folder_than_in_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks(n_files: int) -> int:
        folder = tmp_path / str(n_files)
        folder.mkdir()
        for k in range(n_files):
            (folder / f"own{k}.flac").touch()
        manifest = Manifest(folder)
        for k in range(3):
            manifest.drop_oldest(150, write(manifest, f"{k}.flac"))
        n_looks = 0

        def counted(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                nonlocal n_looks
                n_looks += 1
                return real(*arguments, **options)

            return call

        with monkeypatch.context() as patch:
            for name in ("stat", "lstat", "listdir", "scandir"):
                patch.setattr(os, name, counted(getattr(os, name)))
            manifest.drop_oldest(150, write(manifest, "last.flac"))
        return n_looks

    assert looks(500) == looks(5)


def _write_many(folder: Path, who: str) -> None:
    manifest = Manifest(folder)
    for k in range(150):
        manifest.drop_oldest(1000, write(manifest, f"{who}{k}.flac"))


def test_four_processes_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "own.flac").write_bytes(bytes(5000))
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_many, args=(tmp_path, who)) for who in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    left = names(tmp_path)
    assert len(left) == 11
    assert "own.flac" in left


def test_a_folder_that_cannot_be_written_is_found_at_once() -> None:
    if not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    with pytest.raises(OSError, match=NAME):
        Manifest(Path("/proc/self")).check()
