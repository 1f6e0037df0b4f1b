"""Microphone on a real sound server that is killed, unplugged, suspended, frozen and restarted."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from streamer.config import SourceSettings
from streamer.sources.sound.devices import list_microphones
from tests.support.source_thread import SoundSession, SoundSourceThread
from tests.support.sources import sound_source
from tests.support.virtual_mic import VirtualMic, virtual_mic

__all__ = ["virtual_mic"]  # the fixture

pytestmark = pytest.mark.virtual_mic

BEFORE_HZ, AFTER_HZ = 441.0, 1000.0


class Player:
    """Plays long tones into the microphone, one at a time."""

    def __init__(self, mic: VirtualMic, folder: Path) -> None:
        self._mic = mic
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def tone(self, frequency_hz: float) -> None:
        self.silence()
        path = self._folder / f"{frequency_hz:.0f}.wav"
        time_s = np.arange(60 * 48_000) / 48_000
        soundfile.write(path, 0.5 * np.sin(2 * np.pi * frequency_hz * time_s), 48_000, subtype="PCM_16")
        self._process = self._mic.play(path)

    def silence(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture
def player(virtual_mic: VirtualMic, tmp_path: Path) -> Iterator[Player]:
    player = Player(virtual_mic, tmp_path)
    yield player
    player.silence()


def share_at(samples: Float32, sample_rate: int, frequency_hz: float) -> float:
    """Return the fraction of the power within 10 Hz of a frequency."""
    power = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(samples.shape[0]))) ** 2
    near = np.abs(np.fft.rfftfreq(samples.shape[0], 1 / sample_rate) - frequency_hz) < 10
    return float(power[near].sum() / (power.sum() + 1e-12))


def receives(session: SoundSession, frequency_hz: float, duration_s: float = 0.5) -> bool:
    """Return whether the newest sound is this tone."""
    n_samples = round(duration_s * session.sound_format.sample_rate)
    newest = session.samples[-n_samples:]
    return newest.shape[0] == n_samples and share_at(newest, session.sound_format.sample_rate, frequency_hz) > 0.9


def test_sound_arrives_complete_and_in_real_time(virtual_mic: VirtualMic, player: Player) -> None:
    assert any(device.is_default for device in list_microphones())
    player.tone(BEFORE_HZ)
    mic = sound_source("mic")
    with SoundSourceThread(mic) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and receives(thread.sessions[0], BEFORE_HZ))
        n_before, since_s = thread.sessions[0].ring.written, time.monotonic()
        time.sleep(3)
        n_samples, took_s = thread.sessions[0].ring.written - n_before, time.monotonic() - since_s
    (session,) = thread.sessions
    assert n_samples / session.sound_format.sample_rate == pytest.approx(took_s, abs=0.3)
    steady = session.samples[-2 * session.sound_format.sample_rate :]
    assert share_at(steady, session.sound_format.sample_rate, BEFORE_HZ) > 0.99
    assert np.abs(steady).max() == pytest.approx(
        0.5, abs=0.02
    )  # the server's single channel is the mean of the real ones
    assert (session.lost, thread.reasons, mic.note, mic.overflows, mic.stuck) == (0, [], "", 0, False)
    assert mic.backlog_s < 0.5


@pytest.mark.parametrize(
    ("uri", "fault", "remedy", "reason"),
    [
        ("mic:pulse", "kill", "start", "vanished"),
        ("mic", "unplugall", "plug", "vanished"),
        ("mic", "suspend", "resume", "stopped delivering"),
    ],
)
def test_after_a_loss_the_microphone_comes_back_in_a_new_session(
    virtual_mic: VirtualMic, player: Player, uri: str, fault: str, remedy: str, reason: str
) -> None:
    player.tone(BEFORE_HZ)
    with SoundSourceThread(sound_source(uri, SourceSettings(stall_s=1.0)), retry_s=0.3) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and receives(thread.sessions[0], BEFORE_HZ))
        virtual_mic.command(fault)
        waited_s = thread.wait_for(lambda: bool(thread.reasons))
        assert waited_s < 1.0 + 2.0
        player.silence()
        time.sleep(1.0)  # opening is tried again, without success
        assert len(thread.sessions) == 1
        virtual_mic.command(remedy)
        player.tone(AFTER_HZ)
        thread.wait_for(lambda: len(thread.sessions) > 1 and receives(thread.sessions[-1], AFTER_HZ))
        assert thread.leave() < 2.0
    assert reason in thread.reasons[0]
    first, last = thread.sessions[0], thread.sessions[-1]
    rate = first.sound_format.sample_rate
    assert share_at(first.samples, rate, AFTER_HZ) < 0.01
    assert share_at(last.samples, rate, BEFORE_HZ) < 0.01
    assert thread.error is None


def test_a_short_suspension_leaves_a_gap_of_its_length(virtual_mic: VirtualMic, player: Player) -> None:
    player.tone(BEFORE_HZ)
    with SoundSourceThread(sound_source("mic", SourceSettings(stall_s=4.0))) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and receives(thread.sessions[0], BEFORE_HZ))
        since_s = time.monotonic()
        virtual_mic.command("suspend")
        time.sleep(1.0)
        virtual_mic.command("resume")
        longest_s = time.monotonic() - since_s
        thread.wait_for(lambda: thread.sessions[0].lost > 0)
        thread.wait_for(lambda: receives(thread.sessions[0], BEFORE_HZ))
    (session,) = thread.sessions
    holes = [chunk.lost_before for chunk in session.chunks if chunk.lost_before]
    assert len(holes) == 1
    assert 0.8 < holes[0] / session.sound_format.sample_rate < longest_s + 0.5
    assert thread.reasons == []


def test_a_stream_that_the_server_moves_goes_on_and_exact_zeros_are_noted(
    virtual_mic: VirtualMic, player: Player
) -> None:
    player.tone(BEFORE_HZ)
    mic = sound_source("mic", SourceSettings(frozen_s=1.0))
    with SoundSourceThread(mic) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and receives(thread.sessions[0], BEFORE_HZ))
        assert mic.note == ""
        virtual_mic.command("unplug")  # the server moves the stream to another source, without notice
        player.silence()
        thread.wait_for(lambda: "exact zeros" in mic.note)
        virtual_mic.command("plug")
        player.tone(AFTER_HZ)
        thread.wait_for(lambda: receives(thread.sessions[0], AFTER_HZ) and mic.note == "")
    assert (len(thread.sessions), thread.reasons) == (1, [])


# Captures a microphone in a process of its own, for faults that hang or stop a process; answers each line with JSON.
CAPTURE_PROGRAM = """
import json, os, sys, threading, time
from streamer.errors import SourceUnavailable
from streamer.rings import SampleRing
from streamer.sources import open_source
source, stop, rings, reasons = open_source("mic"), threading.Event(), [], []
def begin(f):
    rings.append(SampleRing(20 * f.sample_rate, f.n_channels, f.sample_rate)); return rings[-1]
