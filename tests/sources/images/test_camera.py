"""Local cameras: how they are opened on each system, and the errors of those that do not open."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.sources import medium_of, open_source
from streamer.sources.images import camera as camera_module
from streamer.sources.images.camera import CameraSource
from streamer.sources.images.devices import Camera
from streamer.sources.images.grabber import OpenedCamera
from tests.support.fake_opencv import AUTO_EXPOSURE, EXPOSURE, GAIN, RAW, FakeOpenCV, FakeVideo
from tests.support.source_thread import ImageSourceThread


@pytest.fixture
def video(monkeypatch: pytest.MonkeyPatch) -> FakeVideo:
    """The video of the only camera, on Linux."""
    video = FakeVideo({RAW: {(640, 480): 25.0}})
    monkeypatch.setattr(camera_module, "load_opencv", lambda *_: FakeOpenCV(video))
    monkeypatch.setattr(sys, "platform", "linux")
    return video


def plug_in(monkeypatch: pytest.MonkeyPatch, device: Path, *, is_readable: bool = True, is_csi: bool = False) -> Camera:
    device.touch()
    camera = Camera(str(device), "Webcam", is_readable, is_csi, "camera:/dev/v4l/by-id/webcam")
    monkeypatch.setattr(camera_module, "list_cameras", lambda: (camera,))
    return camera


def opened(wanted: str = "", **images: object) -> OpenedCamera:
    source = CameraSource(wanted, SourceSettings(), ImageSettings.model_validate(images))
    return source._open(threading.Event())


def test_on_linux_a_camera_is_opened_by_path_and_has_kernel_times(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    camera = plug_in(monkeypatch, tmp_path / "video0")
    result = opened(fps=30)
    assert video.opened_with == (camera.path, FakeOpenCV.CAP_V4L2)
    assert (result.device, result.fps, result.has_kernel_times) == ("Webcam", 25.0, True)
    assert result.detail == "gives 640 × 480 at 25 images/s instead of 640 × 480 at 30 images/s"


def test_the_detail_has_all_that_differs_from_the_request(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plug_in(monkeypatch, tmp_path / "video0")
    video.controls = {AUTO_EXPOSURE: 3.0, EXPOSURE: 10.0, GAIN: 1.0}
    detail = opened(width=320, height=240, gain=500).detail
    assert detail == ("gives 640 × 480 at 25 images/s instead of 320 × 240 at 25 images/s; gain=500.0 stays at 100")


@pytest.mark.parametrize(("platform", "back_end"), [("darwin", 1200), ("win32", 1400)])
def test_on_other_systems_a_camera_is_opened_by_index(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, platform: str, back_end: int
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert not opened("1").has_kernel_times
    assert video.opened_with == (1, back_end)
    opened("")
    assert video.opened_with == (0, back_end)
    with pytest.raises(UserError, match="paths name cameras on Linux only"):
        opened("/dev/video0")


@pytest.mark.parametrize(
    ("is_readable", "remedy"), [(True, "close the program that uses it"), (False, "usermod -aG video")]
)
def test_a_camera_that_does_not_open_names_the_remedy(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_readable: bool, remedy: str
) -> None:
    plug_in(monkeypatch, tmp_path / "video0", is_readable=is_readable)
    video.opens = False
    with pytest.raises(SourceUnavailable, match=remedy):
        opened()
    assert video.is_released


def test_a_camera_that_vanishes_while_it_is_opened(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plug_in(monkeypatch, tmp_path / "video0")
    (tmp_path / "video0").unlink()
    video.opens = False
    with pytest.raises(SourceUnavailable, match="vanished"):
        opened()


@pytest.mark.parametrize("fails_to", ["opens", "grabs"])
def test_the_csi_camera_of_a_pi_names_the_remedy(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fails_to: str
) -> None:
    plug_in(monkeypatch, tmp_path / "video0", is_csi=True)
    setattr(video, fails_to, False)
    with pytest.raises(UserError, match=r"libcamerify streamer run .* picamera2"):
        opened()
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/aarch64-linux-gnu/libcamera/v4l2-compat.so")  # as libcamerify sets it
    with pytest.raises(SourceUnavailable):
        opened()
    video.opens = video.grabs = True
    assert opened().device == "Webcam"


def test_a_camera_delivers_and_is_released(video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plug_in(monkeypatch, tmp_path / "video0")
    with ImageSourceThread(CameraSource("", SourceSettings(), ImageSettings())) as thread:
        thread.wait_images(3)
    assert thread.images[0].pixels.shape == (480, 640, 3)
    assert video.is_released


def test_a_missing_camera_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, video: FakeVideo) -> None:
    monkeypatch.setattr(camera_module, "list_cameras", lambda: ())
    with ImageSourceThread(CameraSource("0", SourceSettings(), ImageSettings())) as thread:
        thread.wait_for(lambda: len(thread.reasons) >= 2)
        assert "must be plugged in" in thread.reasons[0]
        plug_in(monkeypatch, tmp_path / "video0")
        thread.wait_images(3)
    assert video.opened_with[0] == str(tmp_path / "video0")


@pytest.mark.parametrize(("uri", "shown"), [("camera", "camera"), ("camera:1", "camera:1"), ("camera: ", "camera")])
def test_uris(uri: str, shown: str) -> None:
    assert medium_of(uri) == "images"
    source = open_source(uri)
    assert isinstance(source, CameraSource)
    assert (source.uri, source.medium, source.is_live, source.stuck) == (shown, "images", True, False)


def test_of_several_cameras_the_one_that_is_named_is_opened(
    video: FakeVideo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cameras = []
    for number in (0, 2, 3):
        (tmp_path / f"video{number}").touch()
        cameras.append(Camera(str(tmp_path / f"video{number}"), f"Camera {number}", True, False, f"camera:{number}"))
    monkeypatch.setattr(camera_module, "list_cameras", lambda: tuple(cameras))
    assert [opened(wanted).device for wanted in ("", "2", f"{tmp_path}/video3")] == ["Camera 0", "Camera 2", "Camera 3"]
