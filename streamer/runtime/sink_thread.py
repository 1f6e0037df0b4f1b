"""SinkThread: a sink on a thread of its own, so that a slow disk never delays processing."""

from __future__ import annotations

import contextlib
import queue
import threading
import time

from streamer.errors import StreamerError
from streamer.messages import Message
from streamer.sinks import Sink

SHUTDOWN_S = 3.0  # that a thread has to end; longer, and it hangs in a call into the system


class SinkThread:
    """A thread that hands the messages of a bounded queue to a sink.

    Parameters
    ----------
    sink : Sink
        Used by the thread alone.
    n_max : int
        Messages that the queue holds.
    patience_s : float
        Seconds that :meth:`close` waits for the messages still in the queue.

    Attributes
    ----------
    problem : str
        Newest failure, as the user should read it; empty if there is none.
    n_dropped : int
        Messages dropped because the queue was full.
    abandoned : bool
        Whether nobody reads the output of the sink any more.
    """

    def __init__(self, sink: Sink, n_max: int = 1000, patience_s: float = SHUTDOWN_S) -> None:
        self.sink = sink
        self.problem = ""
        self.n_dropped = 0
        self.abandoned = False
        self._patience_s = patience_s
        self._queue: queue.Queue[Message | None] = queue.Queue(n_max)
        self._thread = threading.Thread(target=self._run, name=f"sink {type(sink).__name__}", daemon=True)
        self._thread.start()

    def put(self, message: Message, wait: bool) -> None:
        """Queue a message that the sink accepts; if ``wait`` is False and the queue is full, drop and count it."""
        if not isinstance(message, self.sink.accepts):
            return
        try:
            self._queue.put(message, block=wait)
        except queue.Full:
            self.n_dropped += 1
            self.problem = f"{type(self.sink).__name__} cannot keep up: {self.n_dropped} messages dropped"

    def close(self) -> None:
        """Let the sink write what is queued, then close it; give up after the patience and set ``problem``."""
        deadline_s = time.monotonic() + self._patience_s
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=self._patience_s)
        self._thread.join(max(0.0, deadline_s - time.monotonic()))
        if self._thread.is_alive():
            self.problem = f"{type(self.sink).__name__} has not finished in {self._patience_s:g} s: not all is written"

    def _run(self) -> None:
        while (message := self._queue.get()) is not None:
            try:
                self.sink.write(message)
            except BrokenPipeError:
                self.abandoned = True
            except (StreamerError, OSError) as error:  # a full disk must not end the stream
                self.problem = str(error)
            except Exception as error:  # a mistake in a plug-in must neither end the stream nor leave the queue full
                self.problem = self._failure("write", error)
        try:
            self.sink.close()
        except (StreamerError, OSError) as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = self._failure("close", error)

    def _failure(self, method: str, error: Exception) -> str:
        sink = type(self.sink)
        return (
            f"{sink.__module__}.{sink.__name__}.{method} failed: {type(error).__name__}: {error}; report this as a bug"
        )
