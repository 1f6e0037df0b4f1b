"""The virtual microphone of the test rigs as fixtures: a private PulseAudio daemon that can be made to fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import SHARED

RIG = SHARED / "rigs" / "virtual_mic.sh"


def why_absent() -> str:
    """Return what is missing for the rig; empty where nothing is."""
    if not RIG.exists():
        return f"{RIG} is not there (STREAMER_SHARED names the folder of the rigs)"
    missing = [program for program in ("pulseaudio", "pactl", "paplay", "parec") if not shutil.which(program)]
    return f"not installed: {', '.join(missing)}" if missing else ""


class VirtualMic:
    """A running rig; each method is one of its commands."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # What `source virtual_mic.sh env` exports: libpulse reads it when PortAudio is initialised.
        self.environment = {
            "VMIC_DIR": str(directory),
            "PULSE_RUNTIME_PATH": str(directory),
            "PULSE_STATE_PATH": str(directory / "state"),
            "PULSE_COOKIE": str(directory / "cookie"),
            "PULSE_SERVER": f"unix:{directory}/native",
            "XDG_RUNTIME_DIR": str(directory),
        }

    def command(self, *words: str) -> str:
        environment = {**os.environ, **self.environment}
        done = subprocess.run([str(RIG), *words], env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout.strip()

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Begin to play a file into the microphone."""
        return subprocess.Popen([str(RIG), "play", str(path)], env={**os.environ, **self.environment})

    def signal(self, number: signal.Signals) -> None:
        os.kill(int((self.directory / "pid").read_text()), number)


@pytest.fixture
def virtual_mic(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMic]:
    """A microphone without hardware, fresh for each test; skips where the rig cannot run."""
    if reason := why_absent():
        pytest.skip(reason)
    # A socket's path must be short; pytest's per-test folders carry the test's name.
    mic = VirtualMic(tmp_path_factory.mktemp("mic"))
    for name, value in mic.environment.items():
        monkeypatch.setenv(name, value)
    mic.command("start")
    try:
        yield mic
    finally:
        mic.command("stop")
