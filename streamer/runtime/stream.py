"""Stream: one source with a capture thread, and a processing thread that turns what is captured into messages."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence
from typing import Any, TypeAlias

from streamer.address import without_secrets
from streamer.config import SourceSettings
from streamer.errors import StreamerError, UserError
from streamer.messages import ClockChange, Command, Health, Message, State, Summary
from streamer.monitor.problems import Problems
from streamer.monitor.snapshot import Snapshot
from streamer.runtime.capture import Capture, reason_of
from streamer.runtime.progress import StreamProgress
from streamer.runtime.session import STEP_S, CaptureSession
from streamer.runtime.sink_thread import SHUTDOWN_S, SinkThread
from streamer.runtime.track import AnyTrack
from streamer.sources.stall import StallTimer
from streamer.wall_clock import ClockStep, WallClock

STATUS_S = 5.0  # between two updates of `Stream.health`
N_INTERVALS = 5  # pictures may be played ten seconds apart: only so many intervals of silence are too many
CHANGED_S = 1.0  # a change is published at once, but not more often than this

AnySession: TypeAlias = CaptureSession[Any, Any]  # of either medium


class Stream:
    """One track and its threads.

    Parameters
    ----------
    track : Track
        Source, pipeline and monitor; used by the processing thread alone from :meth:`start` on.
    settings : SourceSettings
        Pauses between attempts to open the source, and how long a live one may be silent.
    sink_threads : sequence of SinkThread
        Shared between the streams of a run.
    problems : Problems or None
        Of the run; None: there are none to show.
    clock : WallClock or None
        Shared between the streams of a run; None for one of its own.
    endures : bool
        Whether what has run once is tried again whatever its error; False, for programs that handle errors themselves:
        only where the source is unavailable.
    snapshot_s, health_s : float
        Seconds between snapshots (0: none) and between health messages.
    grace_s : float
        Seconds for the last sound to come through after the time of the stream is over.
    """

    def __init__(
        self,
        track: AnyTrack,
        settings: SourceSettings,
        sink_threads: Sequence[SinkThread],
        *,
        problems: Problems | None = None,
        clock: WallClock | None = None,
        endures: bool = True,
        snapshot_s: float = 0.0,
        health_s: float = 10.0,
        grace_s: float = 1.0,
    ) -> None:
        self.name = track.name
        self.source = track.source
        self.failure: BaseException | None = None
        self._track = track
        self._settings = settings
        self._sink_threads = sink_threads
        self._snapshot_s = snapshot_s
        self._health_s = health_s
        self._grace_s = grace_s
        self._monitor = track.monitor
        self._monitor.problems = self._problems = problems or Problems()
        self._clock = clock or WallClock()
        self._n_steps = len(self._clock.steps)  # of the clock, that this stream has told
        self._monitor.time_uncertain = self._clock.is_uncertain and not track.has_own_time
        self._snapshot = self._monitor.snapshot()
        self._stop = threading.Event()
        self._endures = endures
        set_state = self._monitor.set_state
        self._capture = Capture(
            track.source, track.ring, settings, self._stop, set_state, self._fail, self._clock, endures=endures
        )
        self._part = f"stream {self.name}"  # that has a problem, where its pipeline fails
        self._n_parts = 0  # chunks or images processed
        self._silence = StallTimer(2 * STEP_S, time.monotonic())
        self._is_interrupted = False  # whether what must not stay open has been ended since the source went away
        self._is_starved = False  # whether WAITING was set here, not by the capture thread
        self._deadline_s = float("inf")  # of a stream that has a last second and does not get to it
        self._next_health_s = time.monotonic() + health_s
        self._next_snapshot_s = 0.0
        self._faults: set[str] = set()  # those of which the traceback was printed
        self._condition: tuple[State, bool, list[str]] = (State.STARTING, False, [])  # as last published
        self._published_s = -CHANGED_S
        self._health = self._monitor.health()
        self._next_status_s = 0.0
        self._n_idle = 0
        self._commands: deque[Command] = deque()
        self._process_thread = threading.Thread(target=self._process, name=f"process {self.name}", daemon=True)

    def followed_by(self, track: AnyTrack) -> None:
        """Let another track of the same source take the place of this stream, which has ended."""
        track.follow(self._track)

    def start(self) -> None:
        """Start capturing and processing."""
        if self._track.limit_s is not None:
            self._deadline_s = time.monotonic() + self._track.limit_s + self._grace_s
        self._process_thread.start()
        self._capture.start()

    def stop(self) -> None:
        """Ask the stream to end; what has been captured is still processed."""
        self._capture.stop()

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

    def health(self) -> Health:
        """Return the health of at most 5 s ago, older where the stream hangs; never blocks."""
        return self._health

    def progress(self) -> StreamProgress:
        """Return what the stream has done until this instant, and when more is due; never blocks."""
        state, settings = self._monitor.state, self._settings
        opening_s = settings.connect_s + settings.first_s
        until_s = {
            State.STARTING: opening_s,
            State.RUNNING: self._monitor.due_s + 2 * settings.stall_s,  # silent for longer it is WAITING
            State.WAITING: settings.retry_max_s + opening_s,
        }.get(state, 0.0)
        return StreamProgress(
            state=state,
            n_results=self._monitor.n_results,
            n_attempts=self._capture.n_attempts,
            n_idle=self._n_idle,
            due_s=until_s + settings.hang_s,
            is_stuck=self.source.stuck,
        )

    def command(self, command: Command) -> None:
        """Ask the stream to do something; it is done by the processing thread, at once while something comes."""
        self._commands.append(command)

    def summary(self) -> Summary:
        """Return health, events and strongest periodicities of the stream so far."""
        return self._monitor.summary()

    def _process(self) -> None:
        try:
            self._process_all()
        except BaseException as error:  # a plug-in may even call sys.exit()
            self._fail(error)
        self._capture.stop()
        self._snapshot = self._monitor.snapshot()
        self._health = self._monitor.health()
        self._publish(self._health, self.summary())

    def _process_all(self) -> None:
        session: AnySession | None = None
        has_begun = False
        self._publish(self._track.setup())
        if self._monitor.time_uncertain:
            self._tell_clock(ClockStep(0.0, 0.0, is_uncertain=True))
        while True:
            self._check_clock()
            while self._commands:
                self._obey(self._commands.popleft())
            # A file ends by its own position; a microphone that is not there, or a pipe that stalls, never gets to any.
            if time.monotonic() > self._deadline_s and (self.source.is_live or self._is_starved):
                self._capture.stop()
            capture_ended = self._capture.ended.is_set()  # before the sessions: the last may have just come
            try:
                session = self._advance(session)
                has_begun |= session is not None
                if session is None or not self._step(session):
                    if (capture_ended or self._stop.is_set()) and not self._capture.sessions:
                        break
                    self._idle(session)
            except Exception as error:
                self._recover(error)
                session = None
            self._report()
        if has_begun:
            self._publish(*self._track.finish())
        was_closed = self._is_starved and capture_ended and not self._stop.is_set()  # a pipe, after a silence
        if self._monitor.state is State.RUNNING or was_closed:
            self._monitor.set_state(State.ENDED)

    def _advance(self, session: AnySession | None) -> AnySession | None:
        """Return the session to read from: the next one as soon as the present one is read to its end."""
        if not self._capture.sessions or (session is not None and session.ring.unread):
            return session
        session = self._track.continued(self._capture.sessions.popleft())
        self._is_interrupted = False
        self._publish(*self._track.begin(session))
        return session

    def _step(self, session: AnySession) -> bool:
        """Process the next chunk or image; False if there is none."""
        messages = self._track.step(session, 0.0 if self._stop.is_set() else 2 * STEP_S, self._clock)
        if self._track.at_limit:
            self._capture.stop()
        if messages is None:
            return False
        if self._is_starved:
            self._is_starved = self._is_interrupted = False
            self._monitor.set_state(State.RUNNING)
        self._n_parts += 1
        self._n_idle += self._monitor.is_paused  # no result is due
        self._problems.end(self._part)
        self._publish(*messages)
        return True

    def _check_clock(self) -> None:
        """Tell what has happened to the wall clock, and count times by it from here on."""
        if self._track.has_own_time:
            return
        self._clock.check()
        steps = self._clock.steps
        for step in steps[self._n_steps :]:
            self._track.change_clock(step)
            self._tell_clock(step)
        self._n_steps = len(steps)

    def _tell_clock(self, step: ClockStep) -> None:
        self._monitor.time_uncertain = step.is_uncertain
        position_s, now_s = self._monitor.position_s, self._clock.epoch_s()
        change = ClockChange(self.name, position_s, now_s, step.offset_s, step.suspended_s, step.is_uncertain)
        self._publish(change)

    def _obey(self, command: Command) -> None:
        """Carry out a command, and tell what the stream is set to then."""
        refused = ""
        try:
            match command.action:
                case "pause":
                    self._publish(*self._track.pause())
                case "resume":
                    self._track.resume()
                case "threshold":
                    self._track.set_threshold(command.label, command.value)
                case "mute":
                    self._track.mute(command.label, command.value != 0.0)
                case "clip":
                    self._track.save_clip(command.value)
                case "region":
                    self._track.set_region(command.label, command.box)
        except UserError as error:
            refused = str(error)
        self._monitor.refused = refused
        self._publish(self._track.setup(refused))

    def _idle(self, session: AnySession | None) -> None:
        """End running events while the source is away; set WAITING if it is silent without an error."""
        self._n_idle += not self.source.is_live  # a device that is silent has stopped; a pipe may be silent for days
        if self._monitor.state is State.WAITING:
            if self.source.is_live and not self._is_interrupted:  # what a pipe has not delivered yet is not lost
                self._is_interrupted = True  # first: what fails is not tried again
                self._publish(*self._track.interrupt())
        elif not (self._capture.ended.is_set() or self._stop.is_set()):
            silent_s = self._silence.update(self._n_parts, time.monotonic())
            if silent_s > self._patience_s(session):  # the source raised no error
                self._is_starved = True
                what, whose = ("images", "camera") if self.source.medium == "images" else ("sound", "sound system")
                reason = (
                    f"the {whose} does not answer" if self.source.is_live else f"what feeds {self.name} has stopped"
                )
                self._monitor.set_state(State.WAITING, f"no {what} for {silent_s:.0f} s; {reason}")
        if session is None or self._capture.ended.is_set():
            time.sleep(STEP_S / 5)

    def _patience_s(self, session: AnySession | None) -> float:
        """Return the seconds of silence after which the source has stopped."""
        if session is None and self.source.is_live:
            return float("inf")  # the source itself tells what is the matter while it opens
        is_paced = session is not None and not self.source.is_live and self.source.medium == "images"
        fps = session.format.fps if session is not None and is_paced else 0.0
        return max(2 * self._settings.stall_s, N_INTERVALS / fps if fps else 0.0)

    def _report(self) -> None:
        """Publish the health and the snapshot when their time has come."""
        now_s = time.monotonic()
        is_due = now_s >= self._next_health_s
        condition = self._monitor.state, self._monitor.is_paused, [problem.part for problem in self._problems.now()]
        if is_due or (condition != self._condition and now_s >= self._published_s + CHANGED_S):
            self._condition, self._published_s = condition, now_s
            self._next_status_s = now_s + STATUS_S
            self._health = self._monitor.health()
            self._publish(self._health)
        elif now_s >= self._next_status_s:
            self._next_status_s = now_s + STATUS_S
            self._health = self._monitor.health()
        if is_due:
            self._next_health_s += self._health_s
            if self._next_health_s <= now_s:  # the whole process was stopped: what was due meanwhile is left out
                self._next_health_s = now_s + self._health_s
        if self._snapshot_s and now_s >= self._next_snapshot_s:
            self._next_snapshot_s = now_s + self._snapshot_s
            self._snapshot = self._monitor.snapshot()

    def _publish(self, *messages: Message) -> None:
        for message in messages:
            self._monitor.count(message)
            for sink_thread in self._sink_threads:
                # A file can wait for a slow disk; a microphone cannot.
                sink_thread.put(message, wait=not self.source.is_live)

    def _recover(self, error: Exception) -> None:
        """Give up the present session of a live source after an error of its processing; raise what is to stay.

        A pipeline that has never worked will not do so another time, and a file would give the same error again.
        """
        if not (self._endures and self.source.is_live and self._monitor.has_worked):
            raise error
        reason = reason_of(error)
        if not isinstance(error, StreamerError):
            if reason not in self._faults:
                traceback.print_exception(error)
            self._faults.add(reason)
        self._problems.begin(self._part, f"{self.name} failed: {reason}")
        self._capture.interrupt(reason)

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        self._monitor.set_state(State.FAILED, without_secrets(str(error)) or type(error).__name__)
        self._capture.stop()
