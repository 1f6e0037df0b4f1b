"""A sink on its own thread."""

from __future__ import annotations

import contextlib
import queue
import threading
import time

from streamer.errors import StreamerError
from streamer.messages import Message
from streamer.sinks import Sink

SHUTDOWN_S = 3.0  # for a thread that hangs in a call of the system


class SinkThread:
    """A sink on its own thread behind a bounded queue, so that a slow disk never delays processing.

    Parameters
    ----------
    sink : Sink
        Used by that thread alone.
    n_max : int
        Messages that may wait.
    patience_s : float
        Time that the sink has in the end for what still waits.
    """

    def __init__(self, sink: Sink, n_max: int = 1000, patience_s: float = SHUTDOWN_S) -> None:
        self.sink = sink
        self.problem = ""  # the newest failure, as the user should read it
        self.n_dropped = 0
        self.abandoned = False  # nobody reads its output any more
        self._patience_s = patience_s
        self._queue: queue.Queue[Message | None] = queue.Queue(n_max)
        self._thread = threading.Thread(target=self._run, name=f"sink {type(sink).__name__}", daemon=True)
        self._thread.start()

    def put(self, message: Message, wait: bool) -> None:
        """Hand a message over; where ``wait`` is False a full queue drops and counts it."""
        if not isinstance(message, self.sink.accepts):
            return
        try:
            self._queue.put(message, block=wait)
        except queue.Full:
            self.n_dropped += 1
            self.problem = f"{type(self.sink).__name__} cannot keep up: {self.n_dropped} messages dropped"

    def close(self) -> None:
        """Let the sink finish what it has, then close it; what takes too long is given up and told."""
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
        try:
            self.sink.close()
        except (StreamerError, OSError) as error:
            self.problem = str(error)
