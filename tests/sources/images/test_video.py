"""Videos arrive complete, with times that can be measured with, whatever their headers and timestamps say."""

import json
import math
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import Image, ImageFormat
from streamer.rings import ImageRing
from streamer.sources.images.playback import MIN_SLEEP_S, play_images
from streamer.sources.images.timestamps import MAX_FPS, ImageTimes
from streamer.sources.images.video import VideoSource, read_images
from streamer.sources.playback import MAX_LATE_S
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


def test_a_video_taken_with_the_telephone_upright_comes_upright(tmp_path: Path) -> None:
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


def test_the_stated_rate_counts_whatever_the_file_says(tmp_path: Path) -> None:
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


def test_an_impossible_rate_in_the_header_is_not_believed(tmp_path: Path) -> None:
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


def test_a_file_cut_short_plays_what_there_is_and_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "x.avi", numbered(40, 320, 240))
    cut(path, 0.6)
    source = VideoSource(str(path), AT_ONCE, PLAIN)
    assert source.note == ""
    captured = capture_images(source)
    n_images = len(captured.images)
    assert 10 < n_images < 35
    assert numbers(image.pixels for image in captured.images) == [i % 32 for i in range(n_images)]
    assert source.note == f"{n_images} images where the header says 40: the file is cut short or its header wrong"


@pytest.mark.parametrize("stated", [1, 29, 3000, 2**31 - 1, 2**32 - 1])
def test_a_wrong_number_of_images_in_the_header_changes_no_image(tmp_path: Path, stated: int) -> None:
    path = write_video(tmp_path / "x.avi", numbered(30))
    state_length(path, stated)
    captured = capture_images(VideoSource(str(path), AT_ONCE, PLAIN))
    assert len(captured.images) == 30
    np.testing.assert_allclose(captured.times_s, np.arange(30) / 25.0, atol=1e-6)


def test_what_a_damaged_video_makes_its_decoder_print_stays_off_the_screen(
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
    # In a process of its own: FFmpeg asks only once how much it may print.
    played = streamer("classify", path, "--json")
    assert json.loads(played.stdout)["error"] is None
    assert played.stderr == ""


def test_what_is_no_video_is_refused_with_what_to_do(tmp_path: Path) -> None:
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
        assert str(caught.value).startswith(f"file={tmp_path / name} must ")
        assert "\n" not in str(caught.value)


def test_a_name_that_ffmpeg_or_opencv_would_take_for_something_else_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("concat:x.avi", "x%02d.avi", "-x.avi", "x y ü.avi"):
        write_video(tmp_path / "plain.avi", numbered(3)).rename(tmp_path / name)
        assert len(list(read_images(Path(name), PLAIN)[1])) == 3


class ClockedRing(ImageRing):
    """Knows how long after its capture each image was written, seconds."""

    def __init__(self, capacity: int, height: int, width: int) -> None:
        super().__init__(capacity, height, width)
        self.late_s: list[float] = []

    def write(self, pixels: UInt8, time_s: float, captured_s: float, skipped_before: int = 0) -> None:
        self.late_s.append(time.monotonic() - captured_s)
        super().write(pixels, time_s, captured_s, skipped_before)


def test_paced_images_come_when_a_camera_would_have_captured_them(tmp_path: Path) -> None:
    times_ms = [0, 50, 100, 150, 300, 350, 400, 450]
    path = write_timed_video(tmp_path / "x.mkv", numbered(8), times_ms)
    ring = ClockedRing(16, 48, 64)
    VideoSource(str(path), SourceSettings(), PLAIN).capture(lambda _: ring, threading.Event())
    assert min(ring.late_s) >= 0.0
    assert np.median(ring.late_s) < 0.02
    captured_s = np.array([image.captured_s for _ in times_ms if (image := ring.read())])
    np.testing.assert_allclose(captured_s - captured_s[0], np.array(times_ms) / 1000.0, atol=1e-6)


def test_a_thousand_images_per_second_are_delivered_on_the_clock() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    ring = ClockedRing(512, 16, 16)
    images = (Image(pixels, i, 0, i / 1000.0, 0.0) for i in range(500))
    play_images(images, ring, threading.Event(), realtime=True)
    assert min(ring.late_s) >= 0.0
    assert np.median(ring.late_s) < 2 * MIN_SLEEP_S
    captured_s = [image.captured_s for _ in range(500) if (image := ring.read())]
    np.testing.assert_allclose(np.diff(captured_s), 0.001, atol=1e-6)


def test_a_source_held_up_starts_its_clock_anew_instead_of_hurrying() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    ring = ImageRing(64, 16, 16)

    def images() -> list[Image]:
        return [Image(pixels, i, 0, i / 20.0, 0.0) for i in range(6)]

    def held_up() -> Iterator[Image]:
        for image in images():
            if image.index == 2:
                time.sleep(MAX_LATE_S + 0.2)
            yield image

    play_images(held_up(), ring, threading.Event(), realtime=True)
    captured_s = [image.captured_s for _ in range(6) if (image := ring.read())]
    steps = np.diff(captured_s)
    assert steps[1] > MAX_LATE_S
    np.testing.assert_allclose(steps[2:], 0.05, atol=1e-6)


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


@given(
    stamps=st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.floats(-10, 100), min_size=1, max_size=60),
    n_first=st.integers(1, 32),
    header_fps=st.floats(allow_nan=True, allow_infinity=True),
    stated_fps=st.just(0.0) | st.floats(1e-3, 1e5),
)
def test_times_increase_strictly_from_zero_whatever_the_file_says(
    stamps: list[float], n_first: int, header_fps: float, stated_fps: float
) -> None:
    times = ImageTimes(stamps[:n_first], header_fps, stated_fps)
    assert 0.0 < times.fps < math.inf
    out = [times.next(stamp) for stamp in stamps]
    assert out[0] == 0.0
    assert all(after > before for before, after in pairwise(out))
    assert all(math.isfinite(time_s) for time_s in out)


