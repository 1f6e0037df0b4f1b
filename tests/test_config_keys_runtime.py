"""Keys of [runtime], and those keys of [source] and [dashboard] that only a live source or a terminal shows."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamer import runtime
from streamer.commands import renewal, run_plan, run_streams
from streamer.config import SourceSettings
from streamer.dashboard import live
from streamer.messages import Event, Health, Message, Scores, Summary
from streamer.runtime import SinkThread
from streamer.sinks import registry
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.registry import SinkKind
from streamer.sources.sound.microphone import MicrophoneSource
from tests.runtime.test_runtime import FORMAT, Begin, FakeSource, noise, plays
from tests.support import lamps
from tests.support.bands import lines, run_here
from tests.support.fake_sounddevice import FakePortAudio, FakeSounddevice
from tests.support.mjpeg_camera import MjpegCamera

TESTED: set[str] = set()  # filled when the cases below are collected; test_config_keys compares


def keys(*names: str) -> None:
    TESTED.update(names)


class Probe:
    """A sink that keeps all messages, and calls a function with each."""

    accepts: tuple[type, ...] = (Event, Scores, Health, Summary)

    def __init__(self, written: Callable[[Message], object] = lambda _: None, closes_s: float = 0.0) -> None:
        self.messages: list[Message] = []
        self._written = written
        self._closes_s = closes_s

    def write(self, message: Message) -> None:
        self.messages.append(message)
        self._written(message)

    def close(self) -> None:
        time.sleep(self._closes_s)


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Function that makes `--sink NAME` give a sink."""

    def add(**sinks: Probe) -> None:
        for name, probe in sinks.items():
            monkeypatch.setitem(registry.SINKS, name, SinkKind("", lambda _, __, probe=probe: probe))  # type: ignore[misc]

    return add


@pytest.fixture
def run(tmp_path: Path, model: Path) -> Callable[..., Any]:
    def with_settings(text: str, *arguments: object) -> Any:
        path = tmp_path / "config.toml"
        path.write_text(text)
        return run_here("run", "-c", path, "-m", model, "--json", *arguments)

    return with_settings


keys("runtime.sink_queue")


@pytest.mark.parametrize(("n_max", "waits"), [(2, True), (1000, False)])
def test_so_many_results_wait_for_a_slow_sink(
    run: Callable[..., Any], sink: Callable[..., None], sound: Path, n_max: int, waits: bool
) -> None:
    done = threading.Event()
    reached: list[bool] = []

    def slow(_: Message) -> None:
        if not reached:  # a file is not read on while the queue is full
            reached.append(done.wait(1.0))

    sink(slow=Probe(slow), probe=Probe(lambda message: done.set() if isinstance(message, Summary) else None))
    lines(run(f"[runtime]\nsink_queue = {n_max}", sound, "--fast", "--sink", "slow", "--sink", "probe"), "summary")
    assert reached == [not waits]


keys("runtime.sink_retry_min_s", "runtime.sink_retry_max_s")


