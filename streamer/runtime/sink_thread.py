"""SinkThread: a sink on a thread of its own, so that a slow disk never delays processing."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable

from streamer.errors import StreamerError, Undelivered
from streamer.messages import Message
from streamer.monitor.problems import Problems
from streamer.runtime.message_queue import MessageQueue
from streamer.sinks import AbortableSink, AwareSink, LinkedSink, RecoveringSink, RunLink, Sink, TimedSink

SHUTDOWN_S = 3.0  # that a thread has to end; longer, and it hangs in a call into the system
RETRY_S = (0.5, 60.0)  # shortest and longest pause before a sink is made anew
LOOK_S = 5.0  # how often a sink with a problem is asked whether it works again
LONGEST_WAIT_S = 3600.0  # for one message, so that no time is too long for the system
ALIVE_S = 0.5  # how often one that waits for room in the queue looks whether the thread lives


class SinkThread:
    """A thread that hands the messages of a bounded queue to a sink.

    What the sink cannot write is a problem until it has written a message again, or says that it works again. What it
    cannot deliver now waits, and it gets the same message again after a pause; the oldest of those that wait behind it
    give way when the queue is full. After an error that no sink is allowed to raise, its condition is not known: it is
    closed and made anew, after a pause.

    Parameters
    ----------
    sink : Sink
        Used by the thread alone.
    n_max : int
        Messages that the queue holds.
    patience_s : float
        Seconds that :meth:`close` waits for the messages still in the queue.
    max_bytes : float
        Size of the sound and images in these messages.
    again : callable or None
        Makes the sink anew; None: the old one goes on.
    retry_s : tuple of float
        Shortest and longest pause before that, or before a message is delivered again; each is twice the one before
        until the sink has written again.
    look_s : float
        Seconds between two questions to a sink with a problem whether it works again.
    problems : Problems or None
        Of the run; None: of this sink alone.
    name : str
        What problems are told of; empty: the name of the sink's class.
    link : RunLink or None
        For sinks that send messages themselves.

    Attributes
    ----------
    name, problems, patience_s
        As given.
    abandoned : bool
        Whether nobody reads the output of the sink any more.
    """

    def __init__(
        self,
        sink: Sink,
        n_max: int = 1000,
        patience_s: float = SHUTDOWN_S,
        *,
        max_bytes: float = float("inf"),
        again: Callable[[], Sink] | None = None,
        retry_s: tuple[float, float] = RETRY_S,
        look_s: float = LOOK_S,
        problems: Problems | None = None,
        name: str = "",
        link: RunLink | None = None,
    ) -> None:
        self.name = name or type(sink).__name__
        self.problems = problems or Problems()
        self.abandoned = False
        self._sink: Sink | None = sink
        self._kind = f"{type(sink).__module__}.{type(sink).__name__}"
        self._accepts = sink.accepts
        self._again = again
        self._link = link
        self._gives_up = False  # what is left at the end cannot be delivered either
        self._is_away = False  # its receiver cannot be reached: a message is tried again and again
        self._shortest_s, self._longest_s = retry_s
        self._pause_s = self._shortest_s
        self._look_s = look_s
        self._is_failing = False  # the sink could not write, and has not written since
        self._next_look_s = 0.0  # when a sink with a problem is asked next
        self.patience_s = patience_s
        self._is_closing = threading.Event()
        self._queue_part = f"{self.name} queue"
        self._n_dropped = 0  # since the queue last had room
        self._queue = MessageQueue(n_max, max_bytes)
        self._connect(sink)
        self._thread = threading.Thread(target=self._run, name=f"sink {self.name}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; one that ends before it is closed has died."""
        return self._thread.is_alive()

    @property
    def n_waiting(self) -> int:
        """Messages in the queue now."""
        return self._queue.n_waiting

    def put(self, message: Message, wait: bool) -> None:
        """Queue a message that the sink accepts; if the queue is full, and may not be waited for, the oldest are lost.

        A receiver that cannot be reached is never waited for.
        """
        if not isinstance(message, self._accepts):
            return
        while True:
            try:
                self._queue.put(message, block=wait and not self._is_away, timeout=ALIVE_S)
                return
            except queue.Full:
                if not wait or self._is_away or not self.is_alive:
                    break
        takes = self.is_alive and not self._is_closing.is_set()
        lost = self._queue.put_newest(message) if takes else [message]
        self._n_dropped += len(lost)
        text = f"{self.name} cannot keep up: {self._n_dropped} messages dropped"
        self.problems.begin(self._queue_part, text, n_unwritten=len(lost))
        if isinstance(sink := self._sink, AwareSink):
            for each in lost:
                sink.miss(each)

    def close(self) -> None:
        """Let the sink write what is queued, then close it; what takes longer than the patience is a problem."""
        deadline_s = time.monotonic() + self.patience_s
        self._is_closing.set()
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=self.patience_s)
        self._thread.join(max(0.0, deadline_s - time.monotonic()))
        if self.is_alive:
            if isinstance(sink := self._sink, AbortableSink):
                with contextlib.suppress(Exception):
                    sink.abort()
            text = f"{self.name} has not finished in {self.patience_s:g} s: not all is written"
            self.problems.begin(self.name, text)

    def pause(self, seconds: float) -> bool:
        """Wait before the sink is made anew; True if it is to be closed meanwhile."""
        return self._is_closing.wait(seconds)

    def _run(self) -> None:
        while (message := self._next()) is not None:
            if self._sink is not None and not self._gives_up:
                self._deliver(self._sink, message)
            else:  # it is to be closed, and could not be made anew
                self.problems.lose()
            if self._sink is None:
                self._make_anew()
            if self._n_dropped and self._queue.qsize() <= self._queue.maxsize // 2:
                self._n_dropped = 0
                self.problems.end(self._queue_part)
        if self._sink is not None:
            self._close(self._sink)

    def _next(self) -> Message | None:
        """Return the next message; None to close. Meanwhile what is due is done, and a sink with a problem asked."""
        while True:
            looks = self._is_failing and isinstance(self._sink, RecoveringSink)
            look_s = self._next_look_s if looks else math.inf
            due_s = self._sink.due_s if isinstance(self._sink, TimedSink) else math.inf
            left_s = min(look_s, due_s) - time.monotonic()
            if left_s == math.inf:
                return self._queue.get()
            if left_s > 0.0:
                with contextlib.suppress(queue.Empty):
                    return self._queue.get(timeout=min(left_s, LONGEST_WAIT_S))
            elif due_s <= look_s:
                assert isinstance(self._sink, TimedSink)
                self._call(self._sink, self._sink.tick)
                if self._sink is None:
                    self._make_anew()
                if self._sink is None:
                    return self._queue.get()
            elif self._works_again():
                self._end_problem()

    def _works_again(self) -> bool:
        self._next_look_s = time.monotonic() + self._look_s
        with contextlib.suppress(Exception):  # such as a mistake in a plug-in: it does not work
            return isinstance(self._sink, RecoveringSink) and self._sink.works_again()
        return False

    def _begin_problem(self, text: str) -> None:
        """Begin the problem of a message that is lost."""
        if not self._is_failing:
            self._is_failing = True
            self._next_look_s = time.monotonic() + self._look_s
        self.problems.begin(self.name, text, n_unwritten=1)

    def _end_problem(self) -> None:
        self._is_failing = False
        self.problems.end(self.name)

    def _deliver(self, sink: Sink, message: Message) -> None:
        """Write a message; while its receiver cannot be reached, again and again, until the sink is to be closed."""
        pause_s = self._shortest_s
        while self._call(sink, lambda: sink.write(message)):
            if self._is_closing.is_set() or self._wait_for_receiver(pause_s):
                self._gives_up = True
                self.problems.lose()
                return
            pause_s = min(2 * pause_s, self._longest_s)

    def _wait_for_receiver(self, seconds: float) -> bool:
        """Wait, less long where the sink knows that its receiver is back; True if it is to be closed."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0.0:
            if self.pause(min(left_s, self._look_s)):
                return True
            if self._works_again():
                break
        return False

    def _call(self, sink: Sink, call: Callable[[], bool | None]) -> bool:
        """Let the sink do something; True if it is to be done again, as the receiver cannot be reached."""
        try:
            has_written = call()
        except BrokenPipeError:
            self.abandoned = True
        except Undelivered as error:
            self._is_away = True
            self.problems.begin(self.name, self._reason(error))
            return True
        except (StreamerError, OSError) as error:  # a full disk must not end the stream
            self._is_away = False
            self._begin_problem(self._reason(error))
        except BaseException as error:  # such as a mistake in a plug-in, or its sys.exit()
            self._begin_problem(self._fault("write", error))
            if self._again is not None:
                self._sink = None
                with contextlib.suppress(BaseException):
                    sink.close()
        else:
            self._is_away = False
            if has_written is not False:
                self._pause_s = self._shortest_s
                self._end_problem()
        return False

    def _connect(self, sink: Sink) -> None:
        if self._link is not None and isinstance(sink, LinkedSink):
            sink.connect(self._link)

    def _make_anew(self) -> None:
        """Make the sink anew, again and again until it succeeds or is to be closed."""
        assert self._again is not None
        is_closing = False
        while self._sink is None and not is_closing:
            is_closing = self.pause(self._pause_s)
            self._pause_s = min(2 * self._pause_s, self._longest_s)
            try:
                sink = self._again()
                self._connect(sink)
                self._sink = sink
            except (StreamerError, OSError) as error:
                self.problems.begin(self.name, self._reason(error))
            except BaseException as error:
                self.problems.begin(self.name, self._fault("make", error))

    def _close(self, sink: Sink) -> None:
        try:
            sink.close()
        except BrokenPipeError:
            self.abandoned = True
        except (StreamerError, OSError) as error:
            self.problems.begin(self.name, self._reason(error))
        except BaseException as error:
            self.problems.begin(self.name, self._fault("close", error))

    def _reason(self, error: Exception) -> str:
        if isinstance(error, StreamerError):
            return str(error)
        return f"{self.name}: {getattr(error, 'strerror', None) or error}"

    def _fault(self, method: str, error: BaseException) -> str:
        return f"{self._kind}.{method} failed: {type(error).__name__}: {error}; report this as a bug"
