"""Capture in a child process, with a stand-in for a driver that hangs, spins and crashes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.sources import open_source
from streamer.sources.isolated.source import IsolatedImages, IsolatedSound
from tests.support.source_thread import ImageSourceThread, SoundSourceThread
from tests.support.stand_in_driver import BLOCK, N_BLOCKS, install_driver

RAMP = np.arange(1, N_BLOCKS * BLOCK + 1, dtype=np.float32)[:, None] / 16384
REASONS = {
    "hang": "its driver hangs or spins: the process for it was ended",
    "spin": "its driver hangs or spins: the process for it was ended",
    "crash": "the process for it was ended by signal 6",
    "wait": "its driver delivers nothing and does not end",
    "stuck": "it does not answer",
    "bug": "ValueError: odd; report this as a bug",
}


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install_driver(tmp_path, monkeypatch)
    return tmp_path / "marker"


def sound(fault: str, marker: Path) -> IsolatedSound:
    settings = SourceSettings(isolate=True, stall_s=0.5 if fault == "wait" else 2.0)
    source = open_source(f"stand-in:{fault}:{marker}", settings, ImageSettings())
    assert isinstance(source, IsolatedSound)
    return source


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("fault", REASONS)
def test_a_driver_that_fails_is_ended_and_begun_anew_and_nothing_is_lost(fault: str, marker: Path) -> None:
    source = sound(fault, marker)
    with SoundSourceThread(source) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
        first_pid = int(thread.sessions[0].sound_format.device.split()[1])
        assert REASONS[fault] in thread.reasons[0]
        assert first_pid != os.getpid()
        np.testing.assert_array_equal(thread.sessions[0].samples[: len(RAMP)], RAMP)
        assert thread.sessions[0].lost == 7  # of the source
        thread.wait_for(lambda: len(thread.sessions) > 1 and len(thread.sessions[1].samples) > len(RAMP))
        second_pid = int(thread.sessions[1].sound_format.device.split()[1])
        assert (second_pid == first_pid) == (fault == "bug")  # a process that answers is kept
        thread.wait_for(lambda: source.note == "a remark")
        assert source.overflows == (3 if fault == "bug" else 6)  # those of a process that was ended still count
        assert not source.stuck
        if fault != "bug":
            assert not exists(first_pid)
    thread.wait_for(lambda: not exists(second_pid))
    assert not list(Path("/dev/shm").glob(f"*{os.getpid()}*-streamer"))


def test_images_come_through_with_their_times_and_losses(marker: Path) -> None:
    source = open_source(f"stand-in-images:none:{marker}", SourceSettings(isolate=True), ImageSettings())
    assert isinstance(source, IsolatedImages)
    begun_s = time.monotonic()
    with ImageSourceThread(source) as thread:
        thread.wait_images(10)
    images = thread.sessions[0].images[:10]
    assert [int(image.pixels[0, 0, 0]) for image in images] == list(range(10))
    assert all((image.pixels == image.pixels[0, 0, 0]).all() for image in images)
    assert [image.time_s for image in images] == pytest.approx([0.1 * n for n in range(10)])
    assert [image.skipped_before for image in images] == [0] * 5 + [2] + [0] * 4
    assert begun_s < images[0].captured_s < images[-1].captured_s < time.monotonic()


def test_capture_times_of_sound_come_through(marker: Path) -> None:
    begun_s = time.monotonic()
    with SoundSourceThread(sound("none", marker)) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) > 2 * len(RAMP))
    times_s = [chunk.time_s for chunk in thread.sessions[0].chunks]
    assert begun_s < times_s[-1] < time.monotonic()


def test_a_source_that_is_away_is_asked_for_signs_in_the_same_process(marker: Path) -> None:
    source = sound("absent", marker)
    assert not source.may_be_back()  # before anything runs
    with SoundSourceThread(source, retry_s=60.0) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
        assert thread.reasons == ["it is not there"]
        assert not source.may_be_back()
        Path(f"{marker}.back").touch()
        assert source.may_be_back()
        thread.stop.set()


def test_a_mistake_of_the_user_is_not_tried_again(marker: Path) -> None:
    with SoundSourceThread(sound("wrong", marker)) as thread:
        thread.wait_end()
    assert isinstance(thread.error, UserError)
    assert "its channel must be below 2" in str(thread.error)


def test_a_stop_ends_the_process_even_if_its_driver_spins(marker: Path) -> None:
    with SoundSourceThread(sound("spin", marker)) as thread:
        thread.wait_for(lambda: bool(thread.sessions) and len(thread.sessions[0].samples) >= len(RAMP))
        pid = int(marker.read_text())
        thread.leave()
    thread.wait_for(lambda: not exists(pid))


HOLDER = """
import sys, threading
from streamer.config import SourceSettings
from streamer.rings import SampleRing
from streamer.sources import open_source
source = open_source(sys.argv[1], SourceSettings(isolate=True, stall_s=60))
def begin(opened):
    print("begun", flush=True)
    return SampleRing(8000, 1, 8000)
source.capture(begin, threading.Event())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of other systems does not end a child with its parent")
@pytest.mark.parametrize("fault", ["spin", "hang", "none"])
def test_the_process_ends_with_its_parent_whatever_it_does(fault: str, marker: Path) -> None:
    command = [sys.executable, "-c", HOLDER, f"stand-in:{fault}:{marker}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"begun\n"
        pid = int(marker.read_text())
        assert exists(pid)
        holder.kill()
        holder.wait()
    done = threading.Event()
    for _ in range(1000):
        if not exists(pid):
            return
        done.wait(0.01)
    raise AssertionError(f"the process {pid} goes on")
