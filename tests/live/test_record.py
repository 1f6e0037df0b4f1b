"""`streamer record` on live sources: the virtual microphone, a network camera, and keys on a pseudo-terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from streamer.arrays import Float32
from tests.support import bands
from tests.support.disks import mounted_disk
from tests.support.live import Start, is_running, is_waiting, start
from tests.support.mjpeg_camera import MjpegCamera
from tests.support.virtual_mic import VirtualMic, virtual_mic

__all__ = ["start", "virtual_mic"]
RATE = 48_000


def is_take(line: dict[str, Any]) -> bool:
    return bool(line["type"] == "take")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings for a quick test: health every second, prompt retries."""
    path = tmp_path / "config.toml"
    path.write_text("[output]\nhealth_s = 1.0\n[source]\nretry_min_s = 0.2\nretry_max_s = 0.5\nstall_s = 1.0\n")
    return path


def barks(n_barks: int, lead_s: float = 1.0) -> Float32:
    """Return loud noises of 0.4 s, 1.4 s apart, each with a tone of its own frequency."""
    rng = np.random.default_rng(0)
    n, seconds = round(0.4 * RATE), np.arange(round(0.4 * RATE)) / RATE
    parts = [np.zeros(round(lead_s * RATE))]
    for k in range(n_barks):
        tone = 0.3 * np.sin(2 * np.pi * 300 * (k + 1) * seconds)
        parts += [tone + rng.uniform(-0.1, 0.1, n), np.zeros(RATE)]
    return np.asarray(np.concatenate(parts), np.float32)


def hz_of(path: str) -> float:
    samples, sample_rate = soundfile.read(path, always_2d=True)
    spectrum = np.abs(np.fft.rfft(samples.mean(axis=1)))
    return float(spectrum.argmax() * sample_rate / samples.shape[0])


@pytest.mark.virtual_mic
def test_ten_barks_played_are_ten_files(virtual_mic: VirtualMic, start: Start, settings: Path, tmp_path: Path) -> None:
    live = start("dog", "-o", tmp_path / "data", "-c", settings, does="record")
    live.wait_for(is_running)
    virtual_mic.play(bands.write_sound(tmp_path / "barks.wav", barks(10), RATE)).wait(30)
    live.wait_for(is_running)
    summary = live.end()
    takes = [line for line in live.lines if is_take(line)]
    assert (summary["taken"], summary["lost"], len(takes)) == (10, 0, 10)
    assert [hz_of(take["path"]) for take in takes] == pytest.approx([300 * k for k in range(1, 11)], abs=5)
    for take in takes:
        assert take["length_s"] == pytest.approx(0.9, abs=0.1)  # with pre- and post-roll
        assert not any(take[fault] for fault in ("cut", "clipped", "quiet"))


@pytest.mark.virtual_mic
def test_a_microphone_that_fails_in_a_take_ends_it_and_the_next_is_whole(
    virtual_mic: VirtualMic, start: Start, settings: Path, tmp_path: Path
) -> None:
    live = start("dog", "-o", tmp_path / "data", "-c", settings, does="record")
    live.wait_for(is_running)
    seconds = np.arange(6 * RATE) / RATE
    tone = np.asarray(0.3 * np.sin(2 * np.pi * 500 * seconds), np.float32)
    late = np.concatenate([np.zeros(2 * RATE, np.float32), tone])
    playing = virtual_mic.play(bands.write_sound(tmp_path / "tone.wav", late, RATE))
    live.wait_for(is_running)
    live.wait_for(is_running)
    live.wait_for(is_running)
    virtual_mic.command("kill")
    playing.wait(20)
    assert "trying again in" in live.wait_for(is_waiting)["detail"]
    virtual_mic.command("start")
    live.wait_for(is_running)
    live.wait_for(is_running)
    virtual_mic.play(bands.write_sound(tmp_path / "barks.wav", barks(2), RATE)).wait(20)
    live.wait_for(is_running)
    live.end()
    cut, *rest = (line for line in live.lines if is_take(line))
    assert cut["cut"]
    assert hz_of(cut["path"]) == pytest.approx(500, abs=5)
    assert [hz_of(take["path"]) for take in rest] == pytest.approx([300, 600], abs=5)
    assert not any(take["cut"] for take in rest)


def test_a_camera_gives_videos_with_their_true_rate(start: Start, settings: Path, tmp_path: Path) -> None:
    data = ("blink", "-o", tmp_path / "data", "-c", settings, "--task", "motion", "--by", "time", "--length", 2)
    with MjpegCamera(fps=20.0, jitter_s=0.005, dropped=0.05) as camera:
        live = start(*data, "-s", camera.url, "--count", 2, does="record")
        live.wait_for(is_take)
        live.wait_for(lambda line: line["type"] == "summary")
    takes = [line for line in live.lines if is_take(line)]
    assert len(takes) == 2
    for take in takes:
        assert take["fps"] == pytest.approx(20.0, rel=0.03)
        assert take["length_s"] == pytest.approx(2.0, abs=0.15)
        capture = cv2.VideoCapture(take["path"])
        n_images = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        assert n_images / capture.get(cv2.CAP_PROP_FPS) == pytest.approx(2.0, abs=0.15)
        capture.release()


