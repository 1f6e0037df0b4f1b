"""The microphone of a real RTSP camera: live, frozen and dead; its sound and its images as two streams."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from streamer.config import SourceSettings
from streamer.sources.sound.network import NetworkSoundSource
from tests.support import rtsp_microphone
from tests.support.bands import streamer
from tests.support.rigs import need
from tests.support.rtsp_camera import NEEDS, PYTHON
from tests.support.source_thread import SoundSourceThread

PASSWORD = "s3cret"


class Camera:
    """The server as a process on a free port."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"rtsp://ear:{PASSWORD}@127.0.0.1:{self.port}/cam"
        self.start()

    def start(self) -> None:
        command = [PYTHON, rtsp_microphone.__file__, str(self.port), "ear", PASSWORD]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert self.process.stdout.readline()

    def die(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def camera() -> Iterator[Camera]:
    has_gstreamer = Path(PYTHON).exists() and not subprocess.run([PYTHON, "-c", NEEDS], capture_output=True).returncode
    need("" if has_gstreamer else "not installed: gir1.2-gst-rtsp-server-1.0")
    server = Camera()
    yield server
    server.die()


@pytest.mark.parametrize("fault", ["frozen", "dead"])
def test_its_sound_comes_and_is_found_again(camera: Camera, fault: str) -> None:
    with SoundSourceThread(NetworkSoundSource(camera.url, SourceSettings(stall_s=1.0))) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) > 16_000)
        if fault == "frozen":
            camera.process.send_signal(signal.SIGSTOP)
        else:
            camera.die()
        thread.wait_for(lambda: bool(thread.reasons))
        if fault == "frozen":
            camera.process.send_signal(signal.SIGCONT)
        else:
            camera.start()
        thread.wait_for(lambda: len(thread.sessions) > 1 and len(thread.sessions[-1].samples) > 8000)
        assert thread.leave() < 2.5
    first = thread.sessions[0]
    assert (first.sound_format.sample_rate, first.sound_format.n_channels, first.lost) == (8000, 1, 0)
    spectrum = np.abs(np.fft.rfft(first.samples[:8000, 0]))
    assert int(np.argmax(spectrum)) == 1000
    assert not any(PASSWORD in reason for reason in thread.reasons)


def test_sound_and_images_of_one_address_are_two_streams(camera: Camera, tmp_path: Path, model: Path) -> None:
    config = tmp_path / "both.toml"
    config.write_text(
        f'[[streams]]\nsource = "sound:{camera.url}"\nname = "ear"\nmodel = "{model}"\n'
        f'[[streams]]\nsource = "{camera.url}"\nname = "eye"\n[source]\nconnect_s = 20.0\nfirst_s = 20.0\n'
    )
    config.chmod(0o600)
    done = streamer("run", "-c", config, "--json", "--seconds", "15")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summaries = {line["stream"]: line for line in lines if line["type"] == "summary"}
    assert summaries.keys() == {"ear", "eye"}
    assert summaries["ear"]["lost_samples"] == 0
    assert PASSWORD not in done.stdout + done.stderr


def test_a_wrong_password_is_told(camera: Camera) -> None:
    source = NetworkSoundSource(camera.url.replace(PASSWORD, "wr0ng"), SourceSettings())
    with SoundSourceThread(source) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
    assert "wants another user or password" in thread.reasons[0]
    assert "wr0ng" not in thread.reasons[0]
