"""Threads, reconnection and sinks, with sources that fail on command."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pytest

from streamer.config import EventSettings, SourceSettings
from streamer.errors import SourceUnavailable, StreamerError, UserError
from streamer.messages import (
    Chunk,
    ClockChange,
    Event,
    Health,
    Message,
    Recording,
    Scores,
    SoundClip,
    SoundFormat,
    State,
    Summary,
)
from streamer.monitor.sound import SoundMonitor
from streamer.offline.chains import chained
from streamer.offline.sound import classify_sound
from streamer.pipeline.clips import SoundCutter
from streamer.pipeline.sound import SoundPipeline
from streamer.rings import SampleRing
from streamer.runtime import SinkThread, Stream
from streamer.runtime.readers import SoundReader, record_sound
from streamer.runtime.track import AnyTrack, Track
from streamer.sinks import Sink
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.jsonlines import JsonLines
from streamer.sinks.recordings import RecordingFolder
from streamer.sources.times_file import read_times
from streamer.wall_clock import WallClock
from tests.support.clocks import FakeClocks
from tests.support.loudness import Loudness, sound_pipeline

M = TypeVar("M")
RATE = 8000
FORMAT = SoundFormat(RATE, 1, "fake")
Begin = Callable[[SoundFormat], SampleRing]
Act = Callable[[Begin, threading.Event], None]


class FakeSource:
    """A source that plays a script: one function per session."""

    uri = "fake"
    medium: Final = "sound"
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0
    note = ""
    stuck = False

    def __init__(self, *acts: Act, is_live: bool = True) -> None:
        self.is_live = is_live
        self.n_sessions = 0
        self._acts: Iterator[Act] = iter(acts)

    def capture(self, begin: Begin, stop: threading.Event) -> None:
        self.n_sessions += 1
        next(self._acts)(begin, stop)


class Memory:
    """A sink that keeps all messages."""

    accepts: tuple[type, ...] = (Event, Scores, Health, Summary, SoundClip, Recording, ClockChange)

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.closed = False

    def write(self, message: Message) -> None:
        self.messages.append(message)

    def close(self) -> None:
        self.closed = True

    def of(self, kind: type[M]) -> list[M]:
        return [message for message in self.messages if isinstance(message, kind)]


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (n_samples, 1)).astype(np.float32)


def plays(samples: np.ndarray, then: Exception | None = None, lost_before: int = 0) -> Act:
    def act(begin: Begin, stop: threading.Event) -> None:
        ring = begin(FORMAT)
        for start in range(0, samples.shape[0], 400):
            assert ring.wait_for_space(stop, 400)
            ring.write(samples[start : start + 400], time.monotonic(), lost_before if start == 8000 else 0)
        if then is not None:
            raise then

    return act


def refuses(error: Exception) -> Act:
    def act(begin: Begin, stop: threading.Event) -> None:
        raise error

    return act


def waits(begin: Begin, stop: threading.Event) -> None:
    stop.wait(10.0)


def track_of(
    source: FakeSource,
    pipeline: SoundPipeline,
    settings: SourceSettings | None = None,
    limit_s: float | None = None,
    cutter: SoundCutter | None = None,
    is_recorded: bool = False,
) -> AnyTrack:
    reader = SoundReader(settings or SourceSettings(), limit_s)
    monitor = SoundMonitor(pipeline, source, draws=True)
    return Track(source, reader, pipeline, monitor, cutter=cutter, record=record_sound if is_recorded else None)


def run(
    source: FakeSource,
    until: Callable[[Stream, Memory], bool] | None = None,
    *,
    limit_s: float | None = None,
    cutter: SoundCutter | None = None,
    is_recorded: bool = False,
    snapshot_s: float = 0.0,
    health_s: float = 10.0,
    sinks: Sequence[Sink] = (),
    clock: WallClock | None = None,
) -> tuple[Stream, Memory]:
    """Run a stream to its end, or until something holds."""
    memory = Memory()
    sink_threads = [SinkThread(sink) for sink in (memory, *sinks)]
    events = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1)
    settings = SourceSettings(retry_min_s=0.05, retry_max_s=0.1, stall_s=0.5)
    pipeline = sound_pipeline(events=events, stream="fake")
    track = track_of(source, pipeline, settings, limit_s, cutter, is_recorded)
    stream = Stream(track, settings, sink_threads, clock=clock, snapshot_s=snapshot_s, health_s=health_s)
    stream.start()
    if until:
        deadline_s = time.monotonic() + 10.0
        while not until(stream, memory):
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        stream.stop()
    assert stream.join(10.0)
    for sink_thread in sink_threads:
        sink_thread.close()
    return stream, memory


def values(memory: Memory) -> list[bytes]:
    return [scores.values.tobytes() for scores in memory.of(Scores)]


def test_a_file_is_processed_to_its_end_and_gives_what_the_pipeline_gives() -> None:
    samples = noise(20_000)
    stream, memory = run(FakeSource(plays(samples), is_live=False))
    pipeline = sound_pipeline(stream="fake")
    pipeline.begin(FORMAT)
    expected = [
        m for m in [*pipeline.step(Chunk(samples, 0, 0, 0.0)).messages, *pipeline.finish()] if isinstance(m, Scores)
    ]
    assert values(memory) == [scores.values.tobytes() for scores in expected]
    assert stream.failure is None
    assert [event.label for event in memory.of(Event) if event.offset_s] == ["loud"]
    (summary,) = memory.of(Summary)
    assert summary.health.state is State.ENDED
    assert summary.health.position_s == 2.5
    assert summary.events["loud"][0] == 1
    assert memory.closed


def test_a_vanished_microphone_is_waited_for_and_windows_never_mix() -> None:
    before, after = noise(12_000, seed=1), noise(12_000, seed=2)
    gone = SourceUnavailable("the microphone vanished")
    refused = SourceUnavailable("no such microphone")
    source = FakeSource(plays(before, gone), refuses(refused), refuses(refused), plays(after), is_live=True)
    stream, memory = run(source)
    alone = [values(run(FakeSource(plays(sound), is_live=False))[1]) for sound in (before, after)]
    assert values(memory) == alone[0] + alone[1]
    health = stream.summary().health
    assert (source.n_sessions, health.reconnects, health.state) == (4, 1, State.ENDED)
    # The stream's clock went on while nothing was there.
    starts = [scores.start_s for scores in memory.of(Scores)]
    assert starts[len(alone[0])] > 12_000 / RATE or starts[len(alone[0])] > 0.1
    assert len([event for event in memory.of(Event) if event.offset_s is not None]) == 2


def test_waiting_is_shown_with_its_reason_and_ends_when_stopped() -> None:
    source = FakeSource(*[refuses(SourceUnavailable("no such microphone"))] * 1000)
    details = []

    def waiting(stream: Stream, _: Memory) -> bool:
        health = stream.summary().health
        details.append(health.detail)
        return health.state is State.WAITING and source.n_sessions > 3

    stream, _ = run(source, until=waiting)
    assert any(detail.startswith("no such microphone; trying again in 0.") for detail in details)
    assert stream.summary().health.state is State.WAITING


def test_a_user_error_is_not_tried_again() -> None:
    source = FakeSource(refuses(UserError("channel=7 must be below 2; choose another")))
    stream, _ = run(source)
    assert isinstance(stream.failure, UserError)
    assert (source.n_sessions, stream.summary().health.state) == (1, State.FAILED)


def test_a_model_that_fails_ends_the_stream_with_its_reason() -> None:
    def broken(rows: object) -> object:
        raise StreamerError("model=x must give scores")

    source = FakeSource(plays(noise(8000)), is_live=False)
    memory = Memory()
    model = Loudness()
    model.classify = broken  # type: ignore[assignment,method-assign]
    pipeline = sound_pipeline(model, stream="fake")
    stream = Stream(
        track_of(source, pipeline),
        SourceSettings(),
        [SinkThread(memory)],
    )
    stream.start()
    assert stream.join(10.0)
    assert str(stream.failure) == "model=x must give scores"


def test_the_limit_is_exact_to_the_sample() -> None:
    stream, _ = run(FakeSource(plays(noise(20_000)), is_live=False), limit_s=1.3125)
    assert stream.summary().health.position_s == 1.3125


def test_losses_reported_by_the_source_are_counted_and_put_on_the_event() -> None:
    stream, memory = run(FakeSource(plays(noise(20_000), lost_before=800), is_live=False))
    assert stream.summary().health.lost_samples == 800
    (event,) = [event for event in memory.of(Event) if event.offset_s is not None]
    assert event.n_lost == 800


def test_a_source_that_hangs_without_an_error_is_shown_as_waiting() -> None:
    def hangs(begin: Begin, stop: threading.Event) -> None:
        begin(FORMAT).write(noise(400), time.monotonic())
        stop.wait(10.0)

    details: list[str] = []

    def silent(stream: Stream, _: Memory) -> bool:
        details.append(stream.summary().health.detail)
        return "the sound system does not answer" in details[-1]

    run(FakeSource(hangs), until=silent)


def stalls(n_samples: int, then: threading.Event, rest: int = 0) -> Act:
    """A pipe whose writer stops after some sound, until something happens."""

    def act(begin: Begin, stop: threading.Event) -> None:
        if n_samples:
            ring = begin(FORMAT)
            ring.write(noise(n_samples), time.monotonic())
        while not (then.is_set() or stop.is_set()):
            then.wait(0.01)
        if rest and not stop.is_set():
            ring.write(noise(rest, seed=1), time.monotonic())

    return act


@pytest.mark.parametrize("n_samples", [0, 4000])
def test_a_pipe_that_stalls_is_waiting_and_ends_when_its_time_is_over(n_samples: int) -> None:
    stream, _ = run(FakeSource(stalls(n_samples, threading.Event()), is_live=False), limit_s=1.0)
    health = stream.summary().health
    assert (health.state, health.position_s) == (State.WAITING, n_samples / RATE)
    assert health.detail == "no sound for 1 s; what feeds fake has stopped"


def test_a_pipe_that_goes_on_after_a_stall_is_running_and_keeps_its_event() -> None:
    go_on = threading.Event()
    source = FakeSource(stalls(4000, go_on, rest=4000), is_live=False)

    def resumed(stream: Stream, memory: Memory) -> bool:
        if stream.summary().health.state is State.WAITING:
            go_on.set()
        return go_on.is_set() and stream.summary().health.state is State.ENDED

    _, memory = run(source, until=resumed)
    begun, ended = memory.of(Event)
    assert (begun.offset_s, ended.onset_s) == (None, begun.onset_s)
    assert ended.offset_s is not None
    assert ended.offset_s > 0.8  # one event, through the stall: nothing was lost
    assert State.WAITING in {health.state for health in memory.of(Health)}


def test_a_pipe_that_is_closed_in_a_stall_has_ended() -> None:
    close = threading.Event()

    def waiting(stream: Stream, _: Memory) -> bool:
        if stream.summary().health.state is State.WAITING:
            close.set()
        return stream.join(0.0)

    stream, _ = run(FakeSource(stalls(4000, close), is_live=False), until=waiting)
    assert stream.summary().health.state is State.ENDED


def test_a_microphone_that_is_not_there_ends_when_the_time_is_over() -> None:
    refused = refuses(SourceUnavailable("no such microphone"))
    stream, _ = run(FakeSource(*[refused] * 1000), limit_s=0.1)
    assert stream.summary().health.state is State.WAITING


def test_health_and_snapshots_come_in_time() -> None:
    stream, memory = run(FakeSource(waits), until=lambda _, m: len(m.of(Health)) > 2, health_s=0.05, snapshot_s=0.02)
    assert len(memory.of(Health)) > 2
    assert stream.snapshot().source == "fake"


def test_after_a_stop_of_the_whole_process_health_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped_s = 0.0
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + stopped_s)

    def act(begin: Begin, stop: threading.Event) -> None:
        nonlocal stopped_s
        ring = begin(FORMAT)
        ring.write(noise(400), time.monotonic())
        stopped_s = 130.0  # as after SIGSTOP, and SIGCONT 130 s later
        for _ in range(20):
            stop.wait(0.02)
            ring.write(noise(400), time.monotonic())

    _, memory = run(FakeSource(act), health_s=10.0)
    states = [health.state for health in memory.of(Health)]
    assert states.count(State.RUNNING) in (1, 2)  # at the beginning, after the stop
    assert State.WAITING not in states


def test_clips_and_recordings_hold_the_captured_sound() -> None:
    samples = noise(20_000)
    cutter = SoundCutter(lambda: 20.0, pre_roll_s=0.1, post_roll_s=0.1, max_bytes=1e9)
    _, memory = run(FakeSource(plays(samples), is_live=False), cutter=cutter, is_recorded=True)
    recorded = np.concatenate([recording.samples for recording in memory.of(Recording)])
    assert recorded.tobytes() == samples.tobytes()
    (clip,) = memory.of(SoundClip)
    first = round(clip.start_s * RATE)
    assert np.array_equal(clip.samples, samples[first : first + clip.samples.shape[0], 0])
    assert clip.event.offset_s is not None


def test_classify_gives_on_the_recording_of_a_stream_what_it_gave_across_a_loss_and_a_lost_source(
    tmp_path: Path,
) -> None:
    gone = SourceUnavailable("the microphone vanished")
    source = FakeSource(plays(noise(20_000), gone, lost_before=900), plays(noise(12_000, seed=1)), is_live=True)
    _, memory = run(source, is_recorded=True, sinks=[RecordingFolder(tmp_path)])
    events = EventSettings(on=0.6, off=0.4, confirm=1, confirm_of=1)
    results = [classify_sound(path, sound_pipeline(events=events))[0] for path in sorted(tmp_path.glob("*.wav"))]
    assert [scores.values.tobytes() for result in results for scores in result.scores] == values(memory)
    again = [(event.label, event.score, event.n_lost) for result in results for event in result.events]
    assert again == [(e.label, e.score, e.n_lost) for e in memory.of(Event) if e.offset_s is not None]
    assert [n_lost for _, _, n_lost in again] == [900, 0]


def at_the_clocks(samples: np.ndarray, fake: FakeClocks, then: dict[int, Callable[[], None]]) -> Act:
    """Play sound at its pace on clocks that stand still, with something that happens at some samples."""

    def act(begin: Begin, stop: threading.Event) -> None:
        ring = begin(FORMAT)
        for start in range(0, samples.shape[0], 400):
            assert ring.wait_for_space(stop, ring.capacity)  # all is processed: what follows is noticed at its time
            if start in then:
                then[start]()
            assert fake.now_s is not None
            fake.now_s += 400 / RATE
            ring.write(samples[start : start + 400], fake.now_s)

    return act


def test_times_are_right_from_the_moment_at_which_the_clock_is_set(tmp_path: Path) -> None:
    fake = FakeClocks(anchor_s=0.0, now_s=50.0, is_synchronised=False)  # a board without a clock: 1970
    clock = WallClock(fake.clocks())
    samples = noise(20_000)
    source = FakeSource(at_the_clocks(samples, fake, {8000: lambda: fake.set_forward(1.8e9)}))
    cutter = SoundCutter(lambda: 20.0, pre_roll_s=0.1, post_roll_s=0.1, max_bytes=1e9)
    sinks: list[Sink] = [
        RecordingFolder(tmp_path / "record"),
        SoundClipFolder(tmp_path / "clips", 1e9),  # type: ignore[arg-type]
        JsonLines.to_file(tmp_path / "lines.jsonl", scores=True),
    ]
    stream, memory = run(source, cutter=cutter, is_recorded=True, sinks=sinks, clock=clock)
    unset, change = memory.of(ClockChange)
    assert (unset.is_uncertain, unset.offset_s, change.is_uncertain) == (True, 0.0, False)
    assert change.offset_s == pytest.approx(1.8e9)
    assert change.position_s == pytest.approx(1.0, abs=0.06)
    for scores in memory.of(Scores):
        is_late = scores.end_s > change.position_s
        assert scores.time == pytest.approx(50.0 + scores.end_s + (1.8e9 if is_late else 0.0), abs=1e-3)
    begun, ended = memory.of(Event)
    assert begun.time == pytest.approx(50.0 + begun.onset_s)
    assert ended.time == pytest.approx(1.8e9 + 50.0 + ended.onset_s)  # what ends later has the time that is right
    assert stream.summary().health.time_uncertain is False

    recorded, continued = sorted((tmp_path / "record").glob("*.wav"))
    assert recorded.name == "19700101T000050.000Z-uncertain_fake.wav"
    assert continued.name.startswith("20270115T0800")  # of another day, and with the right name
    assert chained([recorded, continued]) == [[recorded, continued]]
    times = read_times(recorded)
    assert times is not None
    assert times.begin.time_uncertain
    assert times.clocks[0].offset_s == pytest.approx(1.8e9)
    assert times.clocks[0].at == pytest.approx(8000, abs=400)
    (clip,) = (tmp_path / "clips").rglob("*.flac")
    assert clip.name.startswith("20270115T0800")
    lines = [json.loads(text) for text in (tmp_path / "lines.jsonl").read_text().splitlines()]
    assert [line["time_uncertain"] for line in lines if line["type"] == "clock"] == [True, False]
    last = lines.index(next(line for line in lines if line["type"] == "clock" and line["offset_s"]))
    for index, line in enumerate(lines):
        if line["type"] in ("scores", "event", "event_start"):
            assert line.get("time_uncertain", False) == (index < last)
            assert line["time"].startswith("1970" if index < last else "2027")


class TimedSource(FakeSource):
    """A file that begins at a time of its own, played as fast as possible."""

    is_paced = False
    start_epoch_s = 1.7e9


@pytest.mark.parametrize("is_synchronised", [True, False])
def test_the_times_of_a_file_are_its_own_whatever_happens_to_the_clock(is_synchronised: bool) -> None:
    fake = FakeClocks(anchor_s=0.0, now_s=50.0, is_synchronised=is_synchronised)
    source = TimedSource(at_the_clocks(noise(16_000), fake, {8000: lambda: fake.set_forward(1.8e9)}), is_live=False)
    stream, memory = run(source, clock=WallClock(fake.clocks()))
    assert memory.of(ClockChange) == []  # it would tell how to correct times that are right
    assert all(scores.time == pytest.approx(1.7e9 + scores.end_s, abs=1e-3) for scores in memory.of(Scores))
    assert [event.time for event in memory.of(Event)] == [
        pytest.approx(1.7e9 + event.onset_s, abs=1e-3) for event in memory.of(Event)
    ]
    health = stream.summary().health
    assert not health.time_uncertain
    assert math.isnan(health.latency_p50_s)


def test_a_suspension_shifts_later_times_and_no_earlier_ones() -> None:
    fake = FakeClocks(now_s=50.0)
    source = FakeSource(at_the_clocks(noise(16_000), fake, {8000: lambda: fake.suspend(3600.0)}))
    _, memory = run(source, clock=WallClock(fake.clocks()))
    (change,) = memory.of(ClockChange)
    assert change.offset_s == 0.0
    assert change.suspended_s == pytest.approx(3600.0)
    for scores in memory.of(Scores):
        is_late = scores.end_s > change.position_s
        assert scores.time == pytest.approx(1.8e9 + 50.0 + scores.end_s + (3600.0 if is_late else 0.0), abs=1e-3)
    begun, ended = memory.of(Event)
    assert begun.time == ended.time == pytest.approx(1.8e9 + 50.0 + begun.onset_s)


def test_after_a_reconnection_times_are_those_of_the_clock_as_it_was_set_meanwhile() -> None:
    fake = FakeClocks(now_s=50.0)
    gone = SourceUnavailable("the microphone vanished")

    def vanishes(begin: Begin, stop: threading.Event) -> None:
        at_the_clocks(noise(8000), fake, {})(begin, stop)
        fake.set_forward(-7200.0)
        raise gone

    source = FakeSource(vanishes, at_the_clocks(noise(8000, seed=1), fake, {}))
    _, memory = run(source, clock=WallClock(fake.clocks()), is_recorded=True)
    sessions = sorted({recording.session_s for recording in memory.of(Recording)})
    starts = [next(r.time for r in memory.of(Recording) if r.session_s == session_s) for session_s in sessions]
    assert starts == [pytest.approx(1.8e9 + 50.0, abs=0.1), pytest.approx(1.8e9 + 51.0 - 7200.0, abs=0.1)]


def test_stream_time_never_runs_backwards_where_the_device_has_been_faster_than_the_clock() -> None:
    gone = SourceUnavailable("the microphone vanished")
    # Four seconds of sound in far less: a device that is ahead, as one of 200 ppm is after a week.
    source = FakeSource(plays(noise(32_000), gone), plays(noise(16_000, seed=1)))
    _, memory = run(source, is_recorded=True)
    starts_s = [recording.session_s for recording in memory.of(Recording)]
    assert starts_s == sorted(starts_s)
    assert starts_s[-1] >= 4.0
    times_s = [scores.start_s for scores in memory.of(Scores)]
    assert times_s == sorted(times_s)


def test_a_stream_that_is_behind_gives_fewer_windows_and_loses_nothing_until_it_keeps_up() -> None:
    fake = FakeClocks(now_s=50.0)
    samples = noise(8 * RATE + 40 * RATE)
    n_behind = 8 * RATE

    def act(begin: Begin, stop: threading.Event) -> None:
        ring = begin(FORMAT)
        ring.write(samples[:n_behind], fake.now_s or 0.0)  # eight seconds of ten: the machine was busy
        fake.now_s = 50.0 + 8.0
        at_the_clocks(samples[n_behind:], fake, {})(lambda _: ring, stop)

    _, memory = run(FakeSource(act), clock=WallClock(fake.clocks()), health_s=0.01)
    ends_s = [scores.end_s for scores in memory.of(Scores)]
    offline = sound_pipeline(stream="fake")
    offline.begin(FORMAT)
    messages = [*offline.step(Chunk(samples, 0, 0, 0.0)).messages, *offline.finish()]
    every = {m.end_s: m.values.tobytes() for m in messages if isinstance(m, Scores)}
    assert all(every[scores.end_s] == scores.values.tobytes() for scores in memory.of(Scores))
    strides = np.diff(ends_s) / (ends_s[1] - ends_s[0])
    assert set(np.rint(strides)) == {1.0, 2.0}
    assert np.rint(strides)[-1] == 1.0  # narrowed again
    assert {health.stride_factor for health in memory.of(Health)} == {1, 2}
    assert any("one window in 2 is classified" in health.detail for health in memory.of(Health))
    assert memory.of(Summary)[0].health.lost_samples == 0


class Slow(Memory):
    """A sink on a disk that hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, message: Message) -> None:
        self.go_on.wait(10.0)
        super().write(message)


