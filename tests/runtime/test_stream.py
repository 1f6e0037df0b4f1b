"""What has run once is tried again, whatever ended it: the source, the pipeline or a fault of streamer itself."""

from __future__ import annotations

import random
import threading
import time
from itertools import pairwise
from typing import Literal

import pytest

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable, StreamerError, UserError
from streamer.messages import SAVED, Command, Event, Health, Scores, SoundClip, State, StreamSetup
from streamer.monitor.problems import Problems
from streamer.pipeline.clips import SoundCutter
from streamer.runtime import SinkThread, Stream
from tests.runtime.test_runtime import FORMAT, Act, Begin, FakeSource, Memory, noise, plays, refuses, run, track_of
from tests.support.loudness import Loudness, sound_pipeline

GONE = SourceUnavailable("it is gone")
SMALLER = UserError("roi=[0, 0, 640, 480] must lie within 320 × 240; change it")


@pytest.mark.parametrize("error", [SMALLER, StreamerError("odd"), ZeroDivisionError("a fault"), MemoryError()])
def test_a_source_that_has_run_is_tried_again_whatever_its_error(error: Exception) -> None:
    source = FakeSource(plays(noise(12_000), GONE), refuses(error), plays(noise(12_000), error), plays(noise(12_000)))
    stream, memory = run(source)
    assert stream.failure is None
    health = stream.summary().health
    assert (source.n_sessions, health.reconnects, health.state) == (4, 2, State.ENDED)
    assert len([event for event in memory.of(Event) if event.offset_s is not None]) == 3


def test_why_it_waits_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    source = FakeSource(plays(noise(4000), GONE), *[refuses(SMALLER)] * 999)
    seen = []

    def waits(stream: Stream, _: Memory) -> bool:
        seen.append(stream.summary().health)
        return source.n_sessions > 4

    stream, _ = run(source, until=waits)
    assert any(h.state is State.WAITING and h.detail.startswith(f"{SMALLER}; trying again in") for h in seen)
    assert stream.summary().health.state is State.WAITING


def hears_until_stopped(begin: Begin, stop: threading.Event) -> None:
    ring = begin(FORMAT)
    while not stop.is_set():
        ring.write(noise(400), time.monotonic())
        stop.wait(0.005)


def model_that_fails(*at: int) -> Loudness:
    """A model that raises an error in those calls of which the numbers are given."""
    model = Loudness()
    classify, calls = model.classify, iter(range(10**9))

    def sometimes(rows: object) -> object:
        if next(calls) in at:
            raise ZeroDivisionError("a fault of the model")
        return classify(rows)  # type: ignore[arg-type]

    model.classify = sometimes  # type: ignore[assignment,method-assign]
    return model


def test_a_pipeline_that_fails_once_goes_on_with_the_next_session(capsys: pytest.CaptureFixture[str]) -> None:
    memory, problems = Memory(), Problems()
    sinks = [SinkThread(memory)]
    source = FakeSource(hears_until_stopped, hears_until_stopped, hears_until_stopped)
    settings = SourceSettings(retry_min_s=0.05, retry_max_s=0.1)
    stream = Stream(
        track_of(source, sound_pipeline(model_that_fails(3, 4), stream="fake")), settings, sinks, problems=problems
    )
    stream.start()
    texts = set()
    deadline_s = time.monotonic() + 20.0
    while len(memory.of(Scores)) < 8:
        assert time.monotonic() < deadline_s
        texts |= {problem.text for problem in problems.now()}
        time.sleep(0.005)
    assert not problems.now()
    stream.stop()
    assert stream.join(10.0)
    assert (stream.failure, source.n_sessions) == (None, 3)
    assert texts == {"fake failed: ZeroDivisionError: a fault of the model; report this as a bug"}
    assert capsys.readouterr().err.count("Traceback") == 1  # of the same fault, one is enough


def test_a_pipeline_that_never_worked_fails() -> None:
    source = FakeSource(hears_until_stopped)
    stream = Stream(
        track_of(source, sound_pipeline(model_that_fails(0), stream="fake")), SourceSettings(), [SinkThread(Memory())]
    )
    stream.start()
    assert stream.join(10.0)
    assert isinstance(stream.failure, ZeroDivisionError)
    health = stream.summary().health
    assert (health.state, health.detail) == (State.FAILED, "a fault of the model")


@pytest.mark.parametrize("is_live", [True, False])
def test_even_an_exit_within_a_thread_is_a_failure_of_the_stream(is_live: bool) -> None:
    stream, _ = run(FakeSource(refuses(SystemExit(3)), is_live=is_live))  # type: ignore[arg-type]
    assert isinstance(stream.failure, SystemExit)
    assert stream.summary().health.state is State.FAILED


def pauses_s(source: FakeSource, monkeypatch: pytest.MonkeyPatch, settings: SourceSettings) -> list[float]:
    """Run a source to its end; return the pauses before each further attempt, without their random part."""
    monkeypatch.setattr(random, "uniform", lambda low, high: 1.0)
    stream = Stream(track_of(source, sound_pipeline(stream="fake")), settings, [SinkThread(Memory())])
    found: list[float] = []
    set_state = stream._monitor.set_state

    def state(state: State, detail: str = "") -> None:
        if "trying again in" in detail:
            found.append(float(detail.split()[-2]))
        set_state(state, detail)

    stream._capture._set_state = state
    stream.start()
    assert stream.join(20.0)
    return found


