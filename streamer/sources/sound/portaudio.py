"""Run all calls into PortAudio on one thread, and limit how long callers wait for them."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from streamer.errors import SourceUnavailable, UserError
from streamer.system import quiet_stderr

PATIENCE_S = 2.0  # opening takes 0.1 s, re-initialising 0.05 s; a frozen sound server never answers
STOP_PATIENCE_S = 0.5  # once the user wants to leave

T = TypeVar("T")


class PortAudioThread:
    """Thread that makes every call into PortAudio, as the library requires; a call that hangs is abandoned.

    CaptureSession, closing, starting, listing and re-initialising may all block for ever while a sound server is
    frozen. The caller then gives up, and further calls are refused until the hung one returns.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job[Any]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._current: _Job[Any] | None = None
        self._is_fresh = False  # nothing was opened since the devices were listed; for the thread alone
        self.n_open = 0  # streams; for the thread alone

    @property
    def stuck(self) -> bool:
        """Whether an abandoned call still hangs: a normal exit of the process would hang too."""
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
            Takes the ``sounddevice`` module; what it raises is raised here.
        stop : threading.Event, optional
            Shortens the wait once it is set.
        undo : callable, optional
            Gets the result when it comes too late for the caller. A task that has one is skipped when it was
            given up before its turn; one without is run nevertheless.

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
        job = _Job(task, undo)
        with self._lock:
            if self.stuck and undo is not None:
                raise SourceUnavailable(_HANGS)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="portaudio", daemon=True)
                self._thread.start()
        deadline_s = time.monotonic() + PATIENCE_S
        is_stopping = False
        # Descriptor 2 is silenced by the waiting side: a call that hangs must not keep it silent for ever.
        with quiet_stderr():
            self._jobs.put(job)
            while not job.done.wait(0.05) and time.monotonic() < deadline_s:
                if stop is not None and stop.is_set() and not is_stopping:
                    is_stopping = True
                    deadline_s = min(deadline_s, time.monotonic() + STOP_PATIENCE_S)
        with self._lock:
            job.is_abandoned = not job.done.is_set()
            if job.is_abandoned:
                job.stderr_fd = _duplicate_stderr()
        if job.is_abandoned:
            if is_stopping:
                return None
            raise SourceUnavailable(_HANGS)
        if job.error is not None:
            raise job.error
        return job.result

    def refresh(self, sounddevice: Any) -> None:
        """List the devices anew, where that is possible; called from tasks.

        PortAudio lists them once, when it is initialised, and initialising again closes every stream: so
        nothing is done while one is open, nor right after loading the library.
        """
        if self.n_open == 0 and not self._is_fresh:
            sounddevice._terminate()
            sounddevice._initialize()
        self._is_fresh = False

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            self._current = job
            if not (job.is_abandoned and job.undo):
                try:
                    job.result = job.task(self._load())
                except BaseException as error:
                    job.error = error
            with self._lock:
                is_late = job.is_abandoned
                if not is_late:
                    job.done.set()
            if is_late:
                self._clean_up(job)
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
    def _clean_up(job: _Job[Any]) -> None:
        if job.undo and job.result is not None:
            job.undo(job.result)
        if job.stderr_fd >= 0:
            # sounddevice redirects descriptor 2 itself while it initialises, and has just put back what it
            # found then: our null device.
            os.dup2(job.stderr_fd, 2)
            os.close(job.stderr_fd)


class _Job(Generic[T]):
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
