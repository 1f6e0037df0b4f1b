"""Start, guard and end streams in order, whatever happens; shared by `run` and `record`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from streamer.commands import say
from streamer.commands.problem_lines import ProblemLines
from streamer.commands.process_end import end_at_once, fault
from streamer.commands.renewal import Renewal
from streamer.commands.signals import RunSignals
from streamer.config import RuntimeSettings
from streamer.errors import ExitCode, StreamerError
from streamer.messages import State
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread, Stream
from streamer.runtime.crashes import Crashes
from streamer.runtime.last_resort import LastResort
from streamer.service.reporter import StatusReporter
from streamer.system import quiet_stderr, release_unused

RELEASE_S = 60.0  # how often freed memory is given back to the system
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
    renewal: Renewal[Any] | None = None,
    settings: RuntimeSettings = RuntimeSettings(),  # noqa: B008 (frozen)
) -> int | None:
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
    renewal : Renewal or None
        Prepares what comes after these streams; None: a hang-up ends the run, and nothing comes after it.
    settings : RuntimeSettings
        How long the end may take.

    Returns
    -------
    int or None
        Exit code, see :class:`streamer.errors.ExitCode`; None where the run goes on with what the renewal prepared.
    """
    stop, last_resort = threading.Event(), LastResort(ExitCode.FAILURE)
    lines = ProblemLines(problems)
    try:
        with RunSignals(stop) as signals, Crashes(problems, stop.set) as crashes:
            guard = _Guard(streams, sink_threads, is_enough, None if show else lines, reporter, renewal, signals, stop)
            guard.deadline_s = time.monotonic() + seconds + settings.grace_s if seconds else float("inf")
            try:
                for stream in streams:
                    stream.start()
                threading.Thread(target=guard.run, name="guard", daemon=True).start()
                if show:
                    # PortAudio, ALSA and OpenCV print from their own threads when a device goes: that would tear the
                    # picture.
                    with quiet_stderr():
                        show(stop)
                while not stop.wait(0.2):
                    pass
            finally:  # also where the dashboard fails: what was captured is still written
                if reporter and not guard.is_renewed:
                    reporter.stopping()
                patience_s = sum(sink_thread.patience_s for sink_thread in sink_threads)
                last_resort.arm(settings.end_s + patience_s + MARGIN_S)
                hanging = _end(streams, sink_threads, settings.end_s)
        if guard.is_renewed and not hanging and crashes.first is None:
            lines.tell()
            return None
        conclude()
        lines.tell_at_end()
        codes = [_code_of(stream, signals.has_ended) for stream in streams]
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


def _end(streams: Sequence[Stream], sink_threads: Sequence[SinkThread], end_s: float) -> list[Stream]:
    """Stop all streams and close all sinks; return the streams of which a call into the system hangs."""
    for stream in streams:
        stream.stop()
    deadline_s = time.monotonic() + end_s
    have_ended = [stream.join(max(0.0, deadline_s - time.monotonic())) for stream in streams]
    hanging = [
        stream for stream, has_ended in zip(streams, have_ended, strict=True) if stream.abandoned() or not has_ended
    ]
    for sink_thread in sink_threads:
        sink_thread.close()
    return hanging


@dataclass
class _Guard:
    """What looks after a run on a thread of its own, ten times a second, until it is to end."""

    streams: Sequence[Stream]
    sink_threads: Sequence[SinkThread]
    is_enough: Callable[[], bool]
    lines: ProblemLines | None  # None: problems are shown elsewhere
    reporter: StatusReporter | None
    renewal: Renewal[Any] | None
    signals: RunSignals
    stop: threading.Event
    deadline_s: float = float("inf")
    is_renewed: bool = False  # whether the run ends to go on with what the renewal prepared
    is_reloading: bool = False  # whether the service manager was told so

    def run(self) -> None:
        """Set ``stop`` when all streams have ended, the time is over, nothing reads the results or a plan is ready."""
        next_release_s = time.monotonic() + RELEASE_S
        while not self.stop.is_set():
            if time.monotonic() > next_release_s:
                next_release_s = time.monotonic() + RELEASE_S
                release_unused()
            if self.lines:
                self.lines.tell()
            if self.reporter:
                self.reporter.beat()
            if (
                all(stream.join(0.0) for stream in self.streams)
                or any(sink_thread.abandoned for sink_thread in self.sink_threads)
                or self.is_enough()
            ):
                self.stop.set()
            # A file ends by its own position; a microphone that is not there never gets to any.
            if time.monotonic() > self.deadline_s and any(stream.source.is_live for stream in self.streams):
                self.stop.set()
            self._renew()
            self.stop.wait(0.1)

    def _renew(self) -> None:
        is_asked = self.signals.take_reload()
        if self.renewal is None:
            if is_asked:
                self.stop.set()
            return
        self.renewal.look()
        if is_asked:
            self.renewal.ask("SIGHUP: the settings are read again")
            self.is_reloading = True
            if self.reporter:
                self.reporter.reloading()
        if self.renewal.plan is not None and not self.stop.is_set():
            self.is_renewed = True
            self.stop.set()
        elif self.is_reloading and not self.renewal.is_busy:  # refused: the old streams go on
            self.is_reloading = False
            if self.reporter:
                self.reporter.reloaded()


def _code_of(stream: Stream, was_asked: bool) -> ExitCode:
    """Return the exit code that the end of a stream asks for; tell the reason where it is not 0.

    A source that is still waited for is no failure of a run that was asked to end, as by ``systemctl stop``.
    """
    health = stream.summary().health
    if stream.failure is not None:
        if not isinstance(stream.failure, StreamerError):
            return fault(stream.failure)
        say(f"{stream.name}: {stream.failure}")
        return stream.failure.exit_code
    if health.state is State.WAITING and not was_asked:
        say(f"{stream.name}: {health.detail}")
        return ExitCode.FAILURE
    return ExitCode.OK
