"""One stream: a capture thread, and the processing thread that turns its sound into results."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from streamer.clips import ClipCutter
from streamer.config import SourceSettings
from streamer.messages import Chunk, Event, Message, Recording, Snapshot, State, Summary
from streamer.monitor import Monitor
from streamer.pipeline import SoundPipeline
from streamer.runtime.capture import Capture, Opening
from streamer.runtime.inbox import SHUTDOWN_S, Inbox
from streamer.sources import SoundSource

STEP_S = 0.05  # processed at once: a smaller step costs wake-ups, a larger one latency


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
        self._capture = Capture(source, settings, self._stop, self._tell, self._fail)
        self._last_sound_s = time.monotonic()
        self._silent = False  # whether WAITING was said for want of sound, not by the source
        self._next_health_s = time.monotonic() + health_s
        self._next_snapshot_s = 0.0
        self._process_thread = threading.Thread(target=self._process, name=f"process {self.name}", daemon=True)

    def start(self) -> None:
        """Start capturing and processing."""
        self._process_thread.start()
        self._capture.start()

    def stop(self) -> None:
        """Ask the stream to end; what has been captured is still processed."""
        self._stop.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of processing; False if it has not ended in time."""
        self._process_thread.join(timeout_s)
        return not self._process_thread.is_alive()

    def abandoned(self) -> bool:
        """Whether the capture thread still hangs in a call of the sound system, after its time to leave."""
        return not self._capture.join(SHUTDOWN_S) or self.source.stuck

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot; never blocks."""
        return self._snapshot

    def summary(self) -> Summary:
        """Return what the stream came to so far."""
        return Summary(self._monitor.health(), dict(self._totals))

    def _process(self) -> None:
        try:
            opening: Opening | None = None
            while True:
                capture_ended = self._capture.ended.is_set()  # asked before looking for the last samples
                opening = self._advance(opening)
                if opening is None or not self._listen(opening):
                    if (capture_ended or self._stop.is_set()) and not self._capture.openings:
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

    def _advance(self, opening: Opening | None) -> Opening | None:
        """Go over to the next opening of the source once the present one is read to its end."""
        if not self._capture.openings or (opening is not None and opening.ring.unread):
            return opening
        opening = self._capture.openings.popleft()
        self._monitor.forget()
        self._monitor.device = opening.sound_format.device
        self._monitor.n_openings += 1
        self._publish(*self._pipeline.begin(opening.sound_format, opening.start_s, opening.epoch_s))
        if self._clip_cutter:
            self._cut_remaining_clips()
            self._clip_cutter.begin(opening.sound_format.sample_rate, opening.start_s)
        return opening

    def _listen(self, opening: Opening) -> bool:
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
        if self.source.is_live:  # the device's clock drifts against the wall's; capture times do not
            end_s = opening.start_s + (chunk.start + chunk.samples.shape[0]) / opening.sound_format.sample_rate
            self._pipeline.epoch_s = self._capture.wall_clock(chunk.time_s) - end_s
        began_s = time.perf_counter()
        news = self._pipeline.step(chunk)
        self._monitor.watch(chunk, news, time.perf_counter() - began_s)
        self._publish(*news)
        if self._clip_cutter:
            self._clip_cutter.push(self._pipeline.mono, chunk.lost_before)
            self._publish(*self._clip_cutter.ripe())
        if self._record:
            begun = opening.epoch_s + opening.start_s
            self._publish(Recording(self.name, opening.sound_format, opening.start_s, begun, chunk.samples.copy()))
        return True

    def _within_limit(self, chunk: Chunk, opening: Opening) -> Chunk:
        """Cut the chunk at the stream's last second, and stop there."""
        if self._limit_s is None:
            return chunk
        end = round((self._limit_s - opening.start_s) * opening.sound_format.sample_rate) - chunk.start
        if end <= chunk.samples.shape[0]:
            self._stop.set()
        return replace(chunk, samples=chunk.samples[: max(0, end)])

    def _idle(self, opening: Opening | None) -> None:
        """Nothing came: end what waiting must not keep open, and say WAITING if nobody else can."""
        now_s = time.monotonic()
        if self._monitor.state is State.WAITING:
            self._publish(*self._pipeline.detector.finish())
        elif opening is not None and self.source.is_live:
            silent_s = now_s - self._last_sound_s
            if silent_s > 2 * self._settings.stall_s:  # the source should have told: a call in it hangs
                self._silent = True
                self._tell(State.WAITING, f"no sound for {silent_s:.0f} s; the sound system does not answer")
        if opening is None or self._capture.ended.is_set():
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
                self._monitor.past.append(message)
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
