"""Start, guard and end streams in order, whatever happens; shared by `run` and `record`."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from streamer.commands import say
from streamer.commands.problem_lines import ProblemLines
from streamer.commands.process_end import end_at_once, fault
from streamer.errors import ExitCode, StreamerError
from streamer.messages import State
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread, Stream
from streamer.runtime.crashes import Crashes
from streamer.runtime.last_resort import LastResort
from streamer.runtime.stream import GRACE_S
from streamer.service.reporter import StatusReporter
from streamer.system import quiet_stderr

END_S = 5.0  # for all streams to process what has been captured
MARGIN_S = 5.0  # for what else there is to do at the end


def carry_out(
    streams: Sequence[Stream],
    sink_threads: Sequence[SinkThread],
    problems: Problems,
    seconds: float | None,
    show: Callable[[threading.Event], None] | None = None,
    conclude: Callable[[], None] = lambda: None,
    is_enough: Callable[[], bool] = lambda: False,
    reporter: StatusReporter | None = None,
) -> int:
    """Run streams until they end, the time is over, there is enough or the user stops them.

    Does not return where a call into the system hangs for good: the process then ends here.

    Parameters
    ----------
    streams, sink_threads : sequence of Stream and SinkThread
        Not started yet; closed in the end.
    problems : Problems
        Of the run. Their beginnings and ends are told on standard error, or where streams are shown, at the end those
        that are left.
    seconds : float or None
        Time to run.
    show : callable, optional
        Shows them in this thread until the event is set.
    conclude : callable
        Called when all is written.
    is_enough : callable
        Asked ten times a second; where it holds, the run ends.
    reporter : StatusReporter or None
        Of these streams, where others are to be told how the run fares.

    Returns
    -------
    int
        Exit code, see :class:`streamer.errors.ExitCode`.
    """
    stop, last_resort = threading.Event(), LastResort(ExitCode.FAILURE)
    lines = ProblemLines(problems)
    tell = (lambda: None) if show else lines.tell
    try:
        with _signals_set(stop), Crashes(problems, stop.set) as crashes:
            try:
                for stream in streams:
                    stream.start()
                arguments = streams, sink_threads, seconds, is_enough, reporter, tell, stop
                threading.Thread(target=_guard, args=arguments, name="guard", daemon=True).start()
                if show:
                    # PortAudio, ALSA and OpenCV print from their own threads when a device goes: that would tear the
                    # picture.
                    with quiet_stderr():
                        show(stop)
                while not stop.wait(0.2):
                    pass
            finally:  # also where the dashboard fails: what was captured is still written
                if reporter:
                    reporter.stopping()
                last_resort.arm(END_S + MARGIN_S + sum(sink_thread.patience_s for sink_thread in sink_threads))
                hanging = _end(streams, sink_threads)
        conclude()
        lines.tell_at_end()
        codes = [_code_of(stream) for stream in streams]
        if problems.now():
            codes.append(ExitCode.FAILURE)
        if crashes.first is not None:
            codes.append(fault(crashes.first))
        for stream in hanging:
            say(f"{stream.name}: a call into the system hangs; the process ends without it, all results are written")
            codes.append(ExitCode.FAILURE)
        code = max(codes)
        if hanging or any(sink_thread.is_alive for sink_thread in sink_threads):
            end_at_once(code)
        return code
    finally:
        last_resort.cancel()


def _end(streams: Sequence[Stream], sink_threads: Sequence[SinkThread]) -> list[Stream]:
    """Stop all streams and close all sinks; return the streams of which a call into the system hangs."""
    for stream in streams:
        stream.stop()
    deadline_s = time.monotonic() + END_S
    have_ended = [stream.join(max(0.0, deadline_s - time.monotonic())) for stream in streams]
    hanging = [
        stream for stream, has_ended in zip(streams, have_ended, strict=True) if stream.abandoned() or not has_ended
    ]
    for sink_thread in sink_threads:
        sink_thread.close()
    return hanging


def _guard(
    streams: Sequence[Stream],
    sink_threads: Sequence[SinkThread],
    seconds: float | None,
    is_enough: Callable[[], bool],
    reporter: StatusReporter | None,
    tell: Callable[[], None],
    stop: threading.Event,
) -> None:
    """Tell problems; set ``stop`` when all streams have ended, the time is over or nothing reads the results."""
    deadline_s = time.monotonic() + seconds + GRACE_S if seconds else float("inf")
    while not stop.is_set():
        tell()
        if reporter:
            reporter.beat()
        if (
            all(stream.join(0.0) for stream in streams)
            or any(sink_thread.abandoned for sink_thread in sink_threads)
            or is_enough()
        ):
            stop.set()
        # A stream ends at its own time, unless its processing hangs.
        if time.monotonic() > deadline_s and any(stream.source.is_live for stream in streams):
            stop.set()
        stop.wait(0.1)


def _code_of(stream: Stream) -> ExitCode:
    """Return the exit code that the end of a stream asks for; tell the reason where it is not 0."""
    health = stream.summary().health
    if stream.failure is not None:
        if not isinstance(stream.failure, StreamerError):
            return fault(stream.failure)
        say(f"{stream.name}: {stream.failure}")
        return stream.failure.exit_code
    if health.state is State.WAITING:
        say(f"{stream.name}: {health.detail}")
        return ExitCode.FAILURE
    return ExitCode.OK


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
