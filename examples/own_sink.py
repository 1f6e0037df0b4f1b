"""Send messages to a sink of your own: here a table of how long each label was present."""

from collections import Counter

import streamer
from streamer.messages import Message


class Totals:
    """A sink that adds up the seconds of each label, and prints them when the stream has ended."""

    accepts: tuple[type, ...] = (streamer.Event,)

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def write(self, message: Message) -> None:
        """Add one event; runs on a thread of its own, so that it may be slow."""
        if isinstance(message, streamer.Event) and message.offset_s is not None:
            self.seconds[message.label] += round(1000 * (message.offset_s - message.onset_s))

    def close(self) -> None:
        """Print the table."""
        for label, milliseconds in self.seconds.most_common():
            print(f"{label:20} {milliseconds / 1000:6.1f} s")


with streamer.listen("demo", sinks=[Totals()], on_event=lambda _: None, seconds=20.0, realtime=False) as live:
    live.wait()
