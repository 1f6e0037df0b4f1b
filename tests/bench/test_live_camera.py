"""What a live camera costs: the programs run, on one camera, and are measured; how much they take is not tested."""

from __future__ import annotations

import json
import os
import sys

import pytest

from streamer.bench import live_camera
from streamer.bench.live_camera import ALONE, SCRIPT, SHOWN, LiveRow, live_rows
from streamer.errors import UserError
from tests.support.bands import streamer


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells what a process uses")
def test_all_programs_are_measured_on_the_same_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_camera, "N_ROUNDS", 1)
    script, alone, shown = live_rows(1.0, settle_s=8.0)
    assert [script.name, alone.name, shown.name] == [SCRIPT, ALONE, SHOWN]
    for row in (script, alone, shown):
        assert 0.0 < row.cpu_percent < 100.0 * (os.cpu_count() or 1)
        assert 10.0 < row.pss_mb <= row.rss_mb
    assert alone.cpu_target == 4.0
    assert shown.cpu_target == pytest.approx(alone.cpu_percent + 4.0)


@pytest.mark.parametrize(
    ("cpu_percent", "pss_mb", "met"), [(3.9, 119.0, True), (4.1, 119.0, False), (3.9, 121.0, False)]
)
def test_both_targets_must_be_reached(cpu_percent: float, pss_mb: float, met: bool) -> None:
    assert LiveRow("x", cpu_percent, pss_mb, 200.0, cpu_target=4.0, memory_target=120.0).met is met
    assert LiveRow("x", cpu_percent, pss_mb, 200.0).met is None


def test_latency_is_that_of_the_last_health_that_has_one() -> None:
    lines = [{"type": "health", "latency_p50_s": p50, "latency_p99_s": 0.05} for p50 in (0.01, 0.02, None)]
    output = b"\n".join([b'{"type": "sco', *(json.dumps(line).encode() for line in lines), b'{"type": "health", "la'])
    assert live_camera._latency_s(output) == (0.02, 0.05)
    assert live_camera._latency_s(b"") is None


def test_a_program_that_ends_is_named() -> None:
    if sys.platform != "linux":
        pytest.skip("Linux alone tells what a process uses")
    with pytest.raises(UserError, match="must run on; it ended"):
        live_camera._measured([sys.executable, "-c", "pass"], 0.1, 1.0, in_terminal=False)


def test_models_are_not_chosen() -> None:
    result = streamer("bench", "live", "-m", "ambient")
    assert result.returncode == 2
    assert "must be left out with live" in result.stderr
