"""A network camera, played by `mjpeg_camera`, with all its faults."""

import itertools
import os
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.sources import medium_of, open_source
from streamer.sources.images.network import NetworkCameraSource, mask_secrets
from streamer.sources.images.opencv import FFMPEG_OPTIONS
from tests.support.mjpeg_camera import MjpegCamera, number_of, spot_of
from tests.support.source_thread import ImageSourceThread

STALL_S = 1.0


def source_of(camera: MjpegCamera, **images: object) -> NetworkCameraSource:
    return NetworkCameraSource(camera.url, SourceSettings(stall_s=STALL_S), ImageSettings.model_validate(images))


def assert_in_order(thread: ImageSourceThread, camera: MjpegCamera) -> None:
    """Numbers and times rise within each session, and each time is that of the image's capture."""
    for session in thread.sessions:
        times_s = [image.time_s for image in session.images]
        assert all(later > earlier for earlier, later in itertools.pairwise(times_s))
        numbers = [number_of(image.pixels) for image in session.images]
        assert numbers == sorted(set(numbers))
        for number, image in zip(numbers, session.images, strict=True):
            assert image.captured_s >= camera.captured_s[number]


def test_images_come_with_their_times() -> None:
    with MjpegCamera(fps=40.0, jitter_s=0.008, dropped=0.1) as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(80)
        image_format = thread.sessions[0].image_format
        assert (image_format.width, image_format.height, image_format.fps) == (256, 192, 0.0)
        assert thread.leave() < 3.0
    assert_in_order(thread, camera)
    images = thread.sessions[0].images
    assert images[0].time_s == 0.0
    late_s = [image.captured_s - camera.captured_s[number_of(image.pixels)] for image in images]
    assert np.median(late_s) < 0.1  # on loopback it is milliseconds
    # The truth in the picture: the square's level is that of its capture time, to the JPEG's accuracy.
    captured_s = np.array([camera.captured_s[number_of(image.pixels)] for image in images])
    levels = np.array([spot_of(image.pixels) for image in images])
    assert np.abs(levels - 127 - 100 * np.sin(2 * np.pi * 3.0 * captured_s)).max() < 6
    assert not thread.reasons


def test_geometry_counts() -> None:
    with (
        MjpegCamera() as camera,
        ImageSourceThread(source_of(camera, roi=[96, 64, 64, 48], rotate=90, downscale=2)) as thread,
    ):
        thread.wait_images(3)
    image_format = thread.sessions[0].image_format
    assert (image_format.width, image_format.height) == (24, 32)
    assert thread.sessions[0].images[0].pixels.shape == (32, 24, 3)


def test_a_region_that_does_not_fit_is_the_users_mistake() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera, roi=[200, 0, 100, 100])) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)
    assert "256 × 192" in str(thread.error)


@pytest.mark.parametrize("mid_image", [False, True], ids=["between images", "in the middle of an image"])
def test_a_stalled_camera_is_left_and_comes_back(mid_image: bool) -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(10)
        camera.stall(mid_image=mid_image)
        thread.wait_for(lambda: bool(thread.reasons))
        n_before, n_sessions = len(camera.captured_s), len(thread.sessions)
        camera.go_on()
        thread.wait_for(lambda: len(thread.sessions) > n_sessions)
        thread.wait_images(10)
        assert not thread.source.stuck
    assert_in_order(thread, camera)
    # What was captured before the stall and lay about since must not come again.
    assert all(number_of(image.pixels) >= n_before for image in thread.sessions[-1].images)


def test_a_server_that_dies_and_one_that_comes_later() -> None:
    camera = MjpegCamera()
    with ImageSourceThread(source_of(camera)) as thread:
        thread.wait_for(lambda: len(thread.reasons) >= 2)  # nobody listens yet
        assert "127.0.0.1" in thread.reasons[0]
        with camera:
            thread.wait_images(10)
        n_reasons, n_sessions = len(thread.reasons), len(thread.sessions)
        thread.wait_for(lambda: len(thread.reasons) > n_reasons)
        with camera:
            thread.wait_for(lambda: len(thread.sessions) > n_sessions)
            thread.wait_images(10)
            assert thread.leave() < 3.0
    assert_in_order(thread, camera)


