"""List of local cameras, each with a permanent URI, and the choice of the camera that a URI means."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from streamer.errors import SourceUnavailable, UserError
from streamer.sources.images.devices import Camera, camera_signs, find_camera, list_cameras

WEBCAM_ID = "usb-046d_HD_Webcam_C270-video-index0"


def plug_in(
    root: Path, number: int, name: str, *, index: int = 0, capabilities: str = "", by_id: str = "", by_path: str = ""
) -> None:
    """Write the files of the kernel and of udev; a device file is an empty one, which has no driver."""
    node = root / f"sys/class/video4linux/video{number}"
    device = root / f"dev/video{number}"
    for folder in (node, device.parent, root / "run/udev/data", root / "dev/v4l/by-id", root / "dev/v4l/by-path"):
        folder.mkdir(parents=True, exist_ok=True)
    (node / "name").write_text(f"{name}\n")
    (node / "index").write_text(f"{index}\n")
    (node / "dev").write_text(f"81:{number}\n")
    device.touch()
    if capabilities:
        (root / f"run/udev/data/c81:{number}").write_text(f"S:v4l/x\nE:ID_V4L_CAPABILITIES=:{capabilities}:\nG:seat\n")
    for folder_name, link in (("by-id", by_id), ("by-path", by_path)):
        if link:
            (root / "dev/v4l" / folder_name / link).symlink_to(f"../../video{number}")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A Pi with a webcam, its device for metadata, a CSI camera and two image processors."""
    plug_in(tmp_path, 0, "unicam", capabilities="capture", by_path="platform-csi-video-index0")
    plug_in(tmp_path, 2, "HD Webcam", capabilities="capture", by_id=WEBCAM_ID, by_path="usb-0:1.3-video-index0")
    plug_in(tmp_path, 3, "HD Webcam", index=1, capabilities="")
    plug_in(tmp_path, 10, "bcm2835-codec-decode")
    plug_in(tmp_path, 13, "bcm2835-isp", capabilities="capture")
    return tmp_path


def test_only_cameras_are_listed_with_permanent_uris(machine: Path) -> None:
    plug_in(machine, 4, "Twin", capabilities="capture")
    cameras = list_cameras(machine)
    assert [camera.name for camera in cameras] == ["unicam", "HD Webcam", "Twin"]
    assert [camera.uri for camera in cameras] == [
        f"camera:{machine}/dev/v4l/by-path/platform-csi-video-index0",
        f"camera:{machine}/dev/v4l/by-id/{WEBCAM_ID}",
        "camera:4",
    ]
    assert [camera.is_csi for camera in cameras] == [True, False, False]
    assert all(camera.is_readable for camera in cameras)


def test_a_device_without_images_is_no_camera_whatever_its_index(tmp_path: Path) -> None:
    plug_in(tmp_path, 0, "Screen", capabilities="video_output")
    plug_in(tmp_path, 1, "Second sensor", index=1, capabilities="capture:video_output")
    assert [camera.name for camera in list_cameras(tmp_path)] == ["Second sensor"]


def test_systems_without_cameras_or_v4l2(tmp_path: Path) -> None:
    assert list_cameras(tmp_path) == ()
    plug_in(tmp_path, 0, "Gone")
    (tmp_path / "dev/video0").unlink()  # in a container, the kernel of the host lists it
    assert list_cameras(tmp_path) == ()


def test_a_camera_of_another_user_is_listed_as_unreadable(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert [camera.is_readable for camera in list_cameras(machine)] == [False, False]


def camera(number: int, uri: str, *, is_csi: bool = False) -> Camera:
    return Camera(f"/dev/video{number}", f"Camera {number}", True, is_csi, uri)


CSI = camera(0, "camera:/dev/v4l/by-path/csi", is_csi=True)
LEFT = camera(2, "camera:/dev/v4l/by-id/left-index0")
RIGHT = camera(12, "camera:12")


@pytest.mark.parametrize(
    ("wanted", "expected"), [("", LEFT), ("0", CSI), ("2", LEFT), ("12", RIGHT), ("/dev/video12", RIGHT)]
)
def test_a_camera_is_found_as_the_first_by_index_and_by_path(wanted: str, expected: Camera) -> None:
    assert find_camera((CSI, LEFT, RIGHT), wanted) == expected


def test_a_camera_is_found_by_a_link_to_it(machine: Path) -> None:
    cameras = list_cameras(machine)
    for each in cameras:
        assert find_camera(cameras, each.uri.removeprefix("camera:")) == each
    assert find_camera(cameras, "").name == "HD Webcam"  # the CSI camera would need libcamera


@pytest.mark.parametrize("wanted", ["", "2"])
def test_a_known_camera_is_found_under_another_number(wanted: str) -> None:
    moved = camera(3, LEFT.uri)
    another = camera(2, "camera:/dev/v4l/by-id/another")
    assert find_camera((another, moved), wanted, known_uri=LEFT.uri) == moved
    assert find_camera((another,), wanted, known_uri=LEFT.uri) == another


@pytest.mark.parametrize("wanted", ["7", "/dev/v4l/by-id/nothing"])
def test_a_missing_camera_is_unavailable_and_the_others_are_listed(wanted: str) -> None:
    with pytest.raises(SourceUnavailable, match="there now: camera:/dev/v4l/by-id/left-index0, camera:12"):
        find_camera((LEFT, RIGHT), wanted)


def test_without_any_camera_doctor_is_named() -> None:
    with pytest.raises(SourceUnavailable, match="no camera is there; see streamer doctor"):
        find_camera((), "")


@pytest.mark.parametrize("wanted", ["webcam", "-1", "0x1"])
def test_a_name_that_is_neither_index_nor_path_is_refused(wanted: str) -> None:
    with pytest.raises(UserError, match="must be camera, camera:INDEX or camera:/dev"):
        find_camera((LEFT,), wanted)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show no signs")
def test_a_camera_that_comes_and_goes_is_a_sign(tmp_path: Path) -> None:
    assert camera_signs(tmp_path) == frozenset()
    (tmp_path / "video0").touch(mode=0o600)
    closed = camera_signs(tmp_path)
    (tmp_path / "video0").chmod(0o660)
    seen = camera_signs(tmp_path)
    (tmp_path / "null").touch()
    assert camera_signs(tmp_path) == seen
    assert len({frozenset(), closed, seen}) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="paths name cameras on Linux only")
def test_a_device_that_is_not_listed_is_taken_by_its_path() -> None:
    assert find_camera((LEFT,), "/dev/null") == Camera("/dev/null", "null", True, False, "camera:/dev/null")


@pytest.mark.skipif(sys.platform != "linux", reason="signs of cameras are those of Linux")
def test_a_device_that_goes_while_it_is_looked_at_hides_no_other(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"video{number}").symlink_to("gone" if number in (0, 3) else "there")
    (tmp_path / "there").touch()
    signs = camera_signs(tmp_path)
    assert signs is not None
    assert {name for name, *_ in signs} == {"video1", "video2", "video4"}
