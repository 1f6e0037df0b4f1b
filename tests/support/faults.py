"""The fault matrix: what goes wrong with devices, caused on real libraries and virtual hardware."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamer.config import SourceSettings
from streamer.messages import State
from streamer.sources import open_source
from tests.support import rtsp_camera, virtual_mic
from tests.support.mjpeg_camera import MjpegCamera, number_of
from tests.support.observed import Observed
from tests.support.rtsp_camera import RtspCamera, sent_s
from tests.support.stand_in_driver import install_driver
from tests.support.virtual_mic import VirtualMic

MAX_DETECTED_S, MAX_RESUMED_S = 5.0, 10.0
HTTP_FPS = 30.0
SENDING_S = 0.1  # that an image may be sent late
CLOCK_S = 0.25  # the last block before a sound server goes may come so late
HOLD_S = 1.0  # that a fault lasts after it was detected
MIC, ISOLATED_MIC = "microphone, PulseAudio", "microphone, PulseAudio, isolated"
HTTP, RTSP, ISOLATED_RTSP = "camera, MJPEG over HTTP", "camera, RTSP", "camera, RTSP, isolated"
DRIVER = "driver, isolated"


@dataclass(frozen=True)
class Outcome:
    """What came of a fault; None where it takes nothing away, and so is neither detected nor ended."""

    detected_s: float | None  # from its beginning
    resumed_s: float | None  # from the beginning of the mending to the first sound or image
    away_s: float | None  # from the last sound or image before to the first one after
    lost_s: float  # within the sessions, really: by the clock, or by the numbers in the images
    counted_s: float  # … and as counted
    tolerance_s: float  # of the two: the clock of the first and last block, or none for numbers


@dataclass(frozen=True)
class Fault:
    """One row of the matrix."""

    device: str
    what: str
    cause: Callable[[Path], Outcome]
    absent: Callable[[], str] = lambda: ""  # why it cannot be caused here

    @property
    def name(self) -> str:
        """Name of the row."""
        return f"{self.device}: {self.what}"


def outage(observed: Observed, begin: Callable[[], object], end: Callable[[], object] | None) -> Outcome:
    """Cause a fault, wait until it is detected, mend it and wait for sound or images."""
    observed.wait_flow(1)
    n_before = len(observed.delivered)
    begun_s = time.monotonic()
    begin()
    observed.wait_for(lambda: observed.entered(State.WAITING, begun_s) is not None)
    detected_s = observed.entered(State.WAITING, begun_s)
    assert detected_s is not None
    if end:
        threading.Event().wait(HOLD_S)
    mended_s = time.monotonic() if end else detected_s
    if end:
        end()
    resumed_s = observed.wait_flow(n_before + 1)
    before, after = observed.delivered[n_before - 1], observed.delivered[-1]
    return judged(observed, detected_s - begun_s, max(0.0, resumed_s - mended_s), after.first_s - before.last_s)


def in_place(observed: Observed, do: Callable[[], object], holds: Callable[[], bool]) -> Outcome:
    """Cause something that takes no device away, and wait for its effect."""
    observed.wait_flow(1)
    do()
    observed.wait_for(holds)
    return judged(observed, None, None, None)


def judged(observed: Observed, detected_s: float | None, resumed_s: float | None, away_s: float | None) -> Outcome:
    """Return the outcome with the losses within all sessions."""
    lost_s = counted_s = tolerance_s = 0.0
    for session in observed.delivered:
        opened = session.capture.format
        if session.numbers and observed.source.uri.startswith("rtsp"):  # the images carry the times of their sending
            lost_s += session.numbers[-1] - session.numbers[0] - (len(session.numbers) - 1) / rtsp_camera.FPS
            counted_s += session.n_lost / rtsp_camera.FPS
            tolerance_s += SENDING_S
        elif session.numbers:
            lost_s += (session.numbers[-1] - session.numbers[0] + 1 - len(session.numbers)) / HTTP_FPS
            counted_s += session.n_lost / HTTP_FPS
        elif observed.source.medium == "sound" and session.n:
            lost_s += session.last_s - session.first_s - session.n / opened.sample_rate
            counted_s += session.n_lost / opened.sample_rate
            tolerance_s += CLOCK_S
    return Outcome(detected_s, resumed_s, away_s, max(0.0, lost_s), counted_s, tolerance_s)


@contextmanager
def microphone(folder: Path, is_isolated: bool) -> Iterator[tuple[VirtualMic, Observed]]:
    """A virtual microphone, and its source while it is captured."""
    with pytest.MonkeyPatch.context() as patch:
        mic = VirtualMic(folder)
        for name, value in mic.environment.items():
            patch.setenv(name, value)
        mic.command("start")
        try:
            with Observed(open_source("mic:pulse", SourceSettings(isolate=is_isolated))) as observed:
                yield mic, observed
        finally:
            mic.command("stop")


def mic_outage(begin: str, end: str, *, is_isolated: bool = False) -> Callable[[Path], Outcome]:
    """Return what causes a fault by two commands of the rig, or by two signals to the sound server."""

    def do(mic: VirtualMic, word: str) -> None:
        mic.signal(signal.Signals[word]) if word.startswith("SIG") else mic.command(word)

    def cause(folder: Path) -> Outcome:
        with microphone(folder, is_isolated) as (mic, observed):
            return outage(observed, lambda: do(mic, begin), lambda: do(mic, end))

    return cause


def mic_pause(folder: Path) -> Outcome:
    with microphone(folder, False) as (mic, observed):

        def suspend() -> None:
            mic.command("suspend")
            threading.Event().wait(1.0)
            mic.command("resume")

        return in_place(observed, suspend, lambda: observed.delivered[0].n_lost > 0)


def http_outage(
    begin: Callable[[MjpegCamera], object], end: Callable[[MjpegCamera], object] | None
) -> Callable[[Path], Outcome]:
    def cause(_: Path) -> Outcome:
        with MjpegCamera() as camera, Observed(open_source(camera.url), number_of) as observed:
            return outage(observed, lambda: begin(camera), (lambda: end(camera)) if end else None)

    return cause


def http_damage(_: Path) -> Outcome:
    with MjpegCamera() as camera, Observed(open_source(camera.url), number_of) as observed:

        def damage() -> None:
            camera.truncate_every = 5

        return in_place(observed, damage, lambda: observed.delivered[0].n_lost >= 10)


def refuse(camera: MjpegCamera) -> None:
    camera.die()
    camera.refuses = True
    camera.start()


def accept(camera: MjpegCamera) -> None:
    camera.refuses = False


def shrink(camera: MjpegCamera) -> None:
    camera.size = 128, 96


def rtsp_outage(begin: str, end: str, *, is_isolated: bool = False) -> Callable[[Path], Outcome]:
    def do(camera: RtspCamera, word: str) -> None:
        camera.signal(signal.Signals[word]) if word.startswith("SIG") else getattr(camera, word)()

    def cause(_: Path) -> Outcome:
        with ExitStack() as stack:
            camera = RtspCamera()
            stack.callback(camera.die)
            source: Any = open_source(camera.url, SourceSettings(isolate=is_isolated))
            observed = stack.enter_context(Observed(source, sent_s))
            return outage(observed, lambda: do(camera, begin), lambda: do(camera, end))

    return cause


def driver_fault(fault: str) -> Callable[[Path], Outcome]:
    def cause(folder: Path) -> Outcome:
        with pytest.MonkeyPatch.context() as patch:
            install_driver(folder, patch)
            source: Any = open_source(f"stand-in:{fault}:{folder / 'marker'}", SourceSettings(isolate=True))
            with Observed(source) as observed:
                observed.wait_for(lambda: bool(observed.delivered) and observed.delivered[0].n > 0)
                begun_s = time.monotonic() + 0.5  # when the driver fails
                detected_s = observed.wait_for(lambda: observed.entered(State.WAITING, 0.0) is not None)
                resumed_s = observed.wait_flow(2)
                lost_s = observed.delivered[0].n_lost / 8000
        return Outcome(max(0.0, detected_s - begun_s), resumed_s - detected_s, None, 7 / 8000, lost_s, 0.0)

    return cause


FAULTS = (
    Fault(MIC, "sound server killed, and started again", mic_outage("kill", "start"), virtual_mic.why_absent),
    Fault(MIC, "last source taken away, and back", mic_outage("unplugall", "plug"), virtual_mic.why_absent),
    Fault(MIC, "source suspended, and resumed", mic_outage("suspend", "resume"), virtual_mic.why_absent),
    Fault(MIC, "sound server frozen, and going on", mic_outage("SIGSTOP", "SIGCONT"), virtual_mic.why_absent),
    Fault(MIC, "source suspended for a second", mic_pause, virtual_mic.why_absent),
    Fault(
        ISOLATED_MIC,
        "sound server killed, and started again",
        mic_outage("kill", "start", is_isolated=True),
        virtual_mic.why_absent,
    ),
    Fault(
        ISOLATED_MIC,
        "sound server frozen, and going on",
        mic_outage("SIGSTOP", "SIGCONT", is_isolated=True),
        virtual_mic.why_absent,
    ),
    Fault(HTTP, "server killed, and started again", http_outage(MjpegCamera.die, MjpegCamera.start)),
    Fault(HTTP, "stalled between two images", http_outage(MjpegCamera.stall, MjpegCamera.go_on)),
    Fault(HTTP, "stalled within an image", http_outage(lambda camera: camera.stall(mid_image=True), MjpegCamera.go_on)),
    Fault(HTTP, "server refuses (503), and accepts", http_outage(refuse, accept)),
    Fault(HTTP, "images of another size", http_outage(shrink, None)),
    Fault(HTTP, "one image in five damaged", http_damage),
    Fault(RTSP, "server killed, and started again", rtsp_outage("die", "start"), rtsp_camera.why_absent),
    Fault(RTSP, "stream stalled, and going on", rtsp_outage("SIGUSR1", "SIGUSR2"), rtsp_camera.why_absent),
    Fault(RTSP, "server frozen, and going on", rtsp_outage("SIGSTOP", "SIGCONT"), rtsp_camera.why_absent),
    Fault(
        ISOLATED_RTSP,
        "server killed, and started again",
        rtsp_outage("die", "start", is_isolated=True),
        rtsp_camera.why_absent,
    ),
    Fault(DRIVER, "call that never returns, with all threads held up", driver_fault("hang")),
    Fault(DRIVER, "endless loop, with all threads held up", driver_fault("spin")),
    Fault(DRIVER, "crash", driver_fault("crash")),
)