def test_pauses_before_a_failed_sink_is_made_anew(
    run: Callable[..., Any], sink: Callable[..., None], sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses_s: list[float] = []

    def pause(_: SinkThread, seconds: float) -> bool:
        pauses_s.append(seconds)
        return False

    def fails(_: Message) -> None:
        raise KeyError("label")

    monkeypatch.setattr(SinkThread, "pause", pause)
    sink(broken=Probe(fails))
    text = "[runtime]\nsink_retry_min_s = 3.0\nsink_retry_max_s = 7.0"
    assert run(text, sound, "--fast", "--sink", "broken").returncode == 1
    assert pauses_s[:4] == [3.0, 6.0, 7.0, 7.0]


keys("runtime.sink_close_s", "runtime.end_s")


@pytest.mark.parametrize(("seconds", "code"), [(0.2, 1), (30.0, 0)])
def test_a_sink_has_so_long_to_close(
    run: Callable[..., Any], sink: Callable[..., None], sound: Path, monkeypatch: pytest.MonkeyPatch, seconds: float,
    code: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(run_streams, "end_at_once", lambda code: None)
    sink(slow=Probe(closes_s=1.5))
    done = run(f"[runtime]\nsink_close_s = {seconds}", sound, "--fast", "--sink", "slow")
    assert done.returncode == code
    assert ("has not finished in 0.2 s: not all is written" in done.stderr) is bool(code)


keys("runtime.clips_close_s")


@pytest.mark.parametrize(("seconds", "code"), [(0.2, 1), (30.0, 0)])
def test_clips_have_so_long_to_close(
    run: Callable[..., Any], sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, code: int
) -> None:
    monkeypatch.setattr(run_streams, "end_at_once", lambda code: None)
    monkeypatch.setattr(SoundClipFolder, "close", lambda _: time.sleep(1.5))
    text = f'[output]\nclips = "{tmp_path}/clips"\n[runtime]\nclips_close_s = {seconds}'
    assert run(text, sound, "--fast").returncode == code


@pytest.mark.parametrize(("seconds", "code"), [(0.2, 1), (30.0, 0)])
def test_streams_have_so_long_to_end(
    run: Callable[..., Any], sink: Callable[..., None], sound: Path, monkeypatch: pytest.MonkeyPatch, seconds: float,
    code: int,
) -> None:  # fmt: skip
    def gone(_: Message) -> None:
        raise BrokenPipeError

    pauses_s = iter((3.0, *[0.0] * 999))
    monkeypatch.setattr(run_streams, "end_at_once", lambda code: None)
    sink(gone=Probe(gone), slow=Probe(lambda _: time.sleep(next(pauses_s))))  # the stream waits for room in the queue
    text = f"[runtime]\nend_s = {seconds}\nsink_queue = 1\nsink_close_s = 60.0"
    done = run(text, sound, "--fast", "--sink", "gone", "--sink", "slow")
    assert done.returncode == code
    assert ("a call into the system hangs" in done.stderr) is bool(code)


keys("runtime.grace_s")


def test_after_the_time_is_over_a_live_source_has_so_long(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(begin: Begin, stop: threading.Event) -> None:
        begin(FORMAT)
        stop.wait(20.0)

    monkeypatch.setattr(run_plan, "open_source", lambda *_: FakeSource(silent))
    began_s = time.monotonic()
    run("[runtime]\ngrace_s = 2.0", "fake", "--seconds", 0.2)
    assert time.monotonic() - began_s > 2.2  # never less


keys("runtime.model_watch_s")


@pytest.mark.parametrize(("seconds", "looks"), [(0.0, False), (0.001, True)])
def test_model_files_are_looked_at_so_often(
    run: Callable[..., Any], sound: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, looks: bool
) -> None:
    n_looks = []
    monkeypatch.setattr(renewal, "_mark_of", lambda path: n_looks.append(path))
    monkeypatch.setattr(run_plan, "open_source", lambda *_: FakeSource(*[plays(noise(4000))]))
    assert run(f"[runtime]\nmodel_watch_s = {seconds}", "fake").returncode == 0
    assert (len(n_looks) > 2) is looks


keys("source.ring_s")


@pytest.mark.parametrize(("seconds", "loses"), [(1.0, True), (10.0, False)])
def test_so_much_sound_is_kept_while_processing_is_behind(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, seconds: float, loses: bool
) -> None:
    def burst(begin: Begin, stop: threading.Event) -> None:
        ring = begin(FORMAT)
        ring.write(noise(3 * FORMAT.sample_rate), time.monotonic())

    monkeypatch.setattr(run_plan, "open_source", lambda *_: FakeSource(burst))
    (summary,) = lines(run(f"[source]\nring_s = {seconds}", "fake"), "summary")
    assert summary["lost_samples"] == (2 * FORMAT.sample_rate if loses else 0)


keys("dashboard.frames_per_s", "dashboard.palette")


def test_the_screen_is_drawn_so_often_and_in_these_colours(
    run: Callable[..., Any], sound: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates, intervals_s = [], []

    def dashboard(streams: Any, console: Any, frames_per_s: float, stop: Any, operator: Any, palette: str) -> None:
        rates.append((frames_per_s, palette))

    class Stream(runtime.Stream):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            intervals_s.append(options["snapshot_s"])
            super().__init__(*arguments, **options)

    monkeypatch.setattr(run_plan, "can_show", lambda _: True)
    monkeypatch.setattr(live, "run_dashboard", dashboard)
    monkeypatch.setattr(run_plan, "Stream", Stream)
    (tmp_path / "c.toml").write_text("[dashboard]\nframes_per_s = 4.0\npalette = 'cividis'\n[source]\nrealtime = false")
    assert run_here("run", "-c", tmp_path / "c.toml", "-m", model, sound).returncode == 0
    assert (rates, intervals_s) == ([(4.0, "cividis")], [0.25])


keys("source.connect_s", "source.first_s", "source.frozen_s")


@pytest.fixture
def lines_of(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Function that looks at a network camera for two and a half seconds, and returns its health."""

    def look(url: str, text: str) -> list[dict[str, Any]]:
        path, model = tmp_path / "config.toml", lamps.write_model(tmp_path / "lamps.tflite")
        path.write_text(f"[source]\nstall_s = 0.5\n{text}\n[output]\nhealth_s = 1.0\n[runtime]\ngrace_s = 0.0")
        done = run_here("run", url, "-c", path, "-m", model, "--json", "--seconds", 2.5)
        return [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] in ("health", "summary")]

    return look


@pytest.mark.parametrize(("seconds", "state"), [(0.2, "waiting"), (30.0, "starting")])
def test_a_network_camera_has_so_long_to_answer(lines_of: Callable[..., Any], seconds: float, state: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        assert lines_of(url, f"connect_s = {seconds}")[-1]["state"] == state


@pytest.mark.parametrize(("seconds", "state"), [(0.2, "waiting"), (30.0, "starting")])
def test_a_microphone_has_so_long_for_its_first_sound(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, seconds: float, state: str
) -> None:
    def microphone(_: str, settings: SourceSettings, __: object) -> MicrophoneSource:
        return MicrophoneSource("", settings, FakePortAudio(FakeSounddevice("silent")))

    monkeypatch.setattr(run_plan, "open_source", microphone)
    text = f"[source]\nstall_s = 0.5\nretry_min_s = 30.0\nretry_max_s = 30.0\nfirst_s = {seconds}"
    done = run(text, "mic", "--seconds", 1.5)
    assert json.loads(done.stdout.splitlines()[-1])["state"] == state


@pytest.mark.parametrize(("seconds", "is_told"), [(0.3, True), (60.0, False)])
def test_the_same_image_for_so_long_is_told(
    lines_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, seconds: float, is_told: bool
) -> None:
    with MjpegCamera() as camera:
        jpeg = camera._jpeg(1, 0.0)
        monkeypatch.setattr(camera, "_jpeg", lambda *_: jpeg)
        details = [line["detail"] for line in lines_of(camera.url, f"frozen_s = {seconds}")]
    assert any("the same image for" in detail for detail in details) is is_told
