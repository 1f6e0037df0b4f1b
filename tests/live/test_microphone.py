"""`streamer run mic` on the virtual microphone: events and scores, and recovery from its failures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.support import bands
from tests.support.bands import lines, streamer
from tests.support.live import Start, is_running, is_waiting, start
from tests.support.paths import ESC10
from tests.support.rigs import need_esc10
from tests.support.virtual_mic import VirtualMic, virtual_mic

__all__ = ["start", "virtual_mic"]
pytestmark = pytest.mark.virtual_mic
RATE = 44_100  # samples per second of the rig's microphone


def is_score(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "scores")


@pytest.fixture
def settings(tmp_path: Path, model: Path) -> list[object]:
    """Arguments for a quick test: health every second, prompt retries."""
    path = tmp_path / "config.toml"
    path.write_text("[output]\nhealth_s = 1.0\n[source]\nretry_min_s = 0.2\nretry_max_s = 0.5\nstall_s = 1.0\n")
    return ["mic", "-c", path, "-m", model, "--scores"]


def test_live_events_and_scores_equal_those_of_the_recorded_file(
    virtual_mic: VirtualMic, start: Start, settings: list[object], model: Path, tmp_path: Path
) -> None:
    live = start(*settings, "--record", tmp_path / "record")
    live.wait_for(is_score)
    virtual_mic.play(bands.write_sound(tmp_path / "scene.wav", bands.scene())).wait(20)
    summary = live.end()
    assert [line["label"] for line in live.lines if line["type"] == "event"] == ["low", "high"]
    assert (summary["lost_samples"], summary["reconnects"]) == (0, 0)
    (recorded,) = (tmp_path / "record").glob("*.wav")
    again = lines(streamer("classify", recorded, "-m", model, "--json", "--scores"), "scores")
    scores = [line for line in live.lines if is_score(line)]
    assert [line["scores"] for line in scores] == [line["scores"] for line in again]
    assert soundfile.info(recorded).duration == pytest.approx(summary["position_s"], abs=1e-3)


@pytest.mark.parametrize(
    ("fault", "mend"), [("kill", "start"), ("unplugall", "plug"), ("suspend", "resume")], ids=lambda word: str(word)
)
def test_a_microphone_that_fails_is_waited_for(
    virtual_mic: VirtualMic, start: Start, settings: list[object], fault: str, mend: str, tmp_path: Path
) -> None:
    live = start(*settings)
    live.wait_for(is_score)
    virtual_mic.command(fault)
    reason = live.wait_for(is_waiting)["detail"]
    assert "trying again in" in reason
    n_scores = sum(map(is_score, live.lines))
    virtual_mic.command(mend)
    live.wait_for(is_running)
    first = live.wait_for(is_score)
    virtual_mic.play(bands.write_sound(tmp_path / "tone.wav", bands.tones(500.0, (0.0, 1.5), length_s=2.0))).wait(20)
    summary = live.end()
    assert summary["reconnects"] >= 1
    assert summary["state"] == "ended"
    # No window spans the time without sound: the first one after it began after the last one before it had ended.
    before = [line for line in live.lines if is_score(line)][n_scores - 1]
    assert first["start_s"] > before["end_s"]
    assert [line["label"] for line in live.lines if line["type"] == "event"][-1] == "low"


def test_a_restarted_sound_server_is_noticed_whatever_the_pause(
    virtual_mic: VirtualMic, start: Start, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[output]\nhealth_s = 1.0\n[source]\nretry_min_s = 60\nretry_max_s = 60\n")
    live = start("mic", "-c", path, "-m", model, "--scores")
    live.wait_for(is_score)
    virtual_mic.command("kill")
    live.wait_for(is_waiting)
    virtual_mic.command("start")
    live.wait_for(is_running)
    live.wait_for(is_score)
    assert live.end()["reconnects"] == 1


def test_a_microphone_in_a_process_of_its_own(
    virtual_mic: VirtualMic, start: Start, settings: list[object], tmp_path: Path
) -> None:
    """Nothing is lost on the way, its sound server may be frozen and killed, and it ends with the run."""
    path = tmp_path / "isolated.toml"
    path.write_text("[output]\nhealth_s = 1.0\n[source]\nisolate = true\nretry_min_s = 0.2\nstall_s = 1.0\n")
    live = start("mic", "-c", path, *settings[3:], "--record", tmp_path / "record")
    live.wait_for(is_score)
    virtual_mic.play(bands.write_sound(tmp_path / "scene.wav", bands.scene())).wait(20)
    virtual_mic.signal(signal.SIGSTOP)
    live.wait_for(is_waiting)
    virtual_mic.signal(signal.SIGCONT)
    live.wait_for(is_running)
    live.wait_for(is_score)
    summary = live.end()
    assert [line["label"] for line in live.lines if line["type"] == "event"] == ["low", "high"]
    assert summary["lost_samples"] == 0
    assert summary["reconnects"] >= 1


def second_0(score: dict[str, Any]) -> float:
    """Return the wall clock at a stream's second 0."""
    return datetime.fromisoformat(score["time"]).timestamp() - float(score["end_s"])


