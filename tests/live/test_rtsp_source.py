"""Real RTSP camera (H.264 over RTP), served by the rig: live, stalled, frozen and dead."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.sources.images.network import NetworkCameraSource
from tests.support.paths import SHARED
from tests.support.rigs import need
from tests.support.source_thread import ImageSourceThread

RIG = SHARED / "rigs" / "rtsp_server.py"
PYTHON = "/usr/bin/python3"  # Debian's Python has the bindings of GStreamer
NEEDS = "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')"
PASSWORD = "s3cret"
CELL_PX = 12  # the rig writes the milliseconds of the monotonic clock into the top row, 48 cells wide


def why_absent() -> str:
    if not RIG.exists():
        return f"{RIG} is not there (STREAMER_SHARED names the folder of the rigs)"
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", NEEDS], capture_output=True).returncode:
        return "not installed: gir1.2-gst-rtsp-server-1.0"
    return ""


def sent_s(pixels: UInt8) -> float:
    """Return when an image was sent, seconds of the monotonic clock."""
    middle = CELL_PX // 2
    cells = [pixels[middle - 2 : middle + 3, x - 2 : x + 3].mean() > 127 for x in range(middle, 48 * CELL_PX, CELL_PX)]
    return sum(1 << i for i, is_white in enumerate(cells) if is_white) / 1000.0


class RtspCamera:
    """The server of the rig, as a process on a free port."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"rtsp://eye:{PASSWORD}@127.0.0.1:{self.port}/cam"
        self.start()

    def start(self) -> None:
        command = [PYTHON, str(RIG), "--port", str(self.port), "--auth", f"eye:{PASSWORD}"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        assert self._process.stdout.readline()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def die(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    need(why_absent())
    camera = RtspCamera()
    yield camera
    camera.die()


def source_of(camera: RtspCamera) -> NetworkCameraSource:
    return NetworkCameraSource(camera.url, SourceSettings(), ImageSettings())


def test_images_have_little_delay_from_the_first_one_on(camera: RtspCamera) -> None:
    with ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(30)
    image_format = thread.sessions[0].image_format
    assert (image_format.width, image_format.height, image_format.fps) == (640, 480, 15.0)
    late_s = np.array([image.captured_s - sent_s(image.pixels) for image in thread.sessions[0].images])
    assert late_s[0] < 1.0  # 1.9 s with the defaults of FFmpeg
    assert np.median(late_s) < 0.5
    assert PASSWORD not in thread.source.uri + image_format.device


@pytest.mark.parametrize("fault", ["stalled", "frozen", "dead"])
def test_after_a_fault_no_old_images_come(camera: RtspCamera, fault: str) -> None:
    with ImageSourceThread(source_of(camera)) as thread:
        thread.wait_images(10)
        if fault == "dead":
            camera.die()
        else:
            camera.signal(signal.SIGUSR1 if fault == "stalled" else signal.SIGSTOP)
        thread.wait_for(lambda: bool(thread.reasons))
        n_sessions = len(thread.sessions)
        if fault == "dead":
            camera.start()
        else:
            camera.signal(signal.SIGUSR2 if fault == "stalled" else signal.SIGCONT)
        thread.wait_for(lambda: len(thread.sessions) > n_sessions)
        thread.wait_images(10)
        assert thread.leave() < 3.0
    assert max(image.captured_s - sent_s(image.pixels) for image in thread.images) < 1.5
    assert not any(PASSWORD in reason for reason in thread.reasons)
