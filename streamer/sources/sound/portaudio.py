"""Thread that makes all calls into PortAudio, so that a call that hangs does not block its caller."""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from streamer.errors import SourceUnavailable, UserError
from streamer.sources.sound.signs import Signs, sound_signs
from streamer.system import quiet_stderr

CALL_TIMEOUT_S = 2.0  # opening takes 0.1 s, re-initialising 0.05 s; a frozen sound server never answers
SETTLING_S = 30.0  # a sound server that has come back finds its microphones within this …
LISTED_ANYWAY_S = 120.0  # … and what shows no sign is found in this time
STOP_TIMEOUT_S = 0.5  # once the stream is to stop

T = TypeVar("T")


class PortAudioThread:
    """Thread that makes all calls into PortAudio, which requires one thread for them.

    Opening, starting, closing, listing and re-initialising may all block for ever while a sound server is frozen.
    Then the call is abandoned, and further calls are refused until it returns.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call[Any]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._current: _Call[Any] | None = None
        self._signs: Signs | None = None  # of the system's sound; this and what follows is used by the thread only
        self._changed_s = self._listed_s = -math.inf  # when the signs changed, and the devices were listed
        self._is_fresh = False  # no stream was opened since the devices were listed; used by the thread only
        self.n_open = 0  # number of open streams; used by the thread only

    @property
    def stuck(self) -> bool:
        """Whether an abandoned call still hangs: then a normal exit of the process would hang too."""
        current = self._current
        return current is not None and current.is_abandoned

    def call(
        self,
        task: Callable[[Any], T],
        stop: threading.Event | None = None,
        undo: Callable[[T], None] | None = None,
    ) -> T | None:
        """Run ``task(sounddevice)`` on the PortAudio thread and wait for it.

        Parameters
        ----------
        task : callable
            Its argument is the ``sounddevice`` module; its exceptions are raised here.
        stop : threading.Event, optional
            Shortens the wait once it is set.
        undo : callable, optional
            Its argument is a result that came too late for the caller. A task with ``undo`` that is abandoned before it
            has begun is skipped; one without is still run.

        Returns
        -------
        object or None
            The task's result; None when ``stop`` ended the wait.

        Raises
        ------
        SourceUnavailable
            When PortAudio does not answer.
        UserError
            When its library is not installed.
        """
        call = _Call(task, undo)
        with self._lock:
            if self.stuck and undo is not None:
                raise SourceUnavailable(_HANGS)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="portaudio", daemon=True)
                self._thread.start()
        deadline_s = time.monotonic() + CALL_TIMEOUT_S
        is_stopping = False
        # The caller silences file descriptor 2, since a call that hangs would keep it silent for ever.
        with quiet_stderr():
            self._calls.put(call)
            while not call.done.wait(0.05) and time.monotonic() < deadline_s:
                if stop is not None and stop.is_set() and not is_stopping:
                    is_stopping = True
                    deadline_s = min(deadline_s, time.monotonic() + STOP_TIMEOUT_S)
        with self._lock:
            call.is_abandoned = not call.done.is_set()
            if call.is_abandoned:
                call.stderr_fd = _duplicate_stderr()
        if call.is_abandoned:
            if is_stopping:
                return None
            raise SourceUnavailable(_HANGS)
        if call.error is not None:
            raise call.error
        return call.result

    def refresh(self, sounddevice: Any) -> None:
        """Update PortAudio's list of devices where that is possible; to be called from tasks.

        PortAudio lists the devices when it is initialised, and initialising it again closes every stream. So nothing
        is done while a stream is open, nor right after the library was loaded. It also leaks 12 kB in the libraries of
        sound servers, 20 MB an hour for a microphone that is tried every two seconds: so nothing is done, for two
        minutes, while nothing shows that sound cards or servers have come or gone.
        """
        now_s, signs = time.monotonic(), sound_signs()
        if signs != self._signs or signs is None:
            self._signs, self._changed_s = signs, now_s
        is_due = now_s - self._changed_s < SETTLING_S or now_s - self._listed_s >= LISTED_ANYWAY_S
        if self.n_open == 0 and not self._is_fresh and is_due:
            sounddevice._terminate()
            sounddevice._initialize()
            self._listed_s = now_s
        self._is_fresh = False

    def _serve(self) -> None:
        while True:
            call = self._calls.get()
            self._current = call
            if not (call.is_abandoned and call.undo):
                try:
                    call.result = call.task(self._load())
                except BaseException as error:
                    call.error = error
            with self._lock:
                is_late = call.is_abandoned
                if not is_late:
                    call.done.set()
            if is_late:
                self._clean_up(call)
            self._current = None

    def _load(self) -> Any:
        import sys

        self._is_fresh |= "sounddevice" not in sys.modules
        try:
            import sounddevice
        except OSError as error:
            raise UserError(
                "PortAudio=missing must be installed for microphones; sudo apt install libportaudio2 "
                f"(files, standard input and the demo need none) ({error})"
            ) from None
        return sounddevice

    @staticmethod
    def _clean_up(call: _Call[Any]) -> None:
        if call.undo and call.result is not None:
            call.undo(call.result)
        if call.stderr_fd >= 0:
            # While it initialises, sounddevice redirects file descriptor 2 itself, and has now restored what it found:
            # our null device.
            os.dup2(call.stderr_fd, 2)
            os.close(call.stderr_fd)


class _Call(Generic[T]):
    """One task, its result or error, and whether its caller has abandoned it."""

    def __init__(self, task: Callable[[Any], T], undo: Callable[[T], None] | None) -> None:
        self.task = task
        self.undo = undo
        self.done = threading.Event()
        self.result: T | None = None
        self.error: BaseException | None = None
        self.is_abandoned = False
        self.stderr_fd = -1


def _duplicate_stderr() -> int:
    try:
        return os.dup(2)
    except OSError:
        return -1


_HANGS = "PortAudio does not answer: the sound server hangs; restart it (systemctl --user restart pipewire-pulse)"

PORTAUDIO = PortAudioThread()
