"""Capture thread: opens a source, again and again where it is live, and hands each session over."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic

from streamer.address import without_secrets
from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable, StreamerError
from streamer.messages import State
from streamer.runtime.absence import await_return
from streamer.runtime.session import CaptureSession, FormatT, RingT
from streamer.sources import Source
from streamer.sources.base import Played
from streamer.wall_clock import WallClock


def reason_of(error: BaseException) -> str:
    """Return an error as the reason of a state; what is no StreamerError is a fault of streamer itself."""
    if isinstance(error, StreamerError):
        return str(error)
    return without_secrets(f"{type(error).__name__}: {error}; report this as a bug")


class Capture(Generic[FormatT, RingT]):
    """Capture on a thread of its own until the source ends, fails for good or the stream is stopped.

    Parameters
    ----------
    source : Source
        Source to open.
    make_ring : callable
        Returns a ring for the format of a newly opened source.
    settings : SourceSettings
        Shortest and longest pause between two attempts.
    stop : threading.Event
        Of the stream; set by :meth:`stop`.
    set_state : callable
        Receives every change of state with its detail.
    fail : callable
        Receives the error after which the source is not opened again.
    clock : WallClock
        Gives each session the time at which it begins.
    endures : bool
        Whether a source that has run is tried again whatever its error; False: only where it is unavailable.

    Attributes
    ----------
    sessions : deque of CaptureSession
        Filled by the capture thread, emptied by the processing thread.
    ended : threading.Event
        Set when no further session will come.
    n_attempts : int
        How often the source was to be opened.
    """

    def __init__(
        self,
        source: Source[FormatT, RingT],
        make_ring: Callable[[FormatT], RingT],
        settings: SourceSettings,
        stop: threading.Event,
        set_state: Callable[[State, str], None],
        fail: Callable[[BaseException], None],
        clock: WallClock,
        *,
        endures: bool = True,
    ) -> None:
        self.sessions: deque[CaptureSession[FormatT, RingT]] = deque()
        self.ended = threading.Event()
        self.n_attempts = 0
        self._source = source
        self._make_ring = make_ring
        self._settings = settings
        self._stop = stop
        self._set_state = set_state
        self._fail = fail
        self._clock = clock
        self._endures = endures
        self._first_s: float | None = None  # monotonic clock at the stream's second 0
        self._session_stop = threading.Event()
        self._interruption = ""  # why the present session cannot be processed
        self._has_run = self._was_opened = False  # ever, and in the present attempt
        self._wait_s = settings.retry_min_s
        self._thread = threading.Thread(target=self._run, name=f"capture {source.uri}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; False if it hangs, for instance in a call into a dead sound system."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stop.set()
        self._session_stop.set()

    def interrupt(self, reason: str) -> None:
        """End the present session, which cannot be processed, and open the source anew after a pause."""
        self._interruption = reason
        self._session_stop.set()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if (reason := self._capture()) is None:
                    break
                self._pause(reason)
                gc.collect()  # a traceback holds the lost session's ring, 15 MB, until it is collected
        except BaseException as error:  # a plug-in may even call sys.exit()
            self._fail(error)
        finally:
            self.ended.set()

    def _capture(self) -> str | None:
        """Capture one session; return why the source is to be opened anew, None where it has ended or is stopped.

        What has run once is tried again whatever its error: a camera comes back with its old size, a fault may be one
        of the moment.
        """
        self._was_opened, self._interruption = False, ""
        self._session_stop = threading.Event()
        if self._stop.is_set():  # since the last session's event was set
            return None
        self.n_attempts += 1
        try:
            self._source.capture(self._begin, self._session_stop)
            reason = ""
        except Exception as error:
            may_come_back = isinstance(error, SourceUnavailable) or (self._endures and self._has_run)
            if not (self._source.is_live and may_come_back):
                raise
            reason = reason_of(error)
        return self._interruption or reason or None

    def _pause(self, reason: str) -> None:
        """Wait before the source is opened again: twice as long as before, unless it has run since."""
        if self._was_opened and not self._interruption:
            self._wait_s = self._settings.retry_min_s
        # Random, so that machines that lost one sound server do not all come back at the same moment.
        pause_s = self._wait_s * random.uniform(0.5, 1.0)
        self._set_state(State.WAITING, f"{reason}; trying again in {pause_s:.1f} s")
        self._wait_s = min(2 * self._wait_s, self._settings.retry_max_s)
        if await_return(self._source, pause_s, self._stop):
            self._wait_s = self._settings.retry_min_s

    def _begin(self, opened: FormatT) -> RingT:
        """Begin a session with a newly opened source, which calls this; return the ring that it is to fill."""
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s = now_s
        ring = self._make_ring(opened)
        start_s = now_s - self._first_s if self._source.is_live else 0.0
        own_s = self._source.start_epoch_s if isinstance(self._source, Played) else None
        epoch_s = self._clock.epoch_s(now_s) - start_s if own_s is None else own_s
        self.sessions.append(CaptureSession(opened, ring, start_s, epoch_s))
        self._was_opened = self._has_run = True
        self._set_state(State.RUNNING, "")
        return ring
