"""The only place that starts threads: capture, processing, reconnection, fan-out to the sinks, shutdown."""

from streamer.runtime.inbox import Inbox
from streamer.runtime.stream import Stream

__all__ = ["Inbox", "Stream"]
