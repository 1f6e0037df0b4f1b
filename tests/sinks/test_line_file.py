"""A file of lines that lives for months: torn, renamed, full, rotated, a pipe; no line glued, none lost unseen."""

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from streamer.errors import StreamerError
from streamer.sinks.line_file import LineFile


def test_a_torn_last_line_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"a": 2')
    LineFile(path).write('{"a": 3}\n')
    assert path.read_text().splitlines() == ['{"a": 1}', '{"a": 2', '{"a": 3}']


def test_a_line_follows_a_whole_one_and_begins_an_empty_file_without_an_empty_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        LineFile(path).write("a\n")
    assert path.read_text() == "a\na\n"


@pytest.mark.parametrize("creates", [True, False])
def test_lines_go_on_in_a_new_file_after_logrotate(tmp_path: Path, creates: bool) -> None:
    path = tmp_path / "a.jsonl"
    file = LineFile(path)
    file.write("1\n")
    path.rename(tmp_path / "a.jsonl.1")
    if creates:
        path.touch()
    file.write("2\n")
    path.unlink()
    file.write("3\n")
    assert (tmp_path / "a.jsonl.1").read_text() == "1\n"
    assert path.read_text() == "3\n"
    os.truncate(path, 0)  # copytruncate
    file.write("4\n")
    assert path.read_text() == "4\n"


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    LineFile(tmp_path / "a").write("caf\udce9 é\n")
    assert (tmp_path / "a").read_bytes() == "caf\\udce9 é\n".encode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_lines_lost_on_a_full_disk_are_counted() -> None:
    file = LineFile(Path("/dev/full"))
    with pytest.raises(StreamerError, match=r"^1 line of /dev/full lost since 20.* UTC: No space left on device$"):
        file.write("1\n")
    with pytest.raises(StreamerError, match=r"^2 lines of /dev/full lost since"):
        file.write("2\n")


FULL = """
import resource, sys
from pathlib import Path
from typing import Any
from streamer.errors import StreamerError
from streamer.sinks.line_file import LineFile

import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
file = LineFile(Path(sys.argv[1]))
for k in range(6):
    try:
        file.write(f"{k}" * 29 + "\\n")
    except StreamerError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.write("9\\n")
"""


def test_the_part_of_a_line_that_fitted_on_a_full_disk_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert path.read_text().splitlines() == ["0" * 29, "1" * 29, "2" * 29, "9"]
    assert re.findall(r"^(\d) line", done.stdout, re.MULTILINE) == ["1", "2", "3"]


def test_a_folder_that_is_gone_loses_counted_lines_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    file = LineFile(folder / "a")
    folder.rename(tmp_path / "old")
    for n_lost in (1, 2):
        with pytest.raises(StreamerError, match=f"^{n_lost} line.*No such file or directory"):
            file.write("lost\n")
    folder.mkdir()
    file.write("back\n")
    assert (folder / "a").read_text() == "back\n"


def test_a_pipe_without_a_reader_neither_blocks_nor_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    file = LineFile(path)
    with pytest.raises(StreamerError, match=r"^1 line of .* lost since .*: nobody reads this pipe"):
        file.write("1\n")
    read: list[str] = []
    for text in ("2\n", "3\n"):
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        file.write(text)
        read.append(os.read(reader, 100).decode())
        os.close(reader)
        with pytest.raises(StreamerError, match="nobody reads this pipe"):
            file.write("lost\n")
    assert read == ["2\n", "3\n"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.glob("a*.jsonl"))]


def test_a_file_is_put_aside_when_it_is_full_and_the_oldest_are_deleted(tmp_path: Path) -> None:
    own = tmp_path / "a-20200101T000000Z.jsonl"
    own.write_text("of the user\n" * 100)
    file = LineFile(tmp_path / "a.jsonl", max_bytes=800)
    for k in range(100):
        file.write(f"{k:09d}\n")
        if k == 50:
            file.close()
            file = LineFile(tmp_path / "a.jsonl", max_bytes=800)  # another run
    own.unlink()
    lines = "".join(texts(tmp_path)[-1:] + texts(tmp_path)[:-1]).split()
    assert 70 <= len(lines) <= 80
    assert sorted(map(int, lines)) == list(range(100 - len(lines), 100))
    assert max(map(len, texts(tmp_path))) == 100
    assert re.fullmatch(r"a-\d{8}T\d{6}Z(-\d+)?\.jsonl", sorted(tmp_path.glob("a-*"))[0].name)


def test_a_file_that_was_there_before_or_put_there_is_put_aside_but_never_deleted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("before\n")
    file = LineFile(path, max_bytes=160)
    for _ in range(20):
        file.write("x" * 9 + "\n")
    path.unlink()
    path.write_text("put there\n")
    for _ in range(20):
        file.write("y" * 9 + "\n")
    kept = [text for text in texts(tmp_path) if "x" in text or "e" in text]
    assert sorted(kept) == ["before\nxxxxxxxxx\n", "put there\nyyyyyyyyy\n"]


@pytest.mark.parametrize("in_its_place", [None, "torn"])
def test_a_file_that_is_put_aside_while_it_is_opened(
    in_its_place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opened = tmp_path / "a.jsonl", os.open
    path.write_text("old\n")

    def late(name: object, *arguments: Any) -> int:
        handle = opened(name, *arguments)  # type: ignore[arg-type]
        if name == path and not (tmp_path / "aside").exists():
            path.rename(tmp_path / "aside")
            if in_its_place:
                path.write_text(in_its_place)
        return handle

    monkeypatch.setattr(os, "open", late)
    file = LineFile(path)
    file.write("new\n")
    file.close()
    assert (tmp_path / "aside").read_text() == "old\n"
    assert path.read_text().split() == [*([in_its_place] if in_its_place else []), "new"]


def test_threads_that_share_a_capped_file_lose_no_line_and_keep_the_cap(tmp_path: Path) -> None:
    def write_many(name: str, who: str, max_bytes: float) -> None:
        file = LineFile(tmp_path / name, max_bytes)
        for k in range(2000):
            file.write(f"{who}{k:04d}" * 20 + "\n")

    for name, max_bytes in (("a.jsonl", 1e6), ("b.jsonl", 1e5)):
        threads = [threading.Thread(target=write_many, args=(name, who, max_bytes)) for who in "cde"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = "".join(texts(tmp_path)).split()
    assert len(set(lines)) == len(lines) == 6000
    assert len(texts(tmp_path)) >= 5
    assert sum(path.stat().st_size for path in tmp_path.glob("b*.jsonl")) <= 1.1e5
