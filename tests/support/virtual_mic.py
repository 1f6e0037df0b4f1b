"""Fixture of a microphone without hardware: a private PulseAudio daemon that can be made to fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import SHARED
from tests.support.rigs import need

RIG = SHARED / "rigs" / "virtual_mic.sh"


def why_absent() -> str:
    """Return what the rig lacks to run; empty where it lacks nothing."""
    if not RIG.exists():
        return f"{RIG} is not there (STREAMER_SHARED names the folder of the rigs)"
    missing = [program for program in ("pulseaudio", "pactl", "paplay", "parec") if not shutil.which(program)]
    return f"not installed: {', '.join(missing)}" if missing else ""


class VirtualMic:
    """The rig with its own folder and environment."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # The exports of `source virtual_mic.sh env`; libpulse reads them when PortAudio is initialised.
        self.environment = {
            "VMIC_DIR": str(directory),
            "PULSE_RUNTIME_PATH": str(directory),
            "PULSE_STATE_PATH": str(directory / "state"),
            "PULSE_COOKIE": str(directory / "cookie"),
            "PULSE_SERVER": f"unix:{directory}/native",
            "XDG_RUNTIME_DIR": str(directory),
        }

    def command(self, *words: str) -> str:
        """Run one command of the rig; return what it prints."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run([str(RIG), *words], env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout.strip()

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Start to play a file into the microphone."""
        return subprocess.Popen([str(RIG), "play", str(path)], env={**os.environ, **self.environment})

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the sound server."""
        os.kill(int((self.directory / "pid").read_text()), number)


@pytest.fixture
def virtual_mic(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMic]:
    """A microphone without hardware, fresh for each test; skipped, and in CI failed, where the rig cannot run."""
    need(why_absent())
    # The path of a socket must be short; tmp_path contains the name of the test.
    mic = VirtualMic(tmp_path_factory.mktemp("mic"))
    for name, value in mic.environment.items():
        monkeypatch.setenv(name, value)
    mic.command("start")
    try:
        yield mic
    finally:
        mic.command("stop")
