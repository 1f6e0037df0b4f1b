"""Start, guard and end streams in order, whatever happens; shared by `run` and `record`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from streamer.commands import say
from streamer.errors import StreamerError
from streamer.messages import State
from streamer.runtime import SinkThread, Stream
from streamer.system import quiet_stderr

GRACE_S = 1.0  # for the last sound to come through after --seconds


def carry_out(
    streams: Sequence[Stream],
    sink_threads: Sequence[SinkThread],
    seconds: float | None,
    show: Callable[[threading.Event], None] | None = None,
    conclude: Callable[[], None] = lambda: None,
    is_enough: Callable[[], bool] = lambda: False,
) -> int:
    """Run streams until they end, the time is over, there is enough or the user stops them.

    Does not return where a call into the system hangs for good: the process then ends here.

    Parameters
    ----------
    streams, sink_threads : sequence of Stream and SinkThread
        Not started yet; closed in the end.
    seconds : float or None
        Time to run.
    show : callable, optional
        Shows them in this thread until the event is set.
    conclude : callable
        Called when all is written.
    is_enough : callable
        Asked ten times a second; where it holds, the run ends.

    Returns
    -------
    int
        Exit code: 0, 1 if a stream failed or was still waiting for its source, 2 for a user's mistake.
    """
    stop = threading.Event()
    with _signals_set(stop):
        for stream in streams:
            stream.start()
        guard = threading.Thread(target=_guard, args=(streams, sink_threads, seconds, is_enough, stop), daemon=True)
        guard.start()
        if show:
            # PortAudio, ALSA and OpenCV print from their own threads when a device goes: that would tear the picture.
            with quiet_stderr():
                show(stop)
        while not stop.wait(0.2):
            pass
        for stream in streams:
            stream.stop()
        have_ended = [stream.join(5.0) for stream in streams]
    for sink_thread in sink_threads:
        sink_thread.close()
    conclude()
    code = _exit_code(streams, sink_threads)
    if not all(have_ended) or any(stream.abandoned() for stream in streams):
        # A call into a dead sound system hangs for good, and would hang the interpreter's exit as well.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 1)
    return code


def _guard(
    streams: Sequence[Stream],
    sink_threads: Sequence[SinkThread],
    seconds: float | None,
    is_enough: Callable[[], bool],
    stop: threading.Event,
) -> None:
    """Set ``stop`` when all streams have ended, the time is over or nothing reads the results any more."""
    deadline_s = time.monotonic() + seconds + GRACE_S if seconds else float("inf")
    while not stop.is_set():
        if (
            all(stream.join(0.0) for stream in streams)
            or any(sink_thread.abandoned for sink_thread in sink_threads)
            or is_enough()
        ):
            stop.set()
        # A file ends by its own position; a microphone that is not there never gets to any.
        if time.monotonic() > deadline_s and any(stream.source.is_live for stream in streams):
            stop.set()
        stop.wait(0.1)


def _exit_code(streams: Sequence[Stream], sink_threads: Sequence[SinkThread]) -> int:
    code = 0
    for stream in streams:
        health = stream.summary().health
        if stream.failure is not None:
            if not isinstance(stream.failure, StreamerError):
                raise stream.failure  # a bug: its traceback is wanted
            say(f"{stream.name}: {stream.failure}")
            code = max(code, stream.failure.exit_code)
        elif health.state is State.WAITING:
            say(f"{stream.name}: {health.detail}")
            code = max(code, 1)
    for sink_thread in sink_threads:
        if sink_thread.problem and not sink_thread.abandoned:
            say(sink_thread.problem)
            code = max(code, 1)
    return code


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run in order; a second Ctrl-C ends the process at once."""

    def handle(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
