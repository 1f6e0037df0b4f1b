"""Liveness: whether a stream still works, waits for something outside, or hangs."""

from __future__ import annotations

from streamer.messages import State
from streamer.runtime.progress import StreamProgress

LONGEST_BEAT_S = 1.0  # between two updates more time than this has not passed for the stream: the process was stopped


class Liveness:
    """Judge of one stream by its progress.

    A sign of life is a result, a change of state, an attempt to open the source that is away, or a file or pipe found
    empty. While the source sends nothing because it is muted or its windows are long, none is due; a stream that waits
    for an absent camera is alive as long as it goes on trying. A stream that runs and gives no results although sound
    or images come, one whose opening never returns, and one with a call that hangs in a driver, are stalled.

    Attributes
    ----------
    silent_s : float
        Seconds since the last sign of life in which this process ran.
    has_worked : bool
        Whether it has ever given a result.
    """

    def __init__(self) -> None:
        self.silent_s = 0.0
        self.has_worked = False
        self._progress: StreamProgress | None = None
        self._signs: tuple[object, ...] = ()
        self._n_attempts = 0  # as of when no call hung
        self._updated_s = 0.0

    def update(self, progress: StreamProgress, now_s: float) -> None:
        """Take the progress at ``now_s`` of the monotonic clock."""
        if not progress.is_stuck:
            self._n_attempts = progress.n_attempts
        signs = progress.state, progress.n_results, progress.n_idle, self._n_attempts
        elapsed_s = min(now_s - self._updated_s, LONGEST_BEAT_S) if self._progress else 0.0
        self.silent_s = 0.0 if signs != self._signs else self.silent_s + elapsed_s
        self.has_worked = self.has_worked or progress.n_results > 0
        self._progress, self._signs, self._updated_s = progress, signs, now_s

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is to come."""
        return self._progress is not None and self._progress.state in (State.ENDED, State.FAILED)

    @property
    def is_settled(self) -> bool:
        """Whether it has given its first result, or is known not to for now: the service has then started."""
        return self.has_worked or self.has_ended or (self._progress is not None and self.state is State.WAITING)

    @property
    def is_stalled(self) -> bool:
        """Whether a sign of life is overdue."""
        return self._progress is not None and not self.has_ended and self.silent_s > self._progress.due_s

    @property
    def state(self) -> State:
        """State of the stream at the last update, of which there must have been one."""
        assert self._progress is not None
        return self._progress.state


def hangs(streams: list[Liveness]) -> bool:
    """Return whether a run needs to be started anew.

    It does when a stream has stalled that had worked, or when all have: one that has hung in its driver since the start
    would hang again, and must not interrupt the others.
    """
    going = [stream for stream in streams if not stream.has_ended]
    stalled = [stream for stream in going if stream.is_stalled]
    return any(stream.has_worked for stream in stalled) or (bool(stalled) and len(stalled) == len(going))
