"""Thread of PortAudio: a call that hangs holds its caller for two seconds at most."""

import os
import subprocess
import sys
import threading
import time

import pytest

from streamer.errors import SourceUnavailable
from streamer.sources.sound import portaudio as module
from streamer.sources.sound.portaudio import PortAudioThread
from tests.support.fake_sounddevice import FakePortAudio, FakeSounddevice


@pytest.fixture(autouse=True)
def _short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.4)
    monkeypatch.setattr(module, "STOP_TIMEOUT_S", 0.1)


@pytest.fixture
def portaudio() -> PortAudioThread:
    return FakePortAudio(FakeSounddevice("microphone"))


def test_results_and_errors_are_returned_and_all_calls_run_on_one_thread(portaudio: PortAudioThread) -> None:
    names = {portaudio.call(lambda _: threading.current_thread().name) for _ in range(3)}
    assert names == {"portaudio"}

    def fail(_: object) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        portaudio.call(fail)
    assert not portaudio.stuck


def test_a_call_that_hangs_is_abandoned_and_others_refused_until_it_returns(portaudio: PortAudioThread) -> None:
    resume = threading.Event()
    undone: list[str] = []

    def open_late(_: object) -> str:
        resume.wait(30)
        return "stream"

    with pytest.raises(SourceUnavailable, match="does not answer"):
        portaudio.call(open_late, undo=undone.append)
    assert portaudio.stuck
    started_s = time.monotonic()
    with pytest.raises(SourceUnavailable, match="does not answer"):
        portaudio.call(lambda _: "never runs", undo=undone.append)
    assert time.monotonic() - started_s < 0.3  # refused at once
    resume.set()
    assert portaudio.call(lambda _: 7) == 7
    assert undone == ["stream"]
    assert not portaudio.stuck


def test_after_a_hang_abandoned_closings_are_run_and_openings_skipped(portaudio: PortAudioThread) -> None:
    resume, happened = threading.Event(), []
    threads = [
        threading.Thread(target=lambda work=work, undo=undo: _ignore(portaudio, work, undo), daemon=True)
        for work, undo in (
            (lambda _: resume.wait(30), None),
            (lambda _: happened.append("open"), lambda _: None),
            (lambda _: happened.append("close"), None),
        )
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(10)
    assert happened == []
    resume.set()
    portaudio.call(lambda _: None)
    assert happened == ["close"]


def _ignore(portaudio: PortAudioThread, work: object, undo: object) -> None:
    with pytest.raises(SourceUnavailable):
        portaudio.call(work, undo=undo)  # type: ignore[arg-type]


def test_a_stop_ends_the_wait_early(portaudio: PortAudioThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 20.0)
    resume, stop = threading.Event(), threading.Event()
    undone: list[str] = []

    def open_late(_: object) -> str:
        resume.wait(30)
        return "stream"

    threading.Timer(0.1, stop.set).start()
    started_s = time.monotonic()
    assert portaudio.call(open_late, stop, undone.append) is None
    assert time.monotonic() - started_s < 5
    assert portaudio.stuck  # so the process must not exit normally
    resume.set()
    portaudio.call(lambda _: None)
    assert undone == ["stream"]


def test_the_list_of_devices_is_updated_only_while_no_stream_is_open() -> None:
    sounddevice = FakeSounddevice("microphone")
    portaudio = FakePortAudio(sounddevice)
    portaudio.call(portaudio.refresh)
    assert sounddevice.calls == ["terminate", "initialize"]
    portaudio.n_open = 1
    portaudio.call(portaudio.refresh)
    assert sounddevice.calls == ["terminate", "initialize"]


def test_a_missing_library_names_the_package_to_install() -> None:
    code = (
        "import ctypes.util, threading\n"
        "ctypes.util.find_library = lambda name: None\n"
        "from streamer.errors import UserError\n"
        "from streamer.sources import open_source\n"
        "from streamer.sources.sound.devices import list_microphones\n"
        "for work in (lambda: open_source('mic').capture(None, threading.Event()), list_microphones):\n"
        "    try: work()\n"
        "    except UserError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert all("sudo apt install libportaudio2" in line for line in lines)


def test_stderr_works_after_a_hang(portaudio: PortAudioThread, capfd: pytest.CaptureFixture[str]) -> None:
    """Initialising redirects file descriptor 2 itself, and restores what it found: our null device."""
    resume = threading.Event()

    def initialise(_: object) -> None:
        found = os.dup(2)
        resume.wait(30)
        os.dup2(found, 2)
        os.close(found)

    with pytest.raises(SourceUnavailable):
        portaudio.call(initialise)
    os.write(2, b"while it hangs ")
    resume.set()
    portaudio.call(lambda _: None)
    os.write(2, b"and after")
    assert capfd.readouterr().err == "while it hangs and after"
