"""Runs in the virtual machine of `vm_camera.sh`, as root: streamer's camera source on a real V4L2 device."""

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
from tests.support.watching import Watching

DRIVER = Path("/sys/bus/platform/drivers/vivid")
FPS = 5.0  # the machine is emulated: a real one has a hundred times its speed


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


def fault(watching: Watching, name: str, begin: Callable[[], None], end: Callable[[], None]) -> None:
    """Make a fault, wait until it is noticed, end it, wait for images again."""
    n_reasons, n_sessions = len(watching.reasons), len(watching.sessions)
    begin()
    noticed_s = watching.wait_for(lambda: len(watching.reasons) > n_reasons)
    end()
    back_s = watching.wait_for(lambda: len(watching.sessions) > n_sessions, 60.0)
    watching.wait_images(5)
    print(f"{name}: noticed after {noticed_s:.1f} s, back {back_s:.1f} s after its end: {watching.reasons[-1]}")
    assert not watching.source.stuck


def main() -> None:
    camera = list_cameras()[0]
    print(f"camera: {camera}")
    assert camera.name.startswith("vivid")
    assert camera.is_readable
    source = CameraSource("", SourceSettings(stall_s=2.0), ImageSettings(width=640, height=360, fps=FPS, gain="lock"))
    with Watching(source) as watching:
        watching.wait_images(30)
        opening = watching.sessions[0]
        print(f"format: {opening.image_format}")
        assert (opening.image_format.width, opening.image_format.height) == (640, 360)
        times_s = np.array([image.time_s for image in opening.images])
        intervals_s = np.diff(times_s)
        age_s = time.monotonic() - opening.images[-1].captured_s
        print(f"interval: {np.median(intervals_s):.4f} s, deviation {np.std(intervals_s):.4f} s; age {age_s:.3f} s")
        assert abs(np.median(intervals_s) - 1 / FPS) < 0.005
        assert 0 < age_s < 2
        fault(watching, "unplugged", unplug, plug_in)
        fault(watching, "stalled", stall, go_on)
        stall()
        fault(watching, "unplugged while stalled", unplug, plug_in)
        fault(watching, "driver failed", lambda: control("inject_fatal_streaming_error", 1), lambda: None)
        for opening in watching.sessions:
            assert all(later.time_s > earlier.time_s for earlier, later in itertools.pairwise(opening.images))
            assert all(image.captured_s > opening.begun_s - 1.0 for image in opening.images)  # nothing from before
        left_s = watching.leave()
    print(f"left after {left_s:.1f} s")
    assert left_s < 3.0
    for command in ("devices", "doctor"):
        done = subprocess.run([sys.executable, "-m", "streamer", command], capture_output=True, text=True)
        print(done.stdout)
        assert "camera:0" in done.stdout, done.stderr
    print("all faults survived")


if __name__ == "__main__":
    main()
