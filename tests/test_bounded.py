"""Files are read up to a limit, whatever they are."""

import os
import threading
from pathlib import Path

import pytest

from streamer.bounded import read_bounded, read_text
from streamer.errors import UserError


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5, "model") == b"12345"
    with pytest.raises(UserError, match=r"model=.*x must have at most 0 kB; check"):
        read_bounded(path, 4, "model")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_device_that_never_ends_is_not_read() -> None:
    with pytest.raises(UserError, match="config=/dev/zero must have at most"):
        read_text(Path("/dev/zero"), 1000, "config", regular=False)
    with pytest.raises(UserError, match="model=/dev/zero must be a regular file"):
        read_bounded(Path("/dev/zero"), 1000, "model")


def test_a_pipe_is_read_where_it_may_be_one(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    writer = threading.Thread(target=pipe.write_text, args=("text",))
    writer.start()
    assert read_text(pipe, 10, "config", regular=False) == "text"
    writer.join()


def test_text_is_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a,b", "utf-8-sig")
    assert read_text(path, 10, "groups") == "a,b"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"groups=.* must be text in UTF-8; save it as such \(invalid start byte\)"):
        read_text(path, 10, "groups")


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "must be an existing file"), ("", "must be a regular file"), ("\0", "must be a read")],
)
def test_what_cannot_be_read_is_a_mistake_of_the_user(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_bounded(tmp_path / name, 10, "model")
