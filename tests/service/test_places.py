"""Folders of status files."""

import os
from pathlib import Path

import pytest

from streamer.errors import StreamerError
from streamer.service import places


@pytest.fixture(autouse=True)
def nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_the_folder_of_the_service_then_of_the_session_then_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert places.own_folder() == tmp_path / f"streamer-{os.getuid()}"
    assert places.own_folder().stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    assert places.own_folder() == tmp_path / "session" / "streamer"
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path / 'service'}:{tmp_path / 'other'}")
    assert places.own_folder() == tmp_path / "service"
    assert {tmp_path / "service", tmp_path / "session" / "streamer", tmp_path / f"streamer-{os.getuid()}"} <= set(
        places.folders()
    )


def test_what_somebody_else_put_there_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"streamer-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StreamerError, match="must be a folder of this user"):
        places.own_folder()


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / f"streamer-{os.getuid()}").touch()
    with pytest.raises(StreamerError, match="must be writable"):
        places.own_folder()
