"""Program for the virtual machine of `vm_device.sh`, run as root: the camera source on a real V4L2 device."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from streamer.config import ImageSettings, SourceSettings
from streamer.sources.images.camera import CameraSource
from streamer.sources.images.devices import list_cameras
from tests.support.source_thread import ImageSourceThread

DRIVER = Path("/sys/bus/platform/drivers/vivid")
FPS = 5.0  # the machine is emulated, and a hundred times slower than a real one


def control(name: str, value: int) -> None:
    subprocess.run(["v4l2-ctl", "-d", list_cameras()[0].path, "-c", f"{name}={value}"], check=True)


def stall() -> None:
    control("percentage_of_dropped_buffers", 100)


def go_on() -> None:
    control("percentage_of_dropped_buffers", 0)


def unplug() -> None:
    (DRIVER / "unbind").write_text("vivid.0")


def plug_in() -> None:
    (DRIVER / "bind").write_text("vivid.0")


def fault(thread: ImageSourceThread, name: str, begin: Callable[[], None], end: Callable[[], None]) -> None:
    """Cause a fault, wait until it is detected, end it, and wait for images again."""
    n_reasons, n_sessions = len(thread.reasons), len(thread.sessions)
    begin()
    noticed_s = thread.wait_for(lambda: len(thread.reasons) > n_reasons)
    end()
    back_s = thread.wait_for(lambda: len(thread.sessions) > n_sessions, 60.0)
    thread.wait_images(5)
    print(f"{name}: noticed after {noticed_s:.1f} s, back {back_s:.1f} s after its end: {thread.reasons[-1]}")
    assert not thread.source.stuck


def main() -> None:
    camera = list_cameras()[0]
    print(f"camera: {camera}")
    assert camera.name.startswith("vivid")
    assert camera.is_readable
    source = CameraSource("", SourceSettings(stall_s=2.0), ImageSettings(width=640, height=360, fps=FPS, gain="lock"))
    with ImageSourceThread(source) as thread:
        thread.wait_images(30)
        session = thread.sessions[0]
        print(f"format: {session.image_format}")
        assert (session.image_format.width, session.image_format.height) == (640, 360)
        times_s = np.array([image.time_s for image in session.images])
        intervals_s = np.diff(times_s)
        age_s = time.monotonic() - session.images[-1].captured_s
        print(f"interval: {np.median(intervals_s):.4f} s, deviation {np.std(intervals_s):.4f} s; age {age_s:.3f} s")
        assert abs(np.median(intervals_s) - 1 / FPS) < 0.005
        assert 0 < age_s < 2
        fault(thread, "unplugged", unplug, plug_in)
        fault(thread, "stalled", stall, go_on)
        stall()
        fault(thread, "unplugged while stalled", unplug, plug_in)
        fault(thread, "driver failed", lambda: control("inject_fatal_streaming_error", 1), lambda: None)
        for session in thread.sessions:
            assert all(later.time_s > earlier.time_s for earlier, later in itertools.pairwise(session.images))
            assert all(
                image.captured_s > session.begun_s - 1.0 for image in session.images
            )  # none from before the session
        left_s = thread.leave()
    print(f"left after {left_s:.1f} s")
    assert left_s < 3.0
    for command in ("devices", "doctor"):
        done = subprocess.run([sys.executable, "-m", "streamer", command], capture_output=True, text=True)
        print(done.stdout)
        assert "camera:0" in done.stdout, done.stderr
    print("all faults survived")


if __name__ == "__main__":
    main()
