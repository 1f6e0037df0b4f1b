"""Network cameras over HTTP: a server in this process that stalls, dies, refuses and sends damaged images."""

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.sources import medium_of, open_source
from streamer.sources.images.network import NetworkCameraSource
from tests.support.mjpeg_camera import MjpegCamera, number_of, spot_of
from tests.support.source_thread import ImageSourceThread

STALL_S = 1.0


def source_of(camera: MjpegCamera, frozen_s: float = 5.0, **images: object) -> NetworkCameraSource:
    settings = SourceSettings(stall_s=STALL_S, frozen_s=frozen_s)
    return NetworkCameraSource(camera.url, settings, ImageSettings.model_validate(images))


def assert_in_order(thread: ImageSourceThread, camera: MjpegCamera) -> None:
    """Assert that numbers and times increase in each session, and that no time precedes the image's capture."""
    for session in thread.sessions:
        times_s = [image.time_s for image in session.images]
        assert all(later > earlier for earlier, later in itertools.pairwise(times_s))
        numbers = [number_of(image.pixels) for image in session.images]
        assert numbers == sorted(set(numbers))
        for number, image in zip(numbers, session.images, strict=True):
            assert image.captured_s >= camera.captured_s[number]


def test_images_carry_their_arrival_times() -> None:
    with MjpegCamera(fps=40.0, jitter_s=0.008, dropped=0.1) as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(80)
        image_format = thread.sessions[0].image_format
        assert (image_format.width, image_format.height, image_format.fps) == (256, 192, 0.0)
        assert thread.leave() < 3.0
    assert_in_order(thread, camera)
    images = thread.sessions[0].images
    assert images[0].time_s == 0.0
    late_s = [image.captured_s - camera.captured_s[number_of(image.pixels)] for image in images]
    assert np.median(late_s) < 0.1  # milliseconds on loopback
    # The level of the square is that of the capture time, to the accuracy of the JPEG.
    captured_s = np.array([camera.captured_s[number_of(image.pixels)] for image in images])
    levels = np.array([spot_of(image.pixels) for image in images])
    assert np.abs(levels - 127 - 100 * np.sin(2 * np.pi * 3.0 * captured_s)).max() < 6
    assert not thread.reasons


def test_region_rotation_and_downscale_are_applied() -> None:
    with (
        MjpegCamera() as camera,
        ImageSourceThread(source_of(camera, roi=[96, 64, 64, 48], rotate=90, downscale=2)) as thread,
    ):
        thread.wait_images(3)
    image_format = thread.sessions[0].image_format
    assert (image_format.width, image_format.height) == (24, 32)
    assert thread.sessions[0].images[0].pixels.shape == (32, 24, 3)


def test_a_region_outside_the_images_is_a_user_error() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera, roi=[200, 0, 100, 100])) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)
    assert "256 × 192" in str(thread.error)


@pytest.mark.parametrize("mid_image", [False, True], ids=["between images", "in the middle of an image"])
def test_a_stalled_camera_is_lost_and_opened_again(mid_image: bool) -> None:
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
    # No image from before the stall may come after it.
    assert all(number_of(image.pixels) >= n_before for image in thread.sessions[-1].images)


def test_a_server_that_starts_late_and_dies() -> None:
    camera = MjpegCamera()
    with ImageSourceThread(source_of(camera)) as thread:
        thread.wait_for(lambda: len(thread.reasons) >= 2)  # no server yet
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


def test_stopping_while_the_camera_is_stalled_takes_less_than_three_seconds() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(3)
        camera.stall()
        time.sleep(0.2)
        assert thread.leave() < 3.0


def test_a_server_that_refuses_is_tried_again() -> None:
    with MjpegCamera() as camera:
        camera.refuses = True
        with ImageSourceThread(source_of(camera)) as thread:
            thread.wait_for(lambda: bool(thread.reasons))
            camera.refuses = False
            thread.wait_images(3)


def test_damaged_images_are_left_out_and_counted() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(1)
        assert thread.source.note == ""
        camera.truncate_every = 5
        thread.wait_images(30)
        thread.wait_for(lambda: "damaged images" in thread.source.note)
    images = thread.sessions[0].images
    numbers = [number_of(image.pixels) for image in images]
    damaged = [number for number in range(numbers[0], numbers[-1]) if number not in numbers]
    assert len(damaged) >= 4
    assert all(number % 5 == 0 for number in damaged)
    assert sum(image.skipped_before for image in images) == len(damaged)


def test_a_change_of_size_begins_a_new_session() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(10)
        camera.size = 128, 96
        thread.wait_for(lambda: len(thread.sessions) > 1)
        thread.wait_images(5)
    assert {image.pixels.shape for image in thread.sessions[0].images} == {(192, 256, 3)}
    assert {image.pixels.shape for image in thread.sessions[1].images} == {(96, 128, 3)}
    assert "256 × 192 pixels became 128 × 96" in thread.reasons[0]


def test_an_image_with_more_pixels_than_are_allowed_is_not_decoded() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera, max_megapixels=0.04)) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)
    assert "its header says 256×192" in str(thread.error)


@contextlib.contextmanager
def silent_servers(scheme: str, n: int) -> Iterator[tuple[list[socket.socket], list[ImageSourceThread]]]:
    """Servers that accept connections and never answer, and the sources that are being opened on them."""
    settings = SourceSettings(stall_s=20.0, connect_s=20.0)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(n)]
        urls = [f"{scheme}://127.0.0.1:{server.getsockname()[1]}/video" for server in servers]
        sources = [NetworkCameraSource(url, settings, ImageSettings()) for url in urls]
        threads = [stack.enter_context(ImageSourceThread(source)) for source in sources]
        yield servers, threads
        for thread in threads:
            thread.stop.set()


