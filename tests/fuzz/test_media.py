"""Sound files, pictures and videos of any content are read or refused, and take bounded memory.

A crash of a decoder ends this process, and with it the test.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import ImageSettings
from streamer.sources.images.pictures import read_picture
from streamer.sources.images.video import Video
from streamer.sources.sound.file import read_blocks
from streamer.system import resident_bytes
from tests.support.fuzz import cases, changed, kept

IMAGES = ImageSettings(max_megapixels=4.0)
GROWTH_BYTES = 600_000_000  # of the whole process over all cases of a test


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def sounds(folder: Path) -> list[bytes]:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (4000, 2)).astype(np.float32)
    for form in ("WAV", "FLAC", "OGG", "AIFF", "AU", "W64", "CAF", "MP3", "RF64"):
        if form in soundfile.available_formats():
            soundfile.write(folder / f"good.{form.lower()}", samples, 16000, format=form)
    return [path.read_bytes() for path in sorted(folder.glob("good.*"))]


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    return [cv2.imencode(f".{suffix}", image)[1].tobytes() for suffix in ("png", "jpg", "bmp", "tif", "webp", "ppm")]


@pytest.fixture(scope="module")
def videos(folder: Path) -> list[bytes]:
    found = []
    for suffix, codec in (("avi", "MJPG"), ("mp4", "mp4v"), ("mkv", "mp4v"), ("mov", "mp4v")):
        path = folder / f"v.{suffix}"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25.0, (64, 48))
        for level in range(12):
            writer.write(np.full((48, 64, 3), 20 * level, np.uint8))
        writer.release()
        found.append(path.read_bytes())
    return found


@cases(100)
@given(st.data())
def test_changed_sounds(folder: Path, sounds: list[bytes], data: st.DataObject) -> None:
    path = folder / "x.wav"
    path.write_bytes(data.draw(changed(sounds)))
    before = resident_bytes()

    def read() -> None:
        for block in islice(read_blocks(path, 10.0)[1], 20):
            assert np.isfinite(block).all()

    kept(read)
    assert resident_bytes() - before < GROWTH_BYTES


@cases(100)
@given(st.data())
def test_changed_pictures(folder: Path, pictures: list[bytes], data: st.DataObject) -> None:
    path = folder / "x.png"
    path.write_bytes(data.draw(changed(pictures)))
    before = resident_bytes()
    pixels = kept(lambda: read_picture(path, IMAGES))
    assert pixels is None or pixels.shape[0] * pixels.shape[1] <= 4e6
    assert resident_bytes() - before < GROWTH_BYTES


@cases(30)
@given(st.data())
def test_changed_videos(folder: Path, videos: list[bytes], data: st.DataObject) -> None:
    path = folder / "x.mp4"
    path.write_bytes(data.draw(changed(videos)))
    before = resident_bytes()

    def read() -> None:
        times = [image.time_s for image in islice(Video(path, IMAGES), 100)]
        assert times == sorted(times)

    kept(read)
    assert resident_bytes() - before < GROWTH_BYTES
