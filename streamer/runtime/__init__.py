"""The only place that starts threads: capture, processing, reconnection, fan-out to the sinks, shutdown."""

from streamer.runtime.sink_thread import SinkThread
from streamer.runtime.stream import Stream

__all__ = ["SinkThread", "Stream"]
