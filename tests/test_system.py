import sys
from pathlib import Path

import pytest

from streamer.system import ProcessMeter, release_code, resident_bytes, temperature_c


def test_memory_is_that_of_this_process() -> None:
    before = resident_bytes()
    block = bytearray(64 << 20)
    block[::4096] = b"x" * len(block[::4096])
    assert (60 << 20) < resident_bytes() - before < (80 << 20)


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
