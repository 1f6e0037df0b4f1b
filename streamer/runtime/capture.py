"""Capture thread: opens a source, again and again where it is live, and hands each session over."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable
from streamer.messages import State
from streamer.runtime.session import CaptureSession, FormatT, RingT
from streamer.sources import Source
from streamer.wall_clock import WallClock


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
        Ends the capture.
    set_state : callable
        Receives every change of state with its detail.
    fail : callable
        Receives the error after which the source is not opened again.
    clock : WallClock
        Gives each session the time at which it begins.

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
        fail: Callable[[Exception], None],
        clock: WallClock,
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
        self._first_s: float | None = None  # monotonic clock at the stream's second 0
        self._was_opened = False
        self._thread = threading.Thread(target=self._run, name=f"capture {source.uri}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; False if it hangs, for instance in a call into a dead sound system."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait_s = self._settings.retry_min_s
        while not self._stop.is_set():
            self._was_opened = False
            self.n_attempts += 1
            try:
                self._source.capture(self._begin, self._stop)
                break
            except SourceUnavailable as error:
                if not self._source.is_live:
                    self._fail(error)
                    break
                wait_s = self._settings.retry_min_s if self._was_opened else wait_s
                # Random, so that machines that lost one sound server do not all come back at the same moment.
                pause_s = wait_s * random.uniform(0.5, 1.5)
                self._set_state(State.WAITING, f"{error}; trying again in {pause_s:.1f} s")
                wait_s = min(2 * wait_s, self._settings.retry_max_s)
                del error
                gc.collect()  # the traceback holds the lost session's ring, 15 MB, until it is collected
                self._stop.wait(pause_s)
            except Exception as error:
                self._fail(error)
                break
        self.ended.set()

    def _begin(self, opened: FormatT) -> RingT:
        """Begin a session with a newly opened source, which calls this; return the ring that it is to fill."""
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s = now_s
        ring = self._make_ring(opened)
        start_s = now_s - self._first_s if self._source.is_live else 0.0
        self.sessions.append(CaptureSession(opened, ring, start_s, self._clock.epoch_s(now_s) - start_s))
        self._was_opened = True
        self._set_state(State.RUNNING, "")
        return ring
