"""Link: what the sinks of a run may use of it: each other, the streams, the lengths of the queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamer.messages import Command, Message
from streamer.runtime.sink_thread import SinkThread
from streamer.runtime.stream import Stream


class Link:
    """Carries messages between the sinks of a run and to its streams, which are named when all of them have been made.

    Attributes
    ----------
    sink_threads, streams : sequence of SinkThread and Stream
        Of the run.
    waits : bool
        Whether a full queue is waited for, as where all sources are files.
    """

    def __init__(self) -> None:
        self.sink_threads: Sequence[SinkThread] = ()
        self.streams: Sequence[Stream] = ()
        self.waits = False

    def post(self, message: Message) -> None:
        """Send a message to the sinks that accept it, a command to the stream that it names."""
        if isinstance(message, Command):
            for stream in self.streams:
                if stream.name == message.stream:
                    stream.command(message)
            return
        for sink_thread in self.sink_threads:
            sink_thread.put(message, wait=self.waits)

    def queue_lengths(self) -> Mapping[str, int]:
        """Return how many messages wait for each sink, by its name."""
        return {sink_thread.name: sink_thread.n_waiting for sink_thread in self.sink_threads}
