"""Videos of all coders, pixel formats and containers give their images, in order, upright, with their own times."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.images.decoder import VideoDecoder
from streamer.sources.images.video import Video
from tests.support.coded_videos import lamp, spoil, write_coded
from tests.support.synthetic_videos import numbered, numbers

PLAIN = ImageSettings()
CODED = [
    ("libx264", "yuv420p", "mp4"),
    ("libx264", "yuv420p10le", "mkv"),
    ("mpeg2video", "yuv420p", "ts"),
    ("mpeg4", "yuv420p", "avi"),
    ("libvpx-vp9", "yuv420p", "webm"),
    ("libsvtav1", "yuv420p", "mp4"),
    ("ffv1", "gray", "mkv"),
    ("ffv1", "gray16le", "mkv"),
    ("ffv1", "bgr0", "mkv"),
]  # fmt: skip


@pytest.mark.parametrize(("codec", "pixel_format", "suffix"), CODED)
def test_every_coder_gives_all_images_in_order_with_their_times(
    tmp_path: Path, codec: str, pixel_format: str, suffix: str
) -> None:
    options = {"b": "4000000"} if codec.startswith("mpeg") else None
    images = numbered(40, 96, 64)
    path = write_coded(tmp_path / f"x.{suffix}", images, codec=codec, pixel_format=pixel_format, options=options)
    video = Video(path, PLAIN)
    found = list(video)
    assert numbers(image.pixels for image in found) == [i % 32 for i in range(40)]
    np.testing.assert_allclose([image.time_s for image in found], np.arange(40) / 25.0, atol=1e-3)
    assert [image.skipped_before for image in found] == [0] * 40
    assert video.note == ""
    assert video.image_format.fps == pytest.approx(25.0)


def test_deep_and_grey_images_keep_a_level_flat(tmp_path: Path) -> None:
    """A scaler that dithers would draw a pattern of its own into every image."""
    for pixel_format in ("gray16le", "yuv420p10le"):
        flat = [np.full((64, 96, 3), 101, np.uint8)] * 3
        path = write_coded(tmp_path / f"{pixel_format}.mkv", flat, codec="ffv1", pixel_format=pixel_format)
        for image in Video(path, PLAIN):
            assert np.ptp(image.pixels) == 0
            assert int(image.pixels[0, 0, 0]) == pytest.approx(101, abs=1)


@pytest.mark.parametrize("turn_deg", [90, 180, 270])
def test_images_are_turned_upright(tmp_path: Path, turn_deg: int) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 220  # upper left
    path = write_coded(tmp_path / "x.mp4", [image] * 3)
    matrix = {
        90: (0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30),
        180: (-1 << 16, 0, 0, 0, -1 << 16, 0, 64 << 16, 48 << 16, 1 << 30),
        270: (0, -1 << 16, 0, 1 << 16, 0, 0, 0, 64 << 16, 1 << 30),
    }[turn_deg]  # clockwise
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    data[place : place + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)
    video = Video(path, PLAIN)
    pixels = next(iter(video)).pixels
    expected = np.rot90(image, -turn_deg // 90)
    assert pixels.shape == expected.shape == (video.image_format.height, video.image_format.width, 3)
    assert np.abs(pixels.astype(int) - expected).mean() < 12


def test_uneven_times_are_those_of_the_file(tmp_path: Path) -> None:
    steps_s = np.random.default_rng(1).uniform(0.02, 0.09, 60)
    times_s = 5.0 + np.round(np.cumsum(steps_s), 3)  # a clock that starts late, besides
    for suffix in ("mp4", "mkv", "ts"):
        path = write_coded(tmp_path / f"x.{suffix}", numbered(60), times_s=times_s.tolist())
        found = [image.time_s for image in Video(path, PLAIN)]
        np.testing.assert_allclose(found, times_s - times_s[0], atol=1.1e-3)


def test_an_edit_list_that_cuts_the_beginning_off_is_heeded(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.mp4", numbered(50), options={"bf": "0", "g": "10"})
    data = bytearray(path.read_bytes())
    place = data.index(b"elst") + 4 + 4 + 4 + 4  # version, number of entries, length of the first
    (media_time,) = struct.unpack_from(">i", data, place)
    struct.pack_into(">i", data, place, media_time + 20 * 512)  # 20 images of 1/12800 s
    path.write_bytes(data)
    images = list(Video(path, PLAIN))
    assert numbers(image.pixels for image in images)[:3] == [20, 21, 22]
    assert images[0].time_s == 0.0


def test_the_coders_type_and_size_of_each_image_are_told(tmp_path: Path) -> None:
    times_s = np.arange(60) / 25
    options = {"g": "12", "bf": "2", "b_strategy": "0", "sc_threshold": "0"}
    path = write_coded(tmp_path / "x.mp4", lamp(3.0, times_s), options=options)
    images = list(Video(path, PLAIN))
    types = "".join(image.coded_type for image in images)
    assert types[:7] == "IBBPBBP"
    assert types.count("I") >= 5
    sizes = {kind: np.mean([image.n_bytes for image in images if image.coded_type == kind]) for kind in "IPB"}
    assert sizes["I"] > sizes["P"] > sizes["B"] > 0
    assert sum(image.n_bytes for image in images) < path.stat().st_size


@pytest.mark.parametrize(
    ("codec", "suffix", "pixel_format"), [("mjpeg", "avi", "yuvj420p"), ("libx264", "mp4", "yuv420p")]
)
def test_damaged_images_are_left_out_counted_and_told_at_their_place(
    tmp_path: Path, codec: str, suffix: str, pixel_format: str
) -> None:
    times_s = np.arange(120) / 25
    whole = lamp(2.0, times_s)
    options = {"g": "12"} if codec == "libx264" else None
    path = write_coded(tmp_path / f"x.{suffix}", whole, codec=codec, pixel_format=pixel_format, options=options)
    right = {round(image.time_s, 3): image.pixels.copy() for image in Video(path, PLAIN)}
    video = Video(spoil(path, 0.5), PLAIN)
    images = list(video)
    n_missing = sum(image.skipped_before for image in images)
    assert 1 <= n_missing <= 24  # two runs between key images at the most
    assert len(images) + n_missing == 120
    for image in images:  # what is given is what was filmed, at its own time
        assert np.abs(image.pixels.astype(int) - right[round(image.time_s, 3)]).max() <= 2
    at_s = next(before.time_s for before, after in pairwise(images) if after.skipped_before)
    assert f"damaged and left out, after {at_s:.2f} s" in video.note
    assert 1.5 < at_s < 3.5


def test_images_of_which_every_one_breaks_the_rules_are_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_coded(tmp_path / "x.avi", numbered(40), codec="mjpeg", pixel_format="yuvj420p")
    data = path.read_bytes().replace(b"\xff\xd9", b"\xff\xd0")  # no image has an end
    path.write_bytes(data)
    assert len(list(Video(path, PLAIN))) == 40


def test_a_video_that_never_changes_is_told(tmp_path: Path) -> None:
    still = write_coded(tmp_path / "still.avi", [numbered(4)[3]] * 50, codec="mjpeg", pixel_format="yuvj420p")
    video = Video(still, PLAIN)
    assert len(list(video)) == 50
    assert video.note == "all 50 images are the same"
    moving = Video(write_coded(tmp_path / "moving.mp4", numbered(50)), PLAIN)
    assert len(list(moving)) == 50
    assert moving.note == ""


def test_raw_images_without_times_have_an_assumed_rate_and_say_so(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.mjpeg", numbered(40), codec="mjpeg", pixel_format="yuvj420p", fps=10)
    video = Video(path, PLAIN)
    assert "an assumed 25 images/s; state the true rate with --fps" in video.note
    assert len(list(video)) == 40
    assert Video(path, ImageSettings(fps=10.0)).note == ""


def test_a_stated_rate_counts_images_that_are_missing(tmp_path: Path) -> None:
    whole = lamp(2.0, np.arange(100) / 25)
    path = spoil(write_coded(tmp_path / "x.avi", whole, codec="mjpeg", pixel_format="yuvj420p"), 0.5)
    images = list(Video(path, ImageSettings(fps=1000.0)))
    assert len(images) < 100
    assert images[-1].time_s == pytest.approx(0.099)


def test_images_of_another_size_are_scaled_and_told(tmp_path: Path) -> None:
    one = write_coded(tmp_path / "one.ts", numbered(20, 96, 64), codec="mpeg2video").read_bytes()
    other = write_coded(tmp_path / "other.ts", numbered(20, 128, 96), codec="mpeg2video").read_bytes()
    (tmp_path / "both.ts").write_bytes(one + other)
    video = Video(tmp_path / "both.ts", PLAIN)
    assert {image.pixels.shape for image in video} == {(64, 96, 3)}
    assert "of another size scaled" in video.note


def test_the_header_says_size_rate_and_length(tmp_path: Path) -> None:
    header = VideoDecoder(write_coded(tmp_path / "x.mp4", numbered(40)), PLAIN).header
    assert (header.width, header.height, header.fps, header.n_images) == (64, 48, 25.0, 40)
    raw = VideoDecoder(write_coded(tmp_path / "x.mjpeg", numbered(5), codec="mjpeg", pixel_format="yuvj420p"), PLAIN)
    assert (math.isnan(raw.header.fps), raw.header.n_images, raw.header.is_rate_assumed) == (True, 0, True)


def test_a_file_that_is_cut_off_or_has_no_images_says_so(tmp_path: Path) -> None:
    whole = write_coded(tmp_path / "whole.mp4", numbered(100)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(UserError, match="it was cut off before its index was written"):
        VideoDecoder(tmp_path / "cut.mp4", PLAIN)


def test_more_pixels_than_are_allowed_are_not_decoded(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.mp4", numbered(5, 160, 120))
    with pytest.raises(UserError, match="its header says 160×120"):
        VideoDecoder(path, ImageSettings(max_megapixels=0.01))
