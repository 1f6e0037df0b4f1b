"""One stream: a capture thread, and the processing thread that turns what it brings into results."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from streamer.config import SourceSettings
from streamer.messages import Event, Message, Periodicity, Spatial, State, Summary, Temporal
from streamer.monitor.snapshot import Snapshot
from streamer.runtime.capture import Capture
from streamer.runtime.session import STEP_S, CaptureSession, Track
from streamer.runtime.sink_thread import SHUTDOWN_S, SinkThread


class Stream:
    """One source, one pipeline and their threads.

    Parameters
    ----------
    track : Track
        Used by the processing thread alone from :meth:`start` on.
    settings : SourceSettings
    sink_threads : sequence of SinkThread
        Shared between the streams of a run.
    snapshot_s, health_s : float
        Seconds between snapshots (0: none) and between health messages.
    """

    def __init__(
        self,
        track: Track,
        settings: SourceSettings,
        sink_threads: Sequence[SinkThread],
        *,
        snapshot_s: float = 0.0,
        health_s: float = 10.0,
    ) -> None:
        self.name = track.name
        self.source = track.source
        self.failure: BaseException | None = None
        self._totals: dict[str, tuple[int, float]] = {}
        self._strongest: dict[str, Temporal | Spatial] = {}
        self._track = track
        self._settings = settings
        self._sink_threads = sink_threads
        self._snapshot_s = snapshot_s
        self._health_s = health_s
        self._monitor = track.monitor
        self._snapshot = self._monitor.snapshot()
        self._stop = threading.Event()
        self._capture = Capture(track, settings, self._stop, self._tell, self._fail)
        self._last_news_s = time.monotonic()
        self._is_starved = False  # whether WAITING was said here, not by the source
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
        """Whether the capture thread still hangs in a call of the system, after its time to leave."""
        return not self._capture.join(SHUTDOWN_S) or self.source.stuck

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot; never blocks."""
        return self._snapshot

    def summary(self) -> Summary:
        """Return what the stream came to so far."""
        temporal, spatial = self._strongest.get("temporal"), self._strongest.get("spatial")
        assert not isinstance(temporal, Spatial)
        assert not isinstance(spatial, Temporal)
        return Summary(self._monitor.health(), dict(self._totals), temporal, spatial)

    def _process(self) -> None:
        try:
            opening: CaptureSession[Any, Any] | None = None
            while True:
                capture_ended = self._capture.ended.is_set()  # asked before looking for what came last
                opening = self._advance(opening)
                if opening is None or not self._step(opening):
                    if (capture_ended or self._stop.is_set()) and not self._capture.sessions:
                        break
                    self._idle(opening)
                self._report()
            if opening is not None:
                self._publish(*self._track.finish())
            if self._monitor.state is State.RUNNING:
                self._tell(State.ENDED, "")
        except Exception as error:
            self._fail(error)
        self._stop.set()
        self._snapshot = self._monitor.snapshot()
        self._publish(self._monitor.health(), self.summary())

    def _advance(self, opening: CaptureSession[Any, Any] | None) -> CaptureSession[Any, Any] | None:
        """Go over to the next opening of the source once the present one is read to its end."""
        if not self._capture.sessions or (opening is not None and opening.ring.unread):
            return opening
        opening = self._capture.sessions.popleft()
        self._monitor.n_sessions += 1
        self._publish(*self._track.begin(opening))
        return opening

    def _step(self, opening: CaptureSession[Any, Any]) -> bool:
        """Process the next part; False if there is none."""
        messages = self._track.step(opening, timeout_s=0.0 if self._stop.is_set() else 2 * STEP_S)
        if self._track.at_limit:
            self._stop.set()
        if messages is None:
            return False
        if self._is_starved:
            self._is_starved = False
            self._tell(State.RUNNING, "")
        self._last_news_s = time.monotonic()
        self._publish(*messages)
        return True

    def _idle(self, opening: CaptureSession[Any, Any] | None) -> None:
        """Nothing came: end what waiting must not keep open, and say WAITING if nobody else can."""
        now_s = time.monotonic()
        if self._monitor.state is State.WAITING:
            self._publish(*self._track.interrupt())
        elif opening is not None and self.source.is_live:
            silent_s = now_s - self._last_news_s
            if silent_s > 2 * self._settings.stall_s:  # the source should have told: a call in it hangs
                self._is_starved = True
                what, whose = ("images", "camera") if self.source.medium == "images" else ("sound", "sound system")
                self._tell(State.WAITING, f"no {what} for {silent_s:.0f} s; the {whose} does not answer")
        if opening is None or self._capture.ended.is_set():
            time.sleep(STEP_S / 5)

    def _report(self) -> None:
        """Publish the health and the snapshot when their time has come."""
        now_s = time.monotonic()
        self._monitor.problem = next(
            (sink_thread.problem for sink_thread in self._sink_threads if sink_thread.problem), ""
        )
        if now_s >= self._next_health_s:
            self._next_health_s += self._health_s
            self._publish(self._monitor.health())
        if self._snapshot_s and now_s >= self._next_snapshot_s:
            self._next_snapshot_s = now_s + self._snapshot_s
            self._snapshot = self._monitor.snapshot()

    def _publish(self, *messages: Message) -> None:
        for message in messages:
            if isinstance(message, Event) and message.offset_s is not None:
                n_events, total_s = self._totals.get(message.label, (0, 0.0))
                self._totals[message.label] = (n_events + 1, total_s + message.offset_s - message.onset_s)
                self._monitor.past.append(message)
            if isinstance(message, Periodicity) and message.found is not None:
                strongest = self._strongest.get(message.kind)
                if strongest is None or message.found.snr_db > strongest.snr_db:
                    self._strongest[message.kind] = message.found
            for sink_thread in self._sink_threads:
                # A file can wait for a slow disk; a microphone cannot.
                sink_thread.put(message, wait=not self.source.is_live)

    def _tell(self, state: State, detail: str) -> None:
        self._monitor.state, self._monitor.detail = state, detail

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._tell(State.FAILED, str(error) or type(error).__name__)
        self._stop.set()