@given(
    steps=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=60),
    start=st.floats(-1e3, 1e3),
    header_fps=st.sampled_from([0.0, math.nan, 1e6, 25.0]),
)
def test_good_timestamps_are_followed_exactly(steps: list[float], start: float, header_fps: float) -> None:
    stamps = start + np.concatenate([[0.0], np.cumsum(steps)])
    times = ImageTimes(stamps[:32].tolist(), header_fps)
    out = [times.next(stamp) for stamp in stamps.tolist()]
    np.testing.assert_allclose(out, stamps - stamps[0], atol=1e-9)
    assert times.note == ""


@pytest.mark.parametrize("wrong", [0.0, 5.0, -1.0, math.nan, math.inf, 1e9])
def test_a_wrong_timestamp_late_in_the_file_is_counted_on_from(wrong: float) -> None:
    stamps = [i / 50.0 for i in range(40)] + [wrong]  # some files end on 0.0
    times = ImageTimes(stamps[:32], 50.0)
    out = [times.next(stamp) for stamp in stamps]
    if wrong == 5.0:  # a pause
        assert (out[-1], times.note) == (5.0, "")
    else:
        assert out[-1] == pytest.approx(40 / 50.0)
        assert times.note == "timestamps wrong from image 40 on: counted on at 50 images/s"


@pytest.mark.skipif(not (SHARED / "data/video").is_dir(), reason=f"no data/video in STREAMER_SHARED={SHARED}")
@pytest.mark.parametrize(
    ("name", "n_images", "duration_s"),
    [("tree.avi", 68, 29.533), ("tuning_fork_32hz_250fps.mp4", 888, 17.74), ("pulse_face.mp4", 301, 10.0)],
)
def test_real_videos_play_whole(name: str, n_images: int, duration_s: float) -> None:
    source = VideoSource(str(SHARED / "data/video" / name), AT_ONCE, PLAIN)
    captured = capture_images(source)
    assert len(captured.images) == n_images  # tree.avi's header says 444
    assert captured.times_s[-1] == pytest.approx(duration_s, abs=2e-3)
    assert all(after > before for before, after in pairwise(captured.times_s))
    assert source.note == ""
