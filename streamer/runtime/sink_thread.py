"""SinkThread: a sink on a thread of its own, so that a slow disk never delays processing."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable

from streamer.errors import StreamerError
from streamer.messages import Message
from streamer.monitor.problems import Problems
from streamer.runtime.message_queue import MessageQueue
from streamer.sinks import RecoveringSink, Sink

SHUTDOWN_S = 3.0  # that a thread has to end; longer, and it hangs in a call into the system
RETRY_S = (0.5, 60.0)  # shortest and longest pause before a sink is made anew
LOOK_S = 5.0  # how often a sink with a problem is asked whether it works again
ALIVE_S = 0.5  # how often one that waits for room in the queue looks whether the thread lives


class SinkThread:
    """A thread that hands the messages of a bounded queue to a sink.

    What the sink cannot write is a problem until it has written a message again, or says that it works again. After an
    error that no sink is allowed to raise, its condition is not known: it is closed and made anew, after a pause.

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
        Shortest and longest pause before that; each is twice the one before until the sink has written again.
    look_s : float
        Seconds between two questions to a sink with a problem whether it works again.
    problems : Problems or None
        Of the run; None: of this sink alone.
    name : str
        What problems are told of; empty: the name of the sink's class.

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
    ) -> None:
        self.name = name or type(sink).__name__
        self.problems = problems or Problems()
        self.abandoned = False
        self._sink: Sink | None = sink
        self._kind = f"{type(sink).__module__}.{type(sink).__name__}"
        self._accepts = sink.accepts
        self._again = again
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
        self._thread = threading.Thread(target=self._run, name=f"sink {self.name}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; one that ends before it is closed has died."""
        return self._thread.is_alive()

    def put(self, message: Message, wait: bool) -> None:
        """Queue a message that the sink accepts; if ``wait`` is False and the queue is full, drop and count it."""
        if not isinstance(message, self._accepts):
            return
        while True:
            try:
                self._queue.put(message, block=wait, timeout=ALIVE_S)
                return
            except queue.Full:
                if not wait or not self.is_alive:
                    break
        self._n_dropped += 1
        text = f"{self.name} cannot keep up: {self._n_dropped} messages dropped"
        self.problems.begin(self._queue_part, text, n_unwritten=1)

    def close(self) -> None:
        """Let the sink write what is queued, then close it; what takes longer than the patience is a problem."""
        deadline_s = time.monotonic() + self.patience_s
        self._is_closing.set()
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=self.patience_s)
        self._thread.join(max(0.0, deadline_s - time.monotonic()))
        if self.is_alive:
            text = f"{self.name} has not finished in {self.patience_s:g} s: not all is written"
            self.problems.begin(self.name, text)

    def pause(self, seconds: float) -> bool:
        """Wait before the sink is made anew; True if it is to be closed meanwhile."""
        return self._is_closing.wait(seconds)

    def _run(self) -> None:
        while (message := self._next()) is not None:
            if self._sink is not None:
                self._write(self._sink, message)
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
        """Return the next message; None to close. Meanwhile a sink with a problem is asked whether it works again."""
        while self._is_failing and isinstance(self._sink, RecoveringSink):
            left_s = self._next_look_s - time.monotonic()
            if left_s > 0.0:
                with contextlib.suppress(queue.Empty):
                    return self._queue.get(timeout=left_s)
            self._next_look_s = time.monotonic() + self._look_s
            with contextlib.suppress(Exception):  # such as a mistake in a plug-in: it does not work
                if self._sink.works_again():
                    self._end_problem()
        return self._queue.get()

    def _begin_problem(self, text: str) -> None:
        """Begin the problem of a message that is lost."""
        if not self._is_failing:
            self._is_failing = True
            self._next_look_s = time.monotonic() + self._look_s
        self.problems.begin(self.name, text, n_unwritten=1)

    def _end_problem(self) -> None:
        self._is_failing = False
        self.problems.end(self.name)

    def _write(self, sink: Sink, message: Message) -> None:
        try:
            has_written = sink.write(message)
        except BrokenPipeError:
            self.abandoned = True
        except (StreamerError, OSError) as error:  # a full disk must not end the stream
            self._begin_problem(self._reason(error))
        except BaseException as error:  # such as a mistake in a plug-in, or its sys.exit()
            self._begin_problem(self._fault("write", error))
            if self._again is not None:
                self._sink = None
                with contextlib.suppress(BaseException):
                    sink.close()
        else:
            if has_written is not False:
                self._pause_s = self._shortest_s
                self._end_problem()

    def _make_anew(self) -> None:
        """Make the sink anew, again and again until it succeeds or is to be closed."""
        assert self._again is not None
        is_closing = False
        while self._sink is None and not is_closing:
            is_closing = self.pause(self._pause_s)
            self._pause_s = min(2 * self._pause_s, self._longest_s)
            try:
                self._sink = self._again()
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