def test_pauses_double_up_to_the_longest_and_begin_anew_once_it_has_run(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[Act] = [*[refuses(GONE)] * 4, plays(noise(800), GONE), refuses(GONE), plays(noise(800))]
    found = pauses_s(FakeSource(*acts), monkeypatch, SourceSettings(retry_min_s=0.1, retry_max_s=0.4))
    assert found == [0.1, 0.2, 0.4, 0.4, 0.1, 0.2]


class Told(Memory):
    """A sink that also keeps what the stream is set to."""

    accepts = (*Memory.accepts, StreamSetup)


def commanded(
    *commands: Command, cutter: SoundCutter | None = None
) -> tuple[Stream, Told, list[Scores], list[SoundClip]]:
    """Give a running stream some commands, each after more windows or, while it is paused, more time in the source."""
    memory = Told()
    track = track_of(FakeSource(hears_until_stopped), sound_pipeline(stream="fake"))
    track._cutter = cutter
    stream = Stream(track, SourceSettings(), [SinkThread(memory)], health_s=0.05)
    stream.start()
    deadline_s = time.monotonic() + 20.0

    def wait_for(kind: type, n: int) -> None:
        n_before = len(memory.of(kind))
        while len(memory.of(kind)) < n_before + n:
            assert time.monotonic() < deadline_s
            time.sleep(0.005)

    for command in commands:
        wait_for(Health if stream._monitor.is_paused else Scores, 4)
        n_before = len(memory.of(StreamSetup))
        stream.command(command)
        while len(memory.of(StreamSetup)) == n_before:
            assert time.monotonic() < deadline_s
            time.sleep(0.005)
    wait_for(Health if stream._monitor.is_paused else Scores, 4)
    stream.stop()
    assert stream.join(10.0)
    return stream, memory, memory.of(Scores), memory.of(SoundClip)


def test_a_paused_stream_drops_what_it_hears_and_loses_nothing() -> None:
    stream, memory, scores, _ = commanded(Command("fake", "pause"), Command("fake", "resume"))
    health = stream.summary().health
    assert (health.state, health.lost_samples, health.reconnects) == (State.ENDED, 0, 0)
    assert State.PAUSED in {each.state for each in memory.of(Health)}
    assert [setup.is_paused for setup in memory.of(StreamSetup)] == [False, True, False]
    gaps_s = [second.start_s - first.end_s for first, second in pairwise(scores)]
    assert sum(gap_s > 0.05 for gap_s in gaps_s) == 1  # one pause, which no window reaches across
    assert all(event.offset_s is not None or event for event in memory.of(Event))
    begun = [event.onset_s for event in memory.of(Event) if event.offset_s is None]
    ended = [event.onset_s for event in memory.of(Event) if event.offset_s is not None]
    assert begun == ended


def test_a_threshold_is_changed_while_it_runs() -> None:
    _, memory, _, _ = commanded(Command("fake", "threshold", "loud", 0.99), Command("fake", "threshold", "cat", 0.5))
    first, changed, refused = memory.of(StreamSetup)
    of = dict(zip(changed.labels, changed.thresholds, strict=True))
    assert of["loud"] == pytest.approx(0.99)
    assert dict(zip(first.labels, first.thresholds, strict=True))["loud"] < 0.99
    assert "label='cat' must be one of" in refused.refused


def test_a_label_is_muted_while_it_runs() -> None:
    stream, memory, _, _ = commanded(Command("fake", "mute", "loud", 1.0), Command("fake", "mute", "cat", 1.0))
    assert [bool(setup.refused) for setup in memory.of(StreamSetup)] == [False, False, True]
    shown = stream._monitor.snapshot()
    assert shown.muted == {"loud"}
    assert "label='cat' must be one of" in shown.refused


@pytest.mark.parametrize(("action", "value"), [("clip", 0.5), ("clip", 0.0), ("threshold", 2.0)])
def test_a_command_that_cannot_be_carried_out_is_refused(action: Literal["clip", "threshold"], value: float) -> None:
    _, memory, _, _ = commanded(Command("fake", action, "loud", value))
    assert memory.of(StreamSetup)[-1].refused


def test_a_region_of_a_stream_of_sound_is_refused() -> None:
    _, memory, _, _ = commanded(Command("fake", "region", "belt", box=(0, 0, 64, 48)))
    assert (
        memory.of(StreamSetup)[-1].refused == "region=belt must be of a stream whose images are measured; fake is none"
    )


def test_a_clip_of_the_newest_seconds_is_saved() -> None:
    cutter = SoundCutter(lambda: 0.0, 0.1, 0.1, 1e9, kept_s=0.4)
    _, memory, _, _ = commanded(Command("fake", "clip", value=0.4), cutter=cutter)
    assert not memory.of(StreamSetup)[-1].refused
    saved = [clip for clip in memory.of(SoundClip) if clip.event.label == SAVED]
    assert saved[-1].is_last
    length_s = sum(clip.samples.shape[0] for clip in saved) / FORMAT.sample_rate
    assert length_s == pytest.approx(0.5, abs=0.06)


def test_health_is_published_when_the_state_or_the_problems_change() -> None:
    memory, problems = Memory(), Problems()
    source = FakeSource(hears_until_stopped)
    stream = Stream(
        track_of(source, sound_pipeline(stream="fake")), SourceSettings(), [SinkThread(memory)], problems=problems,
        health_s=3600.0,
    )  # fmt: skip
    stream.start()
    deadline_s = time.monotonic() + 20.0

    def await_health(n: int) -> Health:
        while len(memory.of(Health)) < n:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        return memory.of(Health)[n - 1]

    assert await_health(1).state is State.RUNNING
    problems.begin("clips", "disk full")
    problems.begin("lines", "disk full too")
    assert [problem.part for problem in await_health(2).problems] == ["clips", "lines"]
    problems.end("clips")
    assert [problem.part for problem in await_health(3).problems] == ["lines"]
    stream.stop()
    assert stream.join(10.0)
