"""Figures of the process, memory released, and standard error silenced for C code."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from streamer.system import (
    ProcessMeter,
    machine_bytes,
    native_name,
    quiet_stderr,
    release_code,
    release_unused,
    resident_bytes,
    signal_name,
    temperature_c,
    unicode_name,
)


def test_memory_is_that_of_this_process() -> None:
    before = resident_bytes()
    block = bytearray(64 << 20)
    block[::4096] = b"x" * len(block[::4096])
    assert (60 << 20) < resident_bytes() - before < (80 << 20)


@pytest.mark.parametrize(("limit", "expected"), [("268435456\n", 256 << 20), ("max\n", 0), ("", 0)])
def test_the_memory_of_the_machine_is_less_where_a_container_sets_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, expected: int
) -> None:
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr("streamer.system._limit_files", lambda: [tmp_path / "memory.max", tmp_path / "absent"])
    assert machine_bytes() == (expected or physical)


def test_the_meter_measures_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"now": 100.0, "cpu": 5.0}
    monkeypatch.setattr("time.monotonic", lambda: clock["now"])
    monkeypatch.setattr("time.process_time", lambda: clock["cpu"])
    meter = ProcessMeter()
    clock |= {"now": 100.5, "cpu": 5.4}
    meter.measure()
    assert (meter.cpu_fraction, meter.memory_bytes) == (0.0, 0)
    clock |= {"now": 102.0, "cpu": 5.5}
    meter.measure()
    assert meter.cpu_fraction == pytest.approx(0.25)
    assert meter.memory_bytes > 0


def test_temperature_is_in_degrees_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: "48312\n")
    assert temperature_c() == 48.312
    monkeypatch.setattr(Path, "read_text", lambda _: (_ for _ in ()).throw(FileNotFoundError))
    assert temperature_c() is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells where libraries lie")
def test_released_code_runs_again_when_it_is_needed() -> None:
    import numba
    import numpy as np

    numba.njit(lambda x: x + 1)(1)  # LLVM is in memory now
    before = resident_bytes()
    release_code("libllvmlite")
    assert before - resident_bytes() > 10 << 20
    assert numba.njit(lambda x: x.sum())(np.ones(5)) == 5.0


@pytest.mark.skipif(sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_memory_between_what_is_alive_is_given_back() -> None:
    blocks = [bytes(60_000) + bytes([k % 256]) for k in range(2000)]
    del blocks[::2], blocks[::2]  # one in four is left
    before = resident_bytes()
    release_unused()
    assert before - resident_bytes() > 50e6
    assert [block[-1] for block in blocks[:3]] == [3, 7, 11]


def test_writes_inside_the_block_vanish_and_later_ones_return(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with quiet_stderr():
        os.write(2, b"inside ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_blocks_nest_and_survive_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with quiet_stderr():
            with quiet_stderr():
                os.write(2, b"inner ")
            os.write(2, b"outer ")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_overlapping_threads_restore_once_the_last_leaves(capfd: pytest.CaptureFixture[str]) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with quiet_stderr():
            entered.set()
            leave.wait(10)

    with quiet_stderr():
        thread = threading.Thread(target=hold)
        thread.start()
        assert entered.wait(10)
    os.write(2, b"still quiet ")
    leave.set()
    thread.join(10)
    os.write(2, b"loud")
    assert capfd.readouterr().err == "loud"


def test_no_descriptor_is_left_open_and_a_closed_one_is_no_error() -> None:
    code = (
        "import os\nfrom streamer.system import quiet_stderr\n"
        "n = len(os.listdir('/dev/fd'))\n"
        "for _ in range(5):\n    with quiet_stderr(): pass\n"
        "assert len(os.listdir('/dev/fd')) == n\n"
        "os.close(2)\nwith quiet_stderr(): pass\nprint('fine')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "fine\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_utf_8_can_be_opened_under_another(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xe9"))
    folder.mkdir()
    for path in (tmp_path / "a", tmp_path / os.fsdecode(b"\xe9\xff"), folder / "a", folder / os.fsdecode(b"\x80")):
        path.write_bytes(b"content")
        assert Path(os.fsdecode(native_name(path))) == path
        with unicode_name(path) as name:
            assert Path(name.encode().decode()).read_bytes() == b"content"
    with unicode_name(folder / "new") as name:
        Path(name).write_bytes(b"new")
    assert (folder / "new").read_bytes() == b"new"
    n_open = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(FileNotFoundError), unicode_name(folder / os.fsdecode(b"no\xe9")):
        pass
    assert len(os.listdir("/proc/self/fd")) == n_open  # noqa: PTH208


def test_the_signal_that_ended_a_process_has_a_name() -> None:
    assert signal_name(-15) == "SIGTERM"
    assert signal_name(-999) == "signal 999"
