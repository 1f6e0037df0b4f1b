"""A picture file of several images is a video: all its images, in order, each with its time where there is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.sources.images.pages import PageDecoder
from streamer.sources.images.video import Video
from tests.support.bands import run_here
from tests.support.coded_videos import lamp
from tests.support.paged_pictures import ramp, write_animation, write_tiff
from tests.support.paths import SHARED
from tests.support.source_thread import capture_images
from tests.support.sources import image_source
from tests.support.synthetic_videos import numbered, numbers

PLAIN = ImageSettings()
AT_ONCE = SourceSettings(realtime=False)
ASSUMED = "its pages have no times: 10 images/s assumed; state the true rate with --fps"


def grey(images: list[UInt8]) -> list[UInt8]:
    return [image[:, :, 0] for image in images]


@pytest.mark.parametrize("suffix", ["gif", "apng", "png", "webp"])
def test_an_animation_is_a_video_with_the_times_of_its_images(tmp_path: Path, suffix: str) -> None:
    path = write_animation(tmp_path / f"x.{suffix}", numbered(20), fps=20)
    source = image_source(str(path), AT_ONCE, PLAIN)
    captured = capture_images(source, capacity=3)
    tolerance = 2 if suffix == "gif" else 0  # 256 colours
    found = numbers(image.pixels for image in captured.images)
    assert np.abs(np.array(found) - np.arange(20)).max() <= tolerance
    np.testing.assert_allclose(captured.times_s, np.arange(20) / 20, atol=1e-3)
    assert captured.image_format.fps == pytest.approx(20.0)
    assert source.note == ""


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_all_pages_of_a_tiff_come_in_order(tmp_path: Path, order: Literal["<", ">"], is_big: bool) -> None:
    pages = grey(numbered(12))
    path = write_tiff(tmp_path / "x.tif", pages, order=order, is_big=is_big, thumbnails=[3])
    video = Video(path, PLAIN)
    images = list(video)
    assert numbers(image.pixels for image in images) == [0, 1, 2, *range(4, 12)]
    np.testing.assert_allclose([image.time_s for image in images], np.arange(11) / 10)
    assert video.note == ASSUMED
    stated = Video(path, ImageSettings(fps=500.0))
    np.testing.assert_allclose([image.time_s for image in stated], np.arange(11) / 500)
    assert stated.note == ""


@pytest.mark.parametrize(
    ("description", "interval_s"),
    [
        ("ImageJ=1.54f\nimages=6\nfinterval=0.04\nunit=micron\n", 0.04),
        ('<OME><Pixels TimeIncrement="20" TimeIncrementUnit="ms" SizeT="6"/></OME>', 0.02),
        ('<OME><Pixels SizeT="6" TimeIncrement="0.5"/></OME>', 0.5),
    ],
)
def test_times_that_microscopes_write_are_used(tmp_path: Path, description: str, interval_s: float) -> None:
    path = write_tiff(tmp_path / "x.tif", grey(numbered(6)), description=description)
    video = Video(path, PLAIN)
    np.testing.assert_allclose([image.time_s for image in video], np.arange(6) * interval_s)
    assert video.note == ""
    assert video.image_format.fps == pytest.approx(1.0 / interval_s)


@pytest.mark.parametrize(
    ("dtype", "top", "note"),
    [
        (np.uint16, 255, "16 bits of which 8 are used"),
        (np.uint16, 1023, "16 bits of which 10 are used"),
        (np.uint16, 4095, "16 bits of which 12 are used"),
        (np.uint16, 65535, ""),
        (np.float32, 1.0, ""),
        (np.float32, 3e4, "32-bit floating-point numbers from 0 to 30000"),
        (np.float64, 0.01, ""),
        (np.int32, 100_000, "32-bit whole numbers from 0 to 100000"),
    ],
)
def test_deep_pages_are_scaled_alike_by_what_they_hold_together(
    tmp_path: Path, dtype: type, top: float, note: str
) -> None:
    """Were each scaled by itself, a rhythm of the brightness would vanish."""
    video = Video(write_tiff(tmp_path / "x.tif", ramp(8, dtype, top)), PLAIN)
    brightest = [int(image.pixels.max()) for image in video]
    full = 255 * top if dtype == np.float64 else 255
    np.testing.assert_allclose(brightest, full * (np.arange(8) + 1) / 8, atol=1.0)
    assert note in video.note
    assert ("scaled" in video.note) == bool(note)


def test_a_damaged_page_is_left_out_and_told(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "x.tif", grey(numbered(8)))
    data = bytearray(path.read_bytes())
    places = [at for at in range(len(data) - 3) if data[at : at + 4] == b"\x11\x01\x04\0"]  # where the pixels are
    data[places[4] + 8 : places[4] + 12] = b"\xf0\xff\xff\x7f"  # far behind the end
    path.write_bytes(data)
    video = Video(path, PLAIN)
    assert numbers(image.pixels for image in video) == [0, 1, 2, 3, 5, 6, 7]
    assert "1 image damaged and left out, after 0.30 s" in video.note


def test_pages_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "x.tif", grey(numbered(3)))
    data = bytearray(path.read_bytes())
    first = data[4:8]
    data[-4:] = first
    path.write_bytes(data)
    assert len(list(Video(path, PLAIN))) == 3


def test_a_page_with_more_pixels_than_are_allowed_is_refused(tmp_path: Path) -> None:
    pages = [np.zeros((48, 64), np.uint8), np.zeros((200, 200), np.uint8)]
    with pytest.raises(UserError, match="its header says 200×200"):
        PageDecoder(write_tiff(tmp_path / "x.tif", pages), ImageSettings(max_megapixels=0.03))


def test_classify_measures_the_rhythm_of_an_animation_and_of_a_stack(tmp_path: Path) -> None:
    scene = lamp(2.0, np.arange(80) / 20)
    write_animation(tmp_path / "x.gif", scene, fps=20)
    write_tiff(tmp_path / "x.tif", grey(scene))
    animation = json.loads(run_here("classify", tmp_path / "x.gif", "--json").stdout)
    assert animation["temporal"]["components"][0]["hz"] == pytest.approx(2.0, abs=0.03)
    stack = json.loads(run_here("classify", tmp_path / "x.tif", "--json", "--fps", 20).stdout)
    assert stack["temporal"]["components"][0]["hz"] == pytest.approx(2.0, abs=0.03)


def test_classify_says_that_images_are_too_few_or_the_same(tmp_path: Path) -> None:
    few = json.loads(run_here("classify", write_animation(tmp_path / "few.gif", numbered(8)), "--json").stdout)
    assert few["note"] == "only 8 images, and a rhythm needs 16: none can be measured"
    same = write_tiff(tmp_path / "same.tif", grey([numbered(5)[4]] * 40))
    done = run_here("classify", same, "--json")
    assert "all 40 images are the same" in json.loads(done.stdout)["note"]
    assert done.returncode == 0


@pytest.mark.skipif(not (SHARED / "cases/images").is_dir(), reason=f"no cases/images in STREAMER_SHARED={SHARED}")
def test_the_stack_whose_first_page_is_flat_shows_its_stripes() -> None:
    result = json.loads(run_here("classify", SHARED / "cases/images/f_stack_first_flat.tif", "--json").stdout)
    assert result["spatial"]["components"][0]["period_px"] == pytest.approx(14.0, abs=0.05)
    assert ASSUMED in result["note"]
