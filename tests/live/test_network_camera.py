"""`streamer run http://…` on a synthetic network camera: measurements, and recovery from its failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import lamps
from tests.support.live import LiveCommand, Start, is_running, is_waiting, start
from tests.support.mjpeg_camera import MjpegCamera

__all__ = ["start"]
BLINK_HZ = 3.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lamps.write_model(tmp_path_factory.mktemp("model") / "lamps.tflite")


@pytest.fixture
def settings(tmp_path: Path, model: Path) -> list[object]:
    """Arguments for a quick test: health every second, prompt retries, short windows."""
    path = tmp_path / "config.toml"
    path.write_text(
        "[output]\nhealth_s = 1.0\n[source]\nretry_min_s = 0.2\nretry_max_s = 0.5\nstall_s = 1.0\n"
        "[images]\nwindow_s = 4.0\nstride_s = 0.5\ncells = [16, 12]\n"
        "roi = [0, 32, 256, 128]\n"  # without the number that the top row encodes
    )
    return ["-c", path, "-m", model]


def is_temporal(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "periodicity" and line["kind"] == "temporal")


def blinks(line: dict[str, Any]) -> bool:
    return is_temporal(line) and line["status"] == "found" and line["end_s"] - line["start_s"] > 3.5


def end(live: LiveCommand) -> dict[str, Any]:
    summary = live.end()
    health = [line for line in live.lines if line["type"] == "health"][-1]
    assert summary["images"] == health["images"] > 0
    return summary


def test_a_blinking_spot_is_measured_from_arrival_times_with_jitter_and_dropped_images(
    start: Start, settings: list[object]
) -> None:
    with MjpegCamera(fps=26.0, blink_hz=BLINK_HZ, jitter_s=0.006, dropped=0.05) as camera:
        live = start(camera.url, *settings)
        measured = live.wait_for(blinks)
        summary = end(live)
    first = measured["components"][0]
    assert abs(first["hz"] - BLINK_HZ) < max(4 * first["hz_sigma"], 0.02)
    column, row, n_columns, n_rows = first["cells"]["box"]
    assert 4 <= column <= column + n_columns <= 12
    assert 3 <= row <= row + n_rows <= 9
    assert 20 < summary["fps"] < 27
    assert summary["gaps"] > 0
    assert summary["skipped_images"] == 0


@pytest.mark.parametrize("fault", ["stall", "freeze", "die"])
def test_a_camera_that_fails_is_waited_for(start: Start, settings: list[object], fault: str) -> None:
    with MjpegCamera(blink_hz=BLINK_HZ) as camera:
        live = start(camera.url, *settings)
        live.wait_for(is_temporal)
        if fault == "die":
            camera.die()
        else:
            camera.stall(mid_image=fault == "freeze")
        reason = live.wait_for(is_waiting, timeout_s=10.0)["detail"]  # stall_s is 1 s
        assert "trying again in" in reason
        n_before = len(live.lines)
        if fault == "die":
            camera.start()
        else:
            camera.go_on()
        live.wait_for(is_running)
        first = live.wait_for(is_temporal)
        summary = end(live)
    assert summary["reconnects"] >= 1
    # No measurement spans the time without images.
    last_s = max(line["end_s"] for line in live.lines[:n_before] if line["type"] == "periodicity")
    assert first["start_s"] > last_s


def test_a_camera_that_comes_back_with_another_size_is_waited_for_until_it_has_the_old_one(
    start: Start, settings: list[object]
) -> None:
    with MjpegCamera(blink_hz=BLINK_HZ) as camera:
        live = start(camera.url, *settings)
        live.wait_for(is_temporal)
        camera.die()
        camera.size = 128, 96  # too small for the region of interest
        camera.start()
        health = live.wait_for(lambda line: is_waiting(line) and "roi=" in line["detail"])
        assert "trying again in" in health["detail"]
        camera.die()
        camera.size = 256, 192
        camera.start()
        live.wait_for(is_running)
        live.wait_for(is_temporal)
        assert end(live)["state"] == "ended"


def test_a_camera_that_appears_later(start: Start, settings: list[object]) -> None:
    camera = MjpegCamera(blink_hz=BLINK_HZ)
    live = start(camera.url, *settings)
    live.wait_for(is_waiting)
    with camera:
        live.wait_for(is_temporal)
        assert end(live)["reconnects"] == 0


def test_a_password_is_never_shown(start: Start, settings: list[object], tmp_path: Path) -> None:
    with MjpegCamera(password="open sesame".replace(" ", "-")) as camera:
        clips, jsonl, log = tmp_path / "clips", tmp_path / "x.jsonl", tmp_path / "x.log"
        live = start(
            camera.url,
            *settings,
            "--clips",
            clips,
            "--jsonl",
            jsonl,
            "--sink",
            f"log:{log}",
            "--sink",
            f"jsonl:{log}.l",
        )
        live.wait_for(is_temporal)
        end(live)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert "127.0.0.1" in log.read_text()
    assert "sesame" not in str(live.lines) + str(written)
    assert not [path for path in written if b"sesame" in path.read_bytes()]