def test_a_sink_that_hangs_drops_and_counts_messages_but_delays_no_stream() -> None:
    sink = Slow()
    sink_thread = SinkThread(sink, n_max=2)
    health = Health("s", State.RUNNING)
    for _ in range(10):
        sink_thread.put(health, wait=False)
    assert sink_thread.problems.n_unwritten >= 7
    assert "cannot keep up" in sink_thread.problems.now()[0].text
    sink.go_on.set()
    sink_thread.close()
    assert len(sink.messages) == 10 - sink_thread.problems.n_unwritten


def test_a_sink_that_does_not_finish_in_time_is_abandoned_with_a_problem() -> None:
    sink = Slow()
    sink_thread = SinkThread(sink, n_max=1, patience_s=0.05)
    for _ in range(3):
        sink_thread.put(Health("s", State.RUNNING), wait=False)
    sink_thread.close()
    assert "Slow has not finished in 0.05 s: not all is written" in [
        problem.text for problem in sink_thread.problems.now()
    ]
    sink.go_on.set()


def test_a_full_disk_is_a_problem_and_the_stream_continues() -> None:
    class Full(Memory):
        def write(self, message: Message) -> None:
            super().write(message)
            raise OSError(28, "No space left on device")

    sink = Full()
    sink_thread = SinkThread(sink)
    for _ in range(3):
        sink_thread.put(Health("s", State.RUNNING), wait=True)
    sink_thread.close()
    assert len(sink.messages) == 3
    assert "No space left" in sink_thread.problems.now()[0].text


def test_a_mistake_in_a_sink_is_a_problem_and_the_queue_goes_on() -> None:
    class Mistaken(Memory):
        def write(self, message: Message) -> None:
            super().write(message)
            raise KeyError("label")

    sink = Mistaken()
    sink_thread = SinkThread(sink, n_max=1)
    for _ in range(3):
        sink_thread.put(Health("s", State.RUNNING), wait=True)
    sink_thread.close()
    assert (len(sink.messages), sink.closed) == (3, True)
    assert sink_thread.problems.now()[0].text.endswith("Mistaken.write failed: KeyError: 'label'; report this as a bug")


def test_a_closed_pipe_abandons_the_sink() -> None:
    class Gone(Memory):
        def write(self, message: Message) -> None:
            raise BrokenPipeError

    sink_thread = SinkThread(Gone())
    sink_thread.put(Health("s", State.RUNNING), wait=True)
    sink_thread.close()
    assert sink_thread.abandoned


@pytest.mark.parametrize("is_live", [True, False])
def test_an_unexpected_error_is_kept_for_its_traceback(is_live: bool) -> None:
    stream, _ = run(FakeSource(refuses(ZeroDivisionError("bug")), is_live=is_live))
    assert isinstance(stream.failure, ZeroDivisionError)
