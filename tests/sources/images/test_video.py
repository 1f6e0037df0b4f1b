"""Videos arrive complete and with true times, even where header or timestamps are wrong."""

import json
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import ImageFormat
from streamer.rings import ImageRing
from streamer.safe_text import safe
from streamer.sources.images.timestamps import MAX_FPS
from streamer.sources.images.video import VideoSource, read_images
from tests.support.bands import streamer
from tests.support.paths import SHARED
from tests.support.source_thread import capture_images
from tests.support.sources import image_source
from tests.support.synthetic_videos import (
    cut,
    numbered,
    numbers,
    state_length,
    state_rate,
    turn,
    write_timed_video,
    write_video,
)

AT_ONCE = SourceSettings(realtime=False)
PLAIN = ImageSettings()


@pytest.mark.parametrize(("suffix", "codec"), [("avi", "MJPG"), ("mkv", "MJPG"), ("mp4", "mp4v")])
def test_all_images_arrive_in_order_and_none_is_overwritten(tmp_path: Path, suffix: str, codec: str) -> None:
    path = write_video(tmp_path / f"x.{suffix}", numbered(30), 25.0, codec)
    source = image_source(str(path), AT_ONCE, PLAIN)
    assert (source.uri, source.medium, source.is_live, source.note, source.stuck) == (
        f"file:{path}", "images", False, "", False,
    )  # fmt: skip
    captured = capture_images(source, capacity=3)
    assert numbers(image.pixels for image in captured.images) == list(range(30))
    assert [image.index for image in captured.images] == list(range(30))
    assert sum(image.skipped_before for image in captured.images) == 0
    np.testing.assert_allclose(captured.times_s, np.arange(30) / 25.0, atol=1e-6)
    assert captured.image_format == ImageFormat(64, 48, 25.0, path.name)
    assert source.note == ""


def test_batch_reading_gives_the_same_images_and_times(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.avi", numbered(20), 10.0)
    captured = capture_images(VideoSource(str(path), AT_ONCE, PLAIN))
    image_format, images = read_images(path, PLAIN)
    batch = [(image.index, image.time_s, image.pixels.copy()) for image in images]
    assert image_format == captured.image_format
    assert [(index, time_s) for index, time_s, _ in batch] == [(i.index, i.time_s) for i in captured.images]
    for (_, _, pixels), image in zip(batch, captured.images, strict=True):
        np.testing.assert_array_equal(pixels, image.pixels)


def test_region_rotation_and_downscale_are_applied(tmp_path: Path) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, 32:] = 200
    path = write_video(tmp_path / "x.avi", [image] * 3)
    settings = ImageSettings(roi=(16, 0, 32, 40), rotate=90, downscale=2)
    image_format, images = read_images(path, settings)
    assert (image_format.width, image_format.height) == (20, 16)
    pixels = next(images).pixels
    assert pixels.shape == (16, 20, 3)
    assert pixels[2:6].mean() < 20  # its left half is on top after a quarter turn clockwise
    assert pixels[10:14].mean() > 180


def test_a_video_of_an_upright_phone_is_turned_upright(tmp_path: Path) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, 32:] = 200
    path = write_video(tmp_path / "x.mp4", [image] * 3, codec="mp4v")
    turn(path)
    image_format, images = read_images(path, PLAIN)
    assert (image_format.width, image_format.height) == (48, 64)
    for each in images:
        assert each.pixels.shape == (64, 48, 3)
        assert each.pixels[:28].mean() < 20
        assert each.pixels[36:].mean() > 180


def test_a_stated_rate_replaces_the_files_times(tmp_path: Path) -> None:
    path = write_timed_video(tmp_path / "x.mkv", numbered(8), [0, 40, 40, 0, 90, 80, 7, 0])
    source = VideoSource(str(path), AT_ONCE, ImageSettings(fps=1000.0))
    captured = capture_images(source)
    np.testing.assert_allclose(captured.times_s, np.arange(8) / 1000.0, atol=1e-12)
    assert (captured.image_format.fps, source.note) == (1000.0, "")


def test_uneven_timestamps_are_kept(tmp_path: Path) -> None:
    times_ms = [0, 31, 70, 99, 400, 431, 470]
    path = write_timed_video(tmp_path / "x.mkv", numbered(7), times_ms)
    source = VideoSource(str(path), AT_ONCE, PLAIN)
    np.testing.assert_allclose(capture_images(source).times_s, np.array(times_ms) / 1000.0, atol=1e-9)
    assert source.note == ""


@pytest.mark.parametrize(
    "times_ms",
    [[0, 80, 40, 160, 120, 240, 200], [0] * 7, [0, 40, 80, 80, 120, 160, 200], [0, 40, 80, 120, 0, 40, 80]],
)  # fmt: skip
def test_timestamps_that_do_not_increase_are_replaced_by_counting(tmp_path: Path, times_ms: list[int]) -> None:
    path = write_timed_video(tmp_path / "x.mkv", numbered(7), times_ms)
    source = VideoSource(str(path), AT_ONCE, PLAIN)
    captured = capture_images(source)
    np.testing.assert_allclose(captured.times_s, np.arange(7) / captured.image_format.fps, atol=1e-9)
    assert captured.image_format.fps == pytest.approx(25.0, rel=0.05)
    assert "timestamps unusable" in source.note
    assert "--fps" in captured.image_format.detail