def test_no_opening_waits_for_that_of_a_dead_camera() -> None:
    with silent_servers("http", 4) as (servers, dead), MjpegCamera() as camera, contextlib.ExitStack() as stack:
        stack.enter_context(servers[0].accept()[0])
        with ImageSourceThread(source_of(camera)) as thread:
            thread.wait_images(3)
        for server in servers[1:]:
            stack.enter_context(server.accept()[0])
        assert not any(each.reasons for each in dead)


def test_no_rtsp_opening_waits_for_that_of_a_dead_camera() -> None:
    settings = SourceSettings(stall_s=20.0)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        sources = [open_source(f"rtsp://127.0.0.1:{server.getsockname()[1]}/x", settings) for server in servers]
        threads = [stack.enter_context(ImageSourceThread(source, retry_s=60.0)) for source in sources]  # type: ignore[arg-type]
        assert all(isinstance(source, NetworkCameraSource) for source in sources)  # in this process, each by itself
        for server in servers:
            server.settimeout(20.0)
            stack.enter_context(server.accept()[0])  # each is being opened while no other has been given up
        assert not any(thread.reasons for thread in threads)
        for thread in threads:
            thread.stop.set()


def test_a_server_that_sends_a_byte_now_and_then_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/video"
        source = NetworkCameraSource(url, SourceSettings(stall_s=STALL_S), ImageSettings())
        with ImageSourceThread(source, retry_s=60.0) as thread:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.0 200 OK\r\nX: ")
                while not thread.reasons:
                    connection.sendall(b"x")
                    time.sleep(0.05)
        assert "does not answer" in thread.reasons[0]
        assert not thread.source.stuck


def test_an_image_that_never_changes_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera, frozen_s=0.5)) as thread:
        thread.wait_images(5)
        assert thread.source.note == ""
        jpeg = camera._jpeg(1, 0.0)
        monkeypatch.setattr(camera, "_jpeg", lambda *_: jpeg)
        thread.wait_for(lambda: "the same image for" in thread.source.note)


def test_a_password_opens_the_camera_and_is_never_shown(capfd: pytest.CaptureFixture[str]) -> None:
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
    assert captured.out + captured.err == ""  # nor do OpenCV and FFmpeg print anything


@pytest.mark.parametrize(
    "uri", ["rtsp://cam/1", "http://cam:8080/live", "http://[::1]:8080/video.mjpg", "https://cam/cgi-bin/video.cgi"]
)
def test_an_address_without_a_secret_is_shown_whole(uri: str) -> None:
    assert medium_of(uri) == "images"
    assert open_source(uri).uri == uri


def test_scheme_in_large_letters_and_blanks_around_are_no_mistake() -> None:
    assert open_source(" RTSP://admin:hunter2@Cam/live ").uri == "rtsp://Cam/live"


@pytest.mark.parametrize("password", ["a/b", "1/b", "a?b", "a#b"])
def test_a_password_that_would_be_taken_for_the_path_is_refused(password: str) -> None:
    with pytest.raises(UserError, match=r"must have a password without / . and #; write %2F") as refused:
        open_source(f"rtsp://admin:{password}@cam/live")
    assert "admin" not in str(refused.value)


def test_a_password_from_the_environment_opens_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARN", "s3cr:t@/x?#%")
    with MjpegCamera(password="s3cr:t@/x?#%") as camera:
        source = open_source(f"http://eye:${{BARN}}@127.0.0.1:{camera.port}/video.mjpg")
        assert isinstance(source, NetworkCameraSource)
        with ImageSourceThread(source) as thread:
            thread.wait_images(3)


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_camera_that_could_not_be_reached_is_seen_to_come_back(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    source = NetworkCameraSource(f"{scheme}://127.0.0.1:{address[1]}/x", SourceSettings(), ImageSettings())
    assert not source.may_be_back()
    with ImageSourceThread(source, retry_s=60.0) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
        assert "takes no connection" in thread.reasons[0]
        assert not source.may_be_back()
        with socket.create_server(address):
            assert source.may_be_back()
        thread.stop.set()


def test_a_camera_that_answers_with_an_error_gives_no_sign() -> None:
    with MjpegCamera() as camera:
        camera.refuses = True
        with ImageSourceThread(source_of(camera), retry_s=60.0) as thread:
            thread.wait_for(lambda: bool(thread.reasons))
            assert "is busy (HTTP 503)" in thread.reasons[0]
            assert not thread.source.may_be_back()  # type: ignore[attr-defined]
            thread.stop.set()


@pytest.mark.parametrize("uri", ["ftp://cam/1", "http://", "rtsp:///x", "http://[bad"])
def test_a_uri_that_is_no_network_camera_is_refused(uri: str) -> None:
    with pytest.raises(UserError, match="must be like rtsp://HOST"):
        NetworkCameraSource(uri, SourceSettings(), ImageSettings())


def test_settings_that_cannot_be_passed_to_the_camera_are_in_the_detail() -> None:
    with MjpegCamera() as camera, ImageSourceThread(source_of(camera, fps=60, exposure="lock")) as thread:
        thread.wait_images(1)
    assert thread.sessions[0].image_format.detail == "fps=60.0, exposure=lock cannot be set on a network camera"


def test_no_descriptor_stays_open() -> None:
    def n_open() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = 0
    with MjpegCamera() as camera:
        for _ in range(4):
            with ImageSourceThread(source_of(camera)) as thread:
                thread.wait_images(2)
            time.sleep(0.2)  # the server closes its side when it sends the next image
            before = before or n_open()
        assert n_open() <= before + 1