def test_a_movement_is_a_video_and_one_cut_by_the_cameras_death_is_marked(
    start: Start, settings: Path, tmp_path: Path
) -> None:
    data = ("blink", "-o", tmp_path / "data", "-c", settings, "--task", "motion", "--by", "level")
    with MjpegCamera(fps=20.0, blink_hz=0.0) as camera:
        live = start(
            *data, "-s", camera.url, "--roi", "0,32,256,128", does="record"
        )  # without the number that the top row encodes
        for _ in range(3):
            live.wait_for(is_running)
        camera.blink_hz = 2.0
        live.wait_for(is_running)
        camera.blink_hz = 0.0
        live.wait_for(is_take)
        camera.blink_hz = 2.0
        for _ in range(3):
            live.wait_for(is_running)
        camera.die()
        live.wait_for(is_take)
        live.wait_for(is_waiting)
        camera.blink_hz = 0.0
        camera.start()
        live.wait_for(is_running)
        live.end()
    whole, cut = (line for line in live.lines if is_take(line))
    assert not whole["cut"]
    assert cut["cut"]
    assert cut["length_s"] > 1.5


@pytest.fixture
def session() -> Iterator[Callable[..., Any]]:
    """Function that starts `streamer record` on a pseudo-terminal."""
    pytest.importorskip("pty")
    from tests.support.terminal import TerminalSession

    sessions: list[TerminalSession] = []

    def started(*words: object, columns: int = 80, lines: int = 24) -> TerminalSession:
        arguments = json.dumps(["streamer", "record", *map(str, words)])
        code = f"import sys; sys.argv = {arguments}; from streamer.__main__ import main; sys.exit(main())"
        sessions.append(TerminalSession(code, columns, lines))
        return sessions[-1]

    yield started
    for each in sessions:
        each.close()


def test_keys_take_undo_pause_and_quit(session: Callable[..., Any], tmp_path: Path) -> None:
    shown = session("dog", "-s", "demo", "-o", tmp_path, "--by", "key")
    folder = tmp_path / "dog"
    shown.until(lambda: shown.shows("READY") and shown.shows("examples of dog"), "ready")
    assert shown.shows("0 examples, 0 from this run")
    assert shown.shows("none yet")
    shown.press(b" ")
    shown.until(lambda: shown.shows("RECORDING"), "a take")
    # Ten frames a second need not include the one of any given tenth of a second.
    shown.until(lambda: any(shown.shows(f"1.{tenth} s of at most") for tenth in range(10)), "a second of it")
    shown.press(b" ")
    shown.until(lambda: shown.shows("1 example, 1 from this run"), "the take counted")
    assert len(list(folder.glob("*.flac"))) == 1
    shown.press(b" ")
    shown.until(lambda: shown.shows("RECORDING"), "another take")
    shown.press(b"u")
    shown.until(lambda: shown.shows("READY"), "given up")
    assert shown.shows("1 example, 1 from this run")
    shown.press(b"\x7f")
    shown.until(lambda: shown.shows("0 examples, 0 from this run"), "the last one deleted")
    assert list(folder.iterdir()) == []
    shown.press(b"p")
    shown.until(lambda: shown.shows("PAUSED"), "paused")
    shown.press(b"q")
    assert shown.ends() == 0
    assert b"0 taken; 0 examples in" in shown.sent
    shown.assert_restored()
    assert not folder.exists()


def test_pictures_by_key(session: Callable[..., Any], tmp_path: Path) -> None:
    with MjpegCamera(fps=20.0) as camera:
        shown = session("spot", "-s", camera.url, "-o", tmp_path)
        shown.until(lambda: shown.shows("READY") and shown.shows("movement"), "ready")
        for k in (1, 2):
            shown.press(b" ")
            shown.until(lambda k=k: shown.shows(f"{k} from this run"), "a picture")
        shown.press(b"q")
        assert shown.ends() == 0
    pictures = sorted((tmp_path / "spot").iterdir())
    assert len(pictures) == 2
    assert all(cv2.imread(str(path)).shape == (192, 256, 3) for path in pictures)  # type: ignore[union-attr]


def test_a_full_disk_is_shown_and_ends_with_exit_code_1(session: Callable[..., Any], tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", "60k") as folder:
        shown = session("dog", "-s", "demo", "-o", folder, "--by", "time", "--length", 3, columns=120)
        shown.until(lambda: shown.shows("no space left"), "the fault")
        shown.press(b"q")
        assert shown.ends() == 1
        assert b"take not written: no space left" in shown.sent
        assert list(folder.rglob("*.part*")) == []