def test_an_impossible_rate_in_the_header_is_ignored(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.avi", numbered(10))
    state_rate(path, 1_000_000, 1)
    source = VideoSource(str(path), AT_ONCE, PLAIN)
    captured = capture_images(source)
    np.testing.assert_allclose(captured.times_s, np.arange(10) / 25.0, atol=1e-9)
    assert "an assumed 25 images/s" in source.note


@pytest.mark.parametrize(("rate", "scale"), [(0, 1), (25, 0), (0, 0)])
def test_a_rate_of_zero_in_the_header_still_gives_increasing_times(tmp_path: Path, rate: int, scale: int) -> None:
    path = write_video(tmp_path / "x.avi", numbered(10))
    state_rate(path, rate, scale)
    captured = capture_images(VideoSource(str(path), AT_ONCE, PLAIN))
    assert len(captured.images) == 10
    assert all(after > before for before, after in pairwise(captured.times_s))
    assert 0.0 < captured.image_format.fps <= MAX_FPS


def test_a_truncated_file_is_played_as_far_as_it_goes_and_noted(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.avi", numbered(40, 320, 240))
    cut(path, 0.6)
    source = VideoSource(str(path), AT_ONCE, PLAIN)
    assert source.note == ""
    captured = capture_images(source)
    n_images = len(captured.images)
    assert 10 < n_images < 35
    assert numbers(image.pixels for image in captured.images) == [i % 32 for i in range(n_images)]
    cut_short = f"{n_images} images where the header says 40: the file is cut short or its header wrong"
    assert source.note == f"1 image damaged and left out, after {n_images / 25 - 0.04:.2f} s; {cut_short}"


@pytest.mark.parametrize("stated", [1, 29, 3000, 2**31 - 1, 2**32 - 1])
def test_a_wrong_number_of_images_in_the_header_changes_no_image(tmp_path: Path, stated: int) -> None:
    path = write_video(tmp_path / "x.avi", numbered(30))
    state_length(path, stated)
    captured = capture_images(VideoSource(str(path), AT_ONCE, PLAIN))
    assert len(captured.images) == 30
    np.testing.assert_allclose(captured.times_s, np.arange(30) / 25.0, atol=1e-6)


def test_the_decoder_of_a_damaged_video_prints_nothing(
    tmp_path: Path,
) -> None:
    path = write_video(tmp_path / "x.mp4", numbered(30, 320, 240), codec="mp4v")
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for place in range(2000, len(data) - 3000, 150):
        data[place : place + 20] = rng.integers(0, 256, 20, np.uint8).tobytes()
    path.write_bytes(data)
    captured = capture_images(VideoSource(str(path), AT_ONCE, PLAIN))
    assert all(after > before for before, after in pairwise(captured.times_s))
    # In a process of its own, since FFmpeg reads the log level only once.
    played = streamer("classify", path, "--json")
    assert json.loads(played.stdout)["error"] is None
    assert played.stderr == ""


def test_files_that_are_no_video_are_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "remote.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n")
    whole = write_video(tmp_path / "cut.mp4", numbered(30, 320, 240), codec="mp4v")
    cut(whole, 0.5)  # an mp4's index is at its end
    for name, rule in {
        "missing.mp4": "must exist",
        "empty.mp4": "is empty",
        "text.mp4": "must be a video",
        "folder.mp4": "must be a regular file",
        "remote.mp4": "must be a video",
        "cut.mp4": "must be a video",
        "a\0b.mp4": "must be readable",
    }.items():
        with pytest.raises(UserError, match=rule) as caught:
            VideoSource(str(tmp_path / name), AT_ONCE, PLAIN)
        assert str(caught.value).startswith(f"file={safe(str(tmp_path / name))} must ")
        assert "\n" not in str(caught.value)


def test_names_with_a_meaning_for_ffmpeg_or_opencv_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("concat:x.avi", "x%02d.avi", "-x.avi", "x y ü.avi"):
        write_video(tmp_path / "plain.avi", numbered(3)).rename(tmp_path / name)
        assert len(list(read_images(Path(name), PLAIN)[1])) == 3


@pytest.mark.parametrize("realtime", [True, False])
def test_stopping_takes_a_fraction_of_a_second(tmp_path: Path, realtime: bool) -> None:
    path = write_video(tmp_path / "x.avi", numbered(200), 2.0)
    source = VideoSource(str(path), SourceSettings(realtime=realtime), PLAIN)
    ring = ImageRing(2, 48, 64)
    stop = threading.Event()
    thread = threading.Thread(target=source.capture, args=(lambda _: ring, stop))
    thread.start()
    time.sleep(0.2)  # in the middle of a pause: for the next image, or for space in the ring
    stop.set()
    thread.join(1.0)
    assert not thread.is_alive()


@pytest.mark.skipif(not (SHARED / "data/video").is_dir(), reason=f"no data/video in STREAMER_SHARED={SHARED}")
@pytest.mark.parametrize(
    ("name", "n_images", "duration_s"),
    [("tree.avi", 68, 29.533), ("tuning_fork_32hz_250fps.mp4", 888, 17.74), ("pulse_face.mp4", 301, 10.0)],
)
def test_real_videos_are_played_to_their_end(name: str, n_images: int, duration_s: float) -> None:
    source = VideoSource(str(SHARED / "data/video" / name), AT_ONCE, PLAIN)
    captured = capture_images(source)
    assert len(captured.images) == n_images  # the header of tree.avi says 444
    assert captured.times_s[-1] == pytest.approx(duration_s, abs=2e-3)
    assert all(after > before for before, after in pairwise(captured.times_s))
    assert source.note == ""