def run():
    while not stop.is_set():
        try: source.capture(begin, stop)
        except SourceUnavailable as error: reasons.append(str(error)); stop.wait(0.2)
thread = threading.Thread(target=run); thread.start()
lost = n_received = 0
for line in sys.stdin:
    for ring in rings:
        while (chunk := ring.read(ring.capacity)) is not None:
            lost += chunk.lost_before; n_received += chunk.samples.shape[0]
    print(json.dumps([len(rings), n_received, lost, reasons, source.stuck]), flush=True)
stop.set(); thread.join(5)
assert not thread.is_alive()
sys.stdout.flush()
if source.stuck: os._exit(3)
"""


class CaptureProcess:
    """Process that runs ``CAPTURE_PROGRAM``."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CAPTURE_PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self) -> tuple[int, int, int, list[str], bool]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        n_sessions, n_received, lost, reasons, stuck = json.loads(self.process.stdout.readline())
        return n_sessions, n_received, lost, reasons, stuck

    def wait_received(self, n_more: int) -> None:
        n_wanted = self.ask()[1] + n_more
        deadline_s = time.monotonic() + 15
        while self.ask()[1] < n_wanted:
            assert time.monotonic() < deadline_s, self.ask()
            time.sleep(0.1)


@pytest.fixture
def capture(virtual_mic: VirtualMic) -> Iterator[CaptureProcess]:
    capture = CaptureProcess()
    capture.wait_received(20_000)
    yield capture
    if capture.process.poll() is None:
        capture.process.kill()
    for pipe in (capture.process.stdin, capture.process.stdout):
        if pipe:
            pipe.close()
    capture.process.wait(10)


def test_a_suspended_process_gets_all_sound_of_that_time(capture: CaptureProcess) -> None:
    began_s, n_before = time.monotonic(), capture.ask()[1]
    capture.process.send_signal(signal.SIGSTOP)
    time.sleep(3.0)  # longer than the stall time
    capture.process.send_signal(signal.SIGCONT)
    # Buffered sound comes faster than real time; if it were lost, the count would stay 3 s behind the clock.
    while capture.ask()[1] - n_before < (time.monotonic() - began_s - 0.8) * 44_100:
        assert time.monotonic() - began_s < 15
        time.sleep(0.1)
    n_sessions, _, lost, reasons, _ = capture.ask()
    assert (n_sessions, lost, reasons) == (1, 0, [])


def test_a_frozen_server_is_reported_and_the_microphone_comes_back(
    virtual_mic: VirtualMic, capture: CaptureProcess
) -> None:
    virtual_mic.signal(signal.SIGSTOP)
    try:
        deadline_s = time.monotonic() + 12
        while len(capture.ask()[3]) < 2:
            assert time.monotonic() < deadline_s
            time.sleep(0.1)
        _, _, _, reasons, stuck = capture.ask()
        assert stuck
        assert "stopped delivering" in reasons[0]
        assert "does not answer" in reasons[1]
    finally:
        virtual_mic.signal(signal.SIGCONT)
    capture.wait_received(20_000)
    n_sessions, _, _, _, stuck = capture.ask()
    assert (n_sessions, stuck) == (2, False)


def test_a_process_can_end_while_the_server_is_frozen(virtual_mic: VirtualMic, capture: CaptureProcess) -> None:
    virtual_mic.signal(signal.SIGSTOP)
    try:
        time.sleep(0.5)
        assert capture.process.stdin
        capture.process.stdin.close()
        assert capture.process.wait(10) == 3  # the exit code where a normal exit would hang
    finally:
        virtual_mic.signal(signal.SIGCONT)
