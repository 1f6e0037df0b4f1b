"""Threads: capture with reconnection, processing, fan-out to the sinks, orderly shutdown. Nowhere else."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamer.clips import ClipCutter
from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable, StreamerError
from streamer.messages import Chunk, Event, Message, Recording, Snapshot, SoundFormat, State, Summary
from streamer.monitor import Monitor
from streamer.pipeline import SoundPipeline
from streamer.ring import SampleRing
from streamer.sinks import Sink
from streamer.sources import SoundSource

STEP_S = 0.05  # processed at once: a smaller step costs wake-ups, a larger one latency
SHUTDOWN_S = 3.0  # for a thread that hangs in a sound system's call


class Inbox:
    """A sink on its own thread behind a bounded queue, so that a slow disk never delays processing."""

    def __init__(self, sink: Sink, n_max: int = 1000) -> None:
        self.sink = sink
        self.problem = ""  # the newest failure, as the user should read it
        self.n_dropped = 0
        self.abandoned = False  # nobody reads its output any more
        self._queue: queue.Queue[Message | None] = queue.Queue(n_max)
        self._thread = threading.Thread(target=self._run, name=f"sink {type(sink).__name__}", daemon=True)
        self._thread.start()

    def put(self, message: Message, wait: bool) -> None:
        """Hand a message over; where ``wait`` is False a full queue drops and counts it."""
        if not isinstance(message, self.sink.accepts):
            return
        try:
            self._queue.put(message, block=wait)
        except queue.Full:
            self.n_dropped += 1
            self.problem = f"{type(self.sink).__name__} cannot keep up: {self.n_dropped} messages dropped"

    def close(self) -> None:
        """Let the sink finish what it has, then close it."""
        self._queue.put(None)
        self._thread.join(SHUTDOWN_S)

    def _run(self) -> None:
        while (message := self._queue.get()) is not None:
            try:
                self.sink.write(message)
            except BrokenPipeError:
                self.abandoned = True
            except (StreamerError, OSError) as error:  # a full disk must not end the stream
                self.problem = str(error)
        try:
            self.sink.close()
        except (StreamerError, OSError) as error:
            self.problem = str(error)


@dataclass(frozen=True, slots=True)
class _Opening:
    """One successful opening of the source; samples of different openings never meet."""

    sound_format: SoundFormat
    ring: SampleRing
    start_s: float  # seconds in the stream


class Stream:
    """One source, one pipeline and their threads.

    Parameters
    ----------
    source : SoundSource
    pipeline : SoundPipeline
        Used by the processing thread alone from :meth:`start` on.
    settings : SourceSettings
    inboxes : sequence of Inbox
        Shared between the streams of a run.
    clip_cutter : ClipCutter or None
        Cuts the sound around events, where clips are wanted.
    record : bool
        Whether the inboxes also get all captured sound.
    limit_s : float or None
        Seconds in the stream after which it ends.
    snapshot_s, health_s : float
        Seconds between snapshots (0: none) and between health messages.
    """

    def __init__(
        self,
        source: SoundSource,
        pipeline: SoundPipeline,
        settings: SourceSettings,
        inboxes: Sequence[Inbox],
        *,
        clip_cutter: ClipCutter | None = None,
        record: bool = False,
        limit_s: float | None = None,
        snapshot_s: float = 0.0,
        health_s: float = 10.0,
    ) -> None:
        self.name = pipeline.stream
        self.source = source
        self.failure: BaseException | None = None
        self._totals: dict[str, tuple[int, float]] = {}
        self._pipeline = pipeline
        self._settings = settings
        self._inboxes = inboxes
        self._clip_cutter = clip_cutter
        self._record = record
        self._limit_s = limit_s
        self._snapshot_s = snapshot_s
        self._health_s = health_s
        self._monitor = Monitor(pipeline, source)
        self._snapshot = self._monitor.snapshot()
        self._stop = threading.Event()
        self._openings: deque[_Opening] = deque()
        self._capture_ended = threading.Event()
        self._first_s: float | None = None  # monotonic clock at the stream's second 0
        self._epoch_s = 0.0  # wall clock there
        self._last_sound_s = time.monotonic()
        self._silent = False  # whether WAITING was said for want of sound, not by the source
        self._next_health_s = time.monotonic() + health_s
        self._next_snapshot_s = 0.0
        self._capture_thread = threading.Thread(target=self._capture, name=f"capture {self.name}", daemon=True)
        self._process_thread = threading.Thread(target=self._process, name=f"process {self.name}", daemon=True)

    def start(self) -> None:
        """Start capturing and processing."""
        self._process_thread.start()
        self._capture_thread.start()

    def stop(self) -> None:
        """Ask the stream to end; what has been captured is still processed."""
        self._stop.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of processing; False if it has not ended in time."""
        self._process_thread.join(timeout_s)
        return not self._process_thread.is_alive()

    def abandoned(self) -> bool:
        """Whether the capture thread still hangs in a call of the sound system, after its time to leave."""
        self._capture_thread.join(SHUTDOWN_S)
        return self._capture_thread.is_alive() or self.source.stuck

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot; never blocks."""
        return self._snapshot

    def summary(self) -> Summary:
        """Return what the stream came to so far."""
        return Summary(self._monitor.health(), dict(self._totals))

    # ---- capture thread ----

    def _capture(self) -> None:
        """Open the source, again and again where it is live, until it ends or the stream is stopped."""
        wait_s = self._settings.retry_min_s
        while not self._stop.is_set():
            n_openings = self._monitor.n_openings
            try:
                self.source.capture(self._begin, self._stop)
                break
            except SourceUnavailable as error:
                if not self.source.is_live:
                    self._fail(error)
                    break
                if self._monitor.n_openings > n_openings:
                    wait_s = self._settings.retry_min_s
                # Machines that lost one sound server must not come back in step.
                pause_s = wait_s * random.uniform(0.5, 1.5)
                self._tell(State.WAITING, f"{error}; trying again in {pause_s:.1f} s")
                wait_s = min(2 * wait_s, self._settings.retry_max_s)
                self._stop.wait(pause_s)
            except Exception as error:
                self._fail(error)
                break
        self._capture_ended.set()

    def _begin(self, sound_format: SoundFormat) -> SampleRing:
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s, self._epoch_s = now_s, time.time()
        capacity = round(self._settings.ring_s * sound_format.sample_rate)
        ring = SampleRing(capacity, sound_format.n_channels, sound_format.sample_rate)
        start_s = now_s - self._first_s if self.source.is_live else 0.0
        self._openings.append(_Opening(sound_format, ring, start_s))
        self._monitor.n_openings += 1
        self._monitor.device = sound_format.device
        self._tell(State.RUNNING, "")
        return ring

    # ---- processing thread ----

    def _process(self) -> None:
        try:
            opening: _Opening | None = None
            while True:
                capture_ended = self._capture_ended.is_set()  # asked before looking for the last samples
                opening = self._advance(opening)
                if opening is None or not self._listen(opening):
                    if (capture_ended or self._stop.is_set()) and not self._openings:
                        break
                    self._idle(opening)
                self._report()
            if opening is not None:
                self._publish(*self._pipeline.finish())
                self._cut_remaining_clips()
            if self._monitor.state is State.RUNNING:
                self._tell(State.ENDED, "")
        except Exception as error:
            self._fail(error)
        self._stop.set()
        self._snapshot = self._monitor.snapshot()
        self._publish(self._monitor.health(), self.summary())

    def _advance(self, opening: _Opening | None) -> _Opening | None:
        """Go over to the next opening of the source once the present one is read to its end."""
        if not self._openings or (opening is not None and opening.ring.unread):
            return opening
        opening = self._openings.popleft()
        self._monitor.forget()
        self._publish(*self._pipeline.begin(opening.sound_format, opening.start_s, self._epoch_s))
        if self._clip_cutter:
            self._cut_remaining_clips()
            self._clip_cutter.begin(opening.sound_format.sample_rate, opening.start_s)
        return opening

    def _listen(self, opening: _Opening) -> bool:
        """Process what one step's time has brought; False if that is nothing."""
        n_step = max(1, round(STEP_S * opening.sound_format.sample_rate))
        opening.ring.wait(n_step, timeout_s=0.0 if self._stop.is_set() else 2 * STEP_S)
        chunk = opening.ring.read(n_step)
        if chunk is None or not (chunk := self._within_limit(chunk, opening)).samples.shape[0]:
            return False
        if self._silent:
            self._silent = False
            self._tell(State.RUNNING, "")
        self._last_sound_s = time.monotonic()
        began_s = time.perf_counter()
        news = self._pipeline.step(chunk)
        self._monitor.watch(chunk, news, time.perf_counter() - began_s)
        self._publish(*news)
        if self._clip_cutter:
            self._clip_cutter.push(self._pipeline.mono, chunk.lost_before)
            self._publish(*self._clip_cutter.ripe())
        if self._record:
            begun = self._epoch_s + opening.start_s
            self._publish(Recording(self.name, opening.sound_format, opening.start_s, begun, chunk.samples.copy()))
        return True

    def _within_limit(self, chunk: Chunk, opening: _Opening) -> Chunk:
        """Cut the chunk at the stream's last second, and stop there."""
        if self._limit_s is None:
            return chunk
        end = round((self._limit_s - opening.start_s) * opening.sound_format.sample_rate) - chunk.start
        if end <= chunk.samples.shape[0]:
            self._stop.set()
        return replace(chunk, samples=chunk.samples[: max(0, end)])

    def _idle(self, opening: _Opening | None) -> None:
        """Nothing came: end what waiting must not keep open, and say WAITING if nobody else can."""
        now_s = time.monotonic()
        if self._monitor.state is State.WAITING:
            self._publish(*self._pipeline.detector.finish())
        elif opening is not None and self.source.is_live:
            silent_s = now_s - self._last_sound_s
            if silent_s > 2 * self._settings.stall_s:  # the source should have told: a call in it hangs
                self._silent = True
                self._tell(State.WAITING, f"no sound for {silent_s:.0f} s; the sound system does not answer")
        if opening is None or self._capture_ended.is_set():
            time.sleep(STEP_S / 5)

    def _report(self) -> None:
        """Publish the health and the snapshot when their time has come."""
        now_s = time.monotonic()
        self._monitor.problem = next((inbox.problem for inbox in self._inboxes if inbox.problem), "")
        if now_s >= self._next_health_s:
            self._next_health_s += self._health_s
            self._publish(self._monitor.health())
        if self._snapshot_s and now_s >= self._next_snapshot_s:
            self._next_snapshot_s = now_s + self._snapshot_s
            self._snapshot = self._monitor.snapshot()

    def _cut_remaining_clips(self) -> None:
        if self._clip_cutter:
            self._publish(*self._clip_cutter.ripe(at_end=True))

    def _publish(self, *messages: Message) -> None:
        for message in messages:
            if isinstance(message, Event) and message.offset_s is not None:
                n_events, total_s = self._totals.get(message.label, (0, 0.0))
                self._totals[message.label] = (n_events + 1, total_s + message.offset_s - message.onset_s)
                if self._clip_cutter:
                    self._clip_cutter.want(message)
            for inbox in self._inboxes:
                # A file can wait for a slow disk; a microphone cannot.
                inbox.put(message, wait=not self.source.is_live)

    def _tell(self, state: State, detail: str) -> None:
        self._monitor.state, self._monitor.detail = state, detail

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._tell(State.FAILED, str(error) or type(error).__name__)
        self._stop.set()
