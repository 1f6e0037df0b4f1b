"""Threads of a live stream: capture, processing and sinks; no other room of streamer starts any."""

from streamer.runtime.sink_thread import SinkThread
from streamer.runtime.stream import Stream

__all__ = ["SinkThread", "Stream"]
