"""Program for the virtual machine of `vm_device.sh`, run as root: the microphone source on a real ALSA card."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

from streamer.config import SourceSettings
from streamer.messages import State
from streamer.sources import open_source
from streamer.sources.sound import portaudio
from tests.support.observed import Observed

DRIVER = Path("/sys/bus/platform/drivers/snd_aloop")


def play() -> subprocess.Popen[bytes]:
    """Play noise into the loopback, without which it delivers nothing."""
    command = "exec aplay -q -D hw:Loopback,1,0 -f S16_LE -r 48000 -c 2 /dev/urandom"
    return subprocess.Popen(["bash", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pull_out() -> None:
    """Pull the card out and put it back."""
    player = play()
    with Observed(open_source("mic:Loopback: PCM (hw:0,0)", SourceSettings())) as observed:
        observed.wait_flow(1)
        begun_s = time.monotonic()
        (DRIVER / "unbind").write_text("snd_aloop.0")
        player.kill()
        observed.wait_for(lambda: observed.entered(State.WAITING, begun_s) is not None)
        noticed_s = (observed.entered(State.WAITING, begun_s) or 0.0) - begun_s
        threading.Event().wait(2.0)
        (DRIVER / "bind").write_text("snd_aloop.0")
        mended_s = time.monotonic()
        threading.Event().wait(0.5)
        player = play()
        back_s = observed.wait_flow(2) - mended_s
        lost_s = sum(d.last_s - d.first_s - d.n / d.capture.format.sample_rate for d in observed.delivered)
        counted_s = sum(d.n_lost / d.capture.format.sample_rate for d in observed.delivered)
        reason = next(detail for _, state, detail in observed.states if state is State.WAITING)
        print(f"pulled out: noticed after {noticed_s:.1f} s, back {back_s:.1f} s after its end: {reason}")
        print(f"lost {lost_s:.2f} s, counted {counted_s:.2f} s")
    player.kill()


def main() -> None:
    print(Path("/proc/asound/cards").read_text())
    portaudio.CALL_TIMEOUT_S = 30.0  # the machine is emulated, and a hundred times slower than a real one
    pull_out()
    print("all faults survived")


if __name__ == "__main__":
    main()
