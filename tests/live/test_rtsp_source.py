"""Real RTSP camera (H.264 over RTP), served by the rig: live, stalled, frozen and dead."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import numpy as np
import pytest

from streamer.config import ImageSettings, SourceSettings
from streamer.sources.images.network import NetworkCameraSource
from tests.support.rigs import need
from tests.support.rtsp_camera import PASSWORD, RtspCamera, sent_s, why_absent
from tests.support.source_thread import ImageSourceThread


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
