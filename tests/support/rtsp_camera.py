"""Real RTSP camera (H.264 over RTP), served by the rig as a process on a free port."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from streamer.arrays import UInt8
from tests.support.paths import SHARED

RIG = SHARED / "rigs" / "rtsp_server.py"
PYTHON = "/usr/bin/python3"  # Debian's Python has the bindings of GStreamer
NEEDS = "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')"
PASSWORD = "s3cret"
CELL_PX = 12  # the rig writes the milliseconds of the monotonic clock into the top row, 48 cells wide
FPS = 15.0


def why_absent() -> str:
    """Return what the rig lacks to run; empty where it lacks nothing."""
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
    """The server of the rig."""

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
