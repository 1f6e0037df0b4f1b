"""StatusReporter: tells the service manager and `streamer health` how a run fares."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from streamer.errors import StreamerError
from streamer.messages import Health, State
from streamer.monitor.problems import Problems
from streamer.runtime import Stream
from streamer.service.liveness import Liveness, hangs
from streamer.service.notification import Notifier
from streamer.service.places import own_folder
from streamer.service.status_file import WRITE_S, Condition, StatusFile
from streamer.sinks.jsonlines import health_values

BEATS_PER_WATCHDOG = 3  # so that a beat that comes late does no harm
EXTENSION_S = 60.0  # by which a start that goes on is prolonged


class StatusReporter:
    """Reporter of one run.

    The manager's watchdog is answered only while the streams give results or have a reason not to, see
    :class:`streamer.service.liveness.Liveness`; when one hangs it is answered no more, and the manager ends the process
    and starts it anew.

    Parameters
    ----------
    streams : sequence of Stream
        Of the run.
    problems : Problems
        Of the run.
    notifier : Notifier
        To the manager, if there is one.
    say : callable
        Receives a line to show where the status file cannot be written.
    """

    def __init__(
        self, streams: Sequence[Stream], problems: Problems, notifier: Notifier, say: Callable[[str], None]
    ) -> None:
        self._streams = streams
        self._problems = problems
        self._notifier = notifier
        self._say = say
        self._lives = [Liveness() for _ in streams]
        self._is_ready = False
        self._is_hanging = False
        self._known: tuple[Condition, str] | None = None  # as last told
        self._next_watchdog_s = self._next_write_s = self._next_extension_s = 0.0
        try:
            self._file: StatusFile | None = StatusFile(own_folder())
        except StreamerError as error:
            self._file = None
            say(f"{error}; streamer health will not find this run")

    def beat(self) -> None:
        """Look at the streams, and tell what is due; called several times a second by one thread."""
        now_s = time.monotonic()
        for stream, life in zip(self._streams, self._lives, strict=True):
            life.update(stream.progress(), now_s)
        if not self._is_ready and all(life.is_settled for life in self._lives):
            self._is_ready = True
            self._notifier.send(READY=1)
        self._is_hanging = hangs(self._lives)
        if not self._is_hanging:
            self._answer(now_s)
        condition = self._condition()
        if condition != self._known or now_s >= self._next_write_s:
            self._known, self._next_write_s = condition, now_s + WRITE_S
            self._tell(*condition)

    def reloading(self) -> None:
        """Tell the manager that the settings are being read again; :meth:`reloaded` must follow."""
        self._notifier.send(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1000)

    def reloaded(self) -> None:
        """Tell the manager that the run goes on."""
        self._notifier.send(READY=1)

    def stopping(self) -> None:
        """Tell that the run ends in order, and remove the status file."""
        self._notifier.send(STOPPING=1, STATUS="stopping")
        if self._file:
            self._file.remove()

    def _answer(self, now_s: float) -> None:
        """Answer the watchdog, and before the start is over prolong it."""
        watchdog_s = self._notifier.watchdog_s
        if watchdog_s and now_s >= self._next_watchdog_s:
            self._next_watchdog_s = now_s + watchdog_s / BEATS_PER_WATCHDOG
            self._notifier.send(WATCHDOG=1)
        if not self._is_ready and now_s >= self._next_extension_s:
            self._next_extension_s = now_s + EXTENSION_S / BEATS_PER_WATCHDOG
            self._notifier.send(EXTEND_TIMEOUT_USEC=round(EXTENSION_S * 1e6))

    def _condition(self) -> tuple[Condition, str]:
        """Return the condition of the run and the reasons for it."""
        reasons = []
        for stream, life in zip(self._streams, self._lives, strict=True):
            if life.is_stalled:
                reasons.append(f"{stream.name} is {life.state} and has shown no sign of life for too long")
            elif life.state in (State.WAITING, State.FAILED):
                reasons.append(f"{stream.name} is {life.state}")
        reasons += [f"{problem.part}: {problem.text}" for problem in self._problems.now()]
        text = "; ".join(reasons)
        if self._is_hanging:
            return "stalled", text
        if not self._is_ready:
            return "starting", text
        return ("troubled" if reasons else "well"), text

    def _tell(self, condition: Condition, detail: str) -> None:
        healths = [stream.health() for stream in self._streams]
        if self._notifier.is_heard:
            self._notifier.send(STATUS=_status(condition, detail, healths))
        if self._file:
            try:
                self._file.write(condition, detail, [health_values(health) for health in healths])
            except OSError as error:
                self._say(f"status file={self._file.path} must be writable; {error.strerror or error}")
                self._file = None


def _status(condition: Condition, detail: str, healths: Sequence[Health]) -> str:
    """Return the line that `systemctl status` shows."""
    n_windows = sum(health.windows for health in healths)
    n_running = sum(health.state is State.RUNNING for health in healths)
    counts = f"{n_running} of {len(healths)} stream{'s' if len(healths) != 1 else ''} running, {n_windows} windows"
    return f"{condition}: {counts}{'; ' if detail else ''}{detail}"