def test_leaving_while_the_camera_is_stalled_takes_no_longer_than_three_seconds() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(3)
        camera.stall()
        time.sleep(0.2)
        assert thread.leave() < 3.0


def test_a_server_that_refuses() -> None:
    with MjpegCamera() as camera:
        camera.refuses = True
        with ImageSourceThread(source_of(camera)) as thread:
            thread.wait_for(lambda: bool(thread.reasons))
            camera.refuses = False
            thread.wait_images(3)


def test_damaged_images_and_a_change_of_size_do_not_end_the_stream() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        camera.truncate_every = 5
        thread.wait_images(20)
        camera.truncate_every = 0
        n_before = len(thread.images)
        camera.size = 128, 96
        thread.wait_for(lambda: len(thread.images) > n_before + 20)
    assert {image.pixels.shape for image in thread.sessions[0].images} == {(192, 256, 3)}


def test_an_image_that_never_changes_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.sources.images.live.SAME_IMAGE_S", 0.5)
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(5)
        assert thread.source.note == ""
        jpeg = camera._jpeg(1, 0.0)
        monkeypatch.setattr(camera, "_jpeg", lambda *_: jpeg)
        thread.wait_for(lambda: "the same image for" in thread.source.note)


def test_a_password_opens_and_is_never_shown(capfd: pytest.CaptureFixture[str]) -> None:
    password = "s3cr:t@/x"
    with MjpegCamera(password=password) as camera:
        wrong = f"http://eye:wr0ng@127.0.0.1:{camera.port}/video.mjpg"
        with ImageSourceThread(NetworkCameraSource(wrong, SourceSettings(), ImageSettings())) as thread:
            thread.wait_for(lambda: bool(thread.reasons))
        assert "wr0ng" not in thread.reasons[0]
        right = f"http://eye:{quote(password, safe='')}@127.0.0.1:{camera.port}/video.mjpg"
        with ImageSourceThread(NetworkCameraSource(right, SourceSettings(), ImageSettings())) as thread:
            thread.wait_images(3)
        assert "s3cr" not in thread.sessions[0].image_format.device + thread.source.uri
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""  # OpenCV and FFmpeg print nothing either


SAFE = st.text(st.sampled_from("abcXYZ019-_.~!$'()*+,;@/:"), min_size=1, max_size=12)


@given(
    password=SAFE.map(lambda text: "pw" + text), host=st.sampled_from(["cam.local", "10.0.0.7:554", "[fe80::1]:554"])
)
def test_no_password_shows(password: str, host: str) -> None:
    shown = mask_secrets(f"rtsp://admin:{password}@{host}/stream1?channel=1&pwd={password.replace('/', '')}")
    assert shown == f"rtsp://admin:***@{host}/stream1?channel=1&pwd=***"


@pytest.mark.parametrize(
    "uri", ["rtsp://cam/1", "http://cam:8080/a@b", "http://[::1]:8080/x", "https://cam/?channel=2", "http://user@cam/"]
)
def test_what_holds_no_password_is_shown_as_it_is(uri: str) -> None:
    assert mask_secrets(uri) == uri
    assert medium_of(uri) == "images"
    assert open_source(uri).uri == uri


@pytest.mark.parametrize("uri", ["ftp://cam/1", "http://", "rtsp:///x", "http://[bad"])
def test_what_is_no_camera(uri: str) -> None:
    with pytest.raises(UserError, match="must be like rtsp://HOST"):
        NetworkCameraSource(uri, SourceSettings(), ImageSettings())


def test_what_cannot_be_asked_is_said() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera, fps=60, exposure="lock")) as thread:
        thread.wait_images(1)
    assert thread.sessions[0].image_format.detail == "fps=60.0, exposure=lock cannot be asked of a network camera"


def test_nothing_stays_open_and_the_environment_is_as_before() -> None:
    def n_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = 0
    with MjpegCamera() as camera:
        for _ in range(4):
            with ImageSourceThread(source_of(camera)) as thread:
                thread.wait_images(2)
            time.sleep(0.2)  # the server's side closes when it sends next
            before = before or n_open()
        assert n_open() <= before + 1
    assert FFMPEG_OPTIONS not in os.environ
