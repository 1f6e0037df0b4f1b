"""`streamer devices` and `streamer doctor` with and without cameras, microphones and PortAudio."""

from __future__ import annotations

import json

import pytest

from streamer.commands import devices, doctor
from streamer.errors import UserError
from streamer.sources.images import devices as camera_devices
from streamer.sources.images.devices import Camera
from streamer.sources.sound.devices import Microphone

MICROPHONE = Microphone(1, "USB Mic", "ALSA", 1, 48_000, True, "mic:USB Mic")
WEBCAM = Camera("/dev/video2", "HD Webcam", True, False, "camera:/dev/v4l/by-id/webcam-index0")
CLOSED = Camera("/dev/video3", "Other Webcam", False, False, "camera:3")
CSI = Camera("/dev/video0", "unicam", True, True, "camera:0")


def plug_in(
    monkeypatch: pytest.MonkeyPatch, microphones: tuple[Microphone, ...] | None, cameras: tuple[Camera, ...]
) -> None:
    """Replace the lists of devices; with None for the microphones PortAudio is missing."""

    def list_microphones() -> tuple[Microphone, ...]:
        if microphones is None:
            raise UserError("PortAudio=missing must be installed for microphones; sudo apt install libportaudio2")
        return microphones

    monkeypatch.setattr(devices, "list_microphones", list_microphones)
    monkeypatch.setattr(devices, "list_cameras", lambda: cameras)
    monkeypatch.setattr(camera_devices, "list_cameras", lambda: cameras)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("microphones", [(), None], ids=["no microphone", "no PortAudio"])
def test_cameras_are_listed_without_microphones_and_portaudio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], microphones: tuple[Microphone, ...] | None
) -> None:
    plug_in(monkeypatch, microphones, (WEBCAM,))
    assert devices.show_devices() == 0
    out, err = capsys.readouterr()
    assert "camera:/dev/v4l/by-id/webcam-index0" in out
    assert "streamer run camera" in out
    assert "no microphone found" in out
    assert ("libportaudio2" in err) == (microphones is None)


def test_the_remedy_of_an_unusable_camera_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(monkeypatch, (MICROPHONE,), (CSI, CLOSED))
    assert devices.show_devices() == 0
    out = capsys.readouterr().out
    assert "mic:USB Mic" in out
    assert "/dev/video0: a CSI camera" in out
    assert "libcamerify" in out
    assert "/dev/video3: closed to this user: sudo usermod -aG video $USER" in out


def test_without_any_device_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(monkeypatch, (), ())
    assert devices.show_devices() == 1
    out = capsys.readouterr().out
    assert "no microphone found" in out
    assert "no camera found" in out


def test_json_has_one_line_for_each_device(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plug_in(monkeypatch, (MICROPHONE,), (WEBCAM, CSI))
    assert devices.show_devices(json=True) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["type"], line["uri"]) for line in lines] == [
        ("microphone", "mic:USB Mic"),
        ("camera", WEBCAM.uri),
        ("camera", CSI.uri),
    ]
    assert lines[1] == {
        "type": "camera", "path": "/dev/video2", "name": "HD Webcam", "is_readable": True, "is_csi": False,
        "uri": WEBCAM.uri,
    }  # fmt: skip


def test_the_doctor_names_each_cameras_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, (), (WEBCAM, CLOSED, CSI))
    webcam, closed, csi = doctor._cameras()
    assert (webcam.is_well, webcam.remedy) == (True, "")
    assert "HD Webcam (/dev/video2)" in webcam.value
    assert (closed.is_well, closed.remedy) == (False, "sudo usermod -aG video $USER, then log in again")
    assert csi.is_well  # the user may want another source
    assert csi.value.endswith("a CSI camera, which OpenCV cannot open by itself")
    assert "libcamerify streamer run" in csi.remedy
    assert "picamera2" in csi.remedy


def test_the_doctor_without_a_camera_finds_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, (), ())
    (finding,) = doctor._cameras()
    assert finding.is_well
    assert "streamer demo camera" in finding.remedy


def test_the_doctor_names_opencvs_version_and_back_ends() -> None:
    import cv2

    (finding,) = doctor._opencv()
    assert finding.is_well
    assert finding.value.startswith(f"{cv2.__version__} with ")
    assert "FFMPEG" in finding.value
