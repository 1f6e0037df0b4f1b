"""The capture thread: opens a source, again and again where it is live, and hands each opening over."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from streamer.config import SourceSettings
from streamer.errors import SourceUnavailable
from streamer.messages import State
from streamer.runtime.session import CaptureSession, Track


class Capture:
    """Capture on a thread of its own until the source ends, fails for good or the stream is stopped.

    Parameters
    ----------
    track : Track
        Its source is opened, and its rings are filled.
    settings : SourceSettings
    stop : threading.Event
        Ends it.
    tell : callable
        Receives every change of state with what it means here.
    fail : callable
        Receives the error after which nothing is tried again.

    Attributes
    ----------
    sessions : deque of CaptureSession
        Filled here, emptied by the processing thread.
    ended : threading.Event
        Set when no further opening will come.
    """

    def __init__(
        self,
        track: Track,
        settings: SourceSettings,
        stop: threading.Event,
        tell: Callable[[State, str], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self.sessions: deque[CaptureSession[Any, Any]] = deque()
        self.ended = threading.Event()
        self._track = track
        self._source: Any = track.source
        self._settings = settings
        self._stop = stop
        self._tell = tell
        self._fail = fail
        self._first_s: float | None = None  # monotonic clock at the stream's second 0
        self._anchor_s = 0.0  # wall clock at the monotonic clock's 0
        self._was_opened = False
        self._thread = threading.Thread(target=self._run, name=f"capture {track.source.uri}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False if it hangs, as in a call of a dead sound system."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait_s = self._settings.retry_min_s
        while not self._stop.is_set():
            self._was_opened = False
            try:
                self._source.capture(self._begin, self._stop)
                break
            except SourceUnavailable as error:
                if not self._source.is_live:
                    self._fail(error)
                    break
                wait_s = self._settings.retry_min_s if self._was_opened else wait_s
                # Machines that lost one sound server must not come back in step.
                pause_s = wait_s * random.uniform(0.5, 1.5)
                self._tell(State.WAITING, f"{error}; trying again in {pause_s:.1f} s")
                wait_s = min(2 * wait_s, self._settings.retry_max_s)
                del error
                gc.collect()  # tracebacks of what was lost hold its ring: 15 MB each, until they are collected
                self._stop.wait(pause_s)
            except Exception as error:
                self._fail(error)
                break
        self.ended.set()

    def _begin(self, opened: Any) -> Any:
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s, self._anchor_s = now_s, time.time() - now_s
        ring = self._track.ring(opened)
        start_s = now_s - self._first_s if self._source.is_live else 0.0
        epoch_s = self._anchor_s + self._first_s
        self.sessions.append(CaptureSession(opened, ring, start_s, epoch_s, self._anchor_s))
        self._was_opened = True
        self._tell(State.RUNNING, "")
        return ring