def test_what_a_reload_does_not_capture_is_counted_as_lost(
    virtual_mic: VirtualMic, start: Start, settings: list[object]
) -> None:
    live = start(*settings)
    for _ in range(3):  # the clocks have settled
        before = live.wait_for(is_score)
    live.signal(signal.SIGHUP)
    first = live.wait_for(lambda line: line["type"] == "summary")
    for _ in range(3):
        after = live.wait_for(is_score)
    last = live.end()
    gap_s = second_0(after) - (second_0(before) + first["position_s"])
    assert first["lost_samples"] == 0
    assert last["lost_samples"] / RATE == pytest.approx(gap_s, abs=0.1)
    assert last["lost_fraction"] == pytest.approx(gap_s / (gap_s + last["position_s"]), abs=0.02)


def test_a_microphone_that_appears_later(virtual_mic: VirtualMic, start: Start, settings: list[object]) -> None:
    virtual_mic.command("stop")
    live = start(*settings)
    live.wait_for(is_waiting)
    assert not any(map(is_score, live.lines))
    virtual_mic.command("start")
    live.wait_for(is_score)
    assert live.end()["reconnects"] == 0


def test_a_microphone_that_never_appears_ends_with_exit_code_1(virtual_mic: VirtualMic, model: Path) -> None:
    virtual_mic.command("stop")
    done = streamer("run", "mic", "-m", model, "--json", "--seconds", 2)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["state"] == "waiting"


def test_real_sounds_through_the_shipped_model(virtual_mic: VirtualMic, start: Start, tmp_path: Path) -> None:
    need_esc10()
    played = ["rooster/1-26806-A", "chainsaw/1-19898-A"]  # found wherever the windows begin
    sounds = [soundfile.read(ESC10 / f"{name}.ogg", dtype="float32") for name in played]
    (rate,) = {rate for _, rate in sounds}
    pause = np.zeros(2 * rate, np.float32)
    together = np.concatenate([part for sound, _ in sounds for part in (sound, pause)])
    path = tmp_path / "street.wav"
    soundfile.write(path, together, rate)
    live = start("mic", "--scores", "--record", tmp_path / "record")
    live.wait_for(is_score)
    virtual_mic.play(path).wait(40)
    summary = live.end()
    assert [line["label"] for line in live.lines if line["type"] == "event"] == ["rooster", "chainsaw"]
    assert summary["lost_samples"] == 0
    (recorded,) = (tmp_path / "record").glob("*.wav")
    again = lines(streamer("classify", recorded, "--json", "--scores"), "scores")
    assert [line["scores"] for line in live.lines if is_score(line)] == [line["scores"] for line in again]


def test_a_suspended_terminal_loses_no_window(virtual_mic: VirtualMic, model: Path, tmp_path: Path) -> None:
    """While nobody reads from the terminal, drawing blocks and processing goes on."""
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "streamer", "run", "mic", "-m", model, "--seconds", "8"]
    scores = tmp_path / "scores.jsonl"
    with subprocess.Popen(
        [*map(str, command), "--jsonl", str(scores), "--scores"], stdin=slave, stdout=slave, stderr=slave
    ) as process:
        deadline_s = time.monotonic() + 60
        while not (scores.exists() and '"summary"' in scores.read_text()):  # nobody reads from the terminal until then
            assert time.monotonic() < deadline_s
            time.sleep(0.1)
        while process.poll() is None:
            os.set_blocking(master, False)
            try:
                os.read(master, 65536)
            except BlockingIOError:
                time.sleep(0.01)
        os.close(slave)
        os.close(master)
    found = [json.loads(line) for line in scores.read_text().splitlines()]
    windows = [line for line in found if line["type"] == "scores"]
    steps = np.diff([line["start_s"] for line in windows])
    assert len(windows) > 60
    assert steps.max() == pytest.approx(0.1, abs=1e-3)
    assert found[-1]["lost_samples"] == 0
