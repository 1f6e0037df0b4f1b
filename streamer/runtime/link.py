"""Link: what the sinks of a run may use of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamer.messages import Message
from streamer.runtime.sink_thread import SinkThread


class Link:
    """Carries messages between the sinks of a run; its sinks are known when all of them have been made.

    Parameters
    ----------
    waits : bool
        Whether a full queue is waited for, as where all sources are files.
    """

    def __init__(self, *, waits: bool = False) -> None:
        self.sink_threads: Sequence[SinkThread] = ()
        self._waits = waits

    def post(self, message: Message) -> None:
        """Send a message to the sinks that accept it."""
        for sink_thread in self.sink_threads:
            sink_thread.put(message, wait=self._waits)

    def queue_lengths(self) -> Mapping[str, int]:
        """Return how many messages wait for each sink, by its name."""
        return {sink_thread.name: sink_thread.n_waiting for sink_thread in self.sink_threads}
