"""What a file holds decides what it is: a video file without images is sound."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources import medium_of, open_source
from streamer.sources.tracks import Tracks, probe, tracks_of
from tests.support.bands import write_sound
from tests.support.fatal_files import fatal_environment
from tests.support.sound_files import encoded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tracks")
    encoded("aac", "mp4")(folder / "memo.mp4")
    encoded("aac", "mp4", images=True)(folder / "video.mp4")
    encoded("libopus", "webm", 48_000)(folder / "memo.webm")
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    write_sound(folder / "sound.wav", np.zeros(16_000, np.float32))
    return folder


@pytest.mark.parametrize(
    ("name", "tracks"),
    [
        ("memo.mp4", Tracks(False, True)),
        ("video.mp4", Tracks(True, True)),
        ("memo.webm", Tracks(False, True)),
        ("broken.mp4", None),
        ("sound.wav", None),
        ("missing.mp4", None),
        ("nul\0.mp4", None),
    ],
)
def test_the_tracks_of_a_file(folder: Path, name: str, tracks: Tracks | None) -> None:
    assert tracks_of(folder / name) == tracks


def test_a_file_that_crashes_its_reader_is_one_of_which_nothing_is_known(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["memo.mp4", "fatal.mp4", "video.mp4", "fatal.mkv"]
    for name in names:
        shutil.copy(folder / ("video.mp4" if "fatal" in name else name), tmp_path / name)
    fatal_environment(tmp_path / "patch")
    monkeypatch.syspath_prepend(tmp_path / "patch")
    probe([tmp_path / name for name in names])
    expected = [Tracks(False, True), None, Tracks(True, True), None]
    assert [tracks_of(tmp_path / name) for name in names] == expected


@pytest.mark.parametrize(
    ("uri", "medium"),
    [
        ("memo.mp4", "sound"),
        ("file:memo.mp4", "sound"),
        ("memo.webm", "sound"),
        ("video.mp4", "images"),
        ("sound:video.mp4", "sound"),
        ("image:video.mp4", "images"),
        ("sound:file:video.mp4", "sound"),
        ("sound:sound.wav", "sound"),
        ("missing.mp4", "images"),
    ],
)
def test_the_medium_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch, uri: str, medium: str) -> None:
    monkeypatch.chdir(folder)
    assert medium_of(uri) == medium
    if "missing" not in uri:
        assert open_source(uri, SourceSettings(realtime=False)).medium == medium


def test_images_wanted_of_sound_are_refused_in_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(UserError, match=r"file=memo.mp4 must be a video"):
        open_source("image:memo.mp4")
    with pytest.raises(UserError, match=r"file=broken.mp4 must be whole"):
        open_source("sound:broken.mp4")
