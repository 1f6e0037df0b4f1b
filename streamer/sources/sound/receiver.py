"""Thread that decodes one stream of sound of the network, so that a call that hangs blocks nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import av
import numpy as np

from streamer.arrays import Float32
from streamer.errors import SourceUnavailable
from streamer.messages import SoundFormat
from streamer.rings import SampleRing
from streamer.sources.playback import PlaybackClock
from streamer.sources.sound.conform import Conformer
from streamer.sources.sound.ffmpeg import frame_samples
from streamer.sources.sound.timeline import Timeline

FASTER = 1.005  # a server that sent much at once, or whose clock is fast, must not fall behind for ever


class SoundReceiver:
    """Decode a stream of the network and write its sound into a ring.

    Parameters
    ----------
    name : str
        Its address, without secrets.
    open_stream : callable
        Opens it; its argument is the event that :meth:`stop` sets. It gives an opened container of PyAV.
    channel : int or None
        Index of the only channel to deliver.
    is_paced : bool
        Whether the server may send faster than in real time, as radio does to fill a player's buffer.

    Attributes
    ----------
    sound_format : SoundFormat or None
        Set before ``opened``.
    opened : threading.Event
        Set when the first sound has been decoded.
    ended : threading.Event
        Set when the thread ends.
    error : Exception or None
        What ended the thread; set before ``ended``.
    n_samples : int
        Samples delivered so far.
    n_damaged : int
        Places at which sound could not be decoded or was lost on the way.
    nonzero_s, damaged_s : float
        Monotonic time of the last sample that was not zero, and of the last damage.
    """

    def __init__(
        self,
        name: str,
        open_stream: Callable[[threading.Event], AbstractContextManager[Any]],
        channel: int | None,
        is_paced: bool,
    ) -> None:
        self.sound_format: SoundFormat | None = None
        self.opened, self.ended = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.n_samples = self.n_damaged = 0
        self.nonzero_s = time.monotonic()
        self.damaged_s = -np.inf
        self._name, self._open_stream, self._channel = name, open_stream, channel
        self._is_paced = is_paced
        self._stop, self._has_ring = threading.Event(), threading.Event()
        self._ring: SampleRing | None = None
        self._thread = threading.Thread(target=self._run, name=f"receive {name}", daemon=True)

    def start(self) -> None:
        """Start the thread, which opens the stream."""
        self._thread.start()

    def deliver(self, ring: SampleRing) -> None:
        """Write all sound into a ring, from the first sample on."""
        self._ring = ring
        self._has_ring.set()

    def stop(self, timeout_s: float) -> None:
        """Ask the thread to close the stream and end; leave it alone after ``timeout_s`` seconds."""
        self._stop.set()
        self._has_ring.set()
        self._thread.join(timeout_s)

    @property
    def hangs(self) -> bool:
        """Whether the thread was asked to end and has not ended."""
        return self._stop.is_set() and self._thread.is_alive()

    def _run(self) -> None:
        try:
            with self._open_stream(self._stop) as container:
                self._receive(container)
        except Exception as error:
            self.error = error
        self.ended.set()

    def _receive(self, container: Any) -> None:
        stream = next((each for each in container.streams.audio if each.codec_context is not None), None)
        if stream is None:
            raise SourceUnavailable(f"source={self._name!r} must deliver sound; it sends none")
        line: Timeline | None = None
        conformer: Conformer | None = None
        clock: PlaybackClock | None = None
        for packet in container.demux(stream):
            arrived_s = time.monotonic()
            if self._stop.is_set():
                return
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                self._damage(1)
                if line is not None:
                    line.fail("")
                continue
            for frame in frames:
                if line is None or conformer is None:
                    self._open(frame)
                    line = Timeline(frame.sample_rate, None)
                    conformer = Conformer(frame.sample_rate, len(frame.layout.channels))
                    clock = PlaybackClock()
                samples = conformer.push(frame_samples(frame), frame.sample_rate, line.position)
                before = line.position
                line.place(samples, frame.time, frame.samples / frame.sample_rate)
                lost = line.position - before - samples.shape[0]
                if clock is not None and self._is_paced:
                    arrived_s = self._paced(clock, line.position)
                self._write(samples, arrived_s, lost)

    def _open(self, frame: Any) -> None:
        n_channels = len(frame.layout.channels)
        if self._channel is not None and self._channel >= n_channels:
            raise SourceUnavailable(
                f"source={self._name!r} must have the channel {self._channel}; it has {n_channels}: set channel"
            )
        n_delivered = n_channels if self._channel is None else 1
        self.sound_format = SoundFormat(frame.sample_rate, n_delivered, self._name)
        self.opened.set()
        self._has_ring.wait()

    def _paced(self, clock: PlaybackClock, position: int) -> float:
        """Wait until a position is due, and return when that is."""
        assert self.sound_format is not None
        due_s, early_s = clock.due(position / (self.sound_format.sample_rate * FASTER))
        self._stop.wait(max(0.0, early_s))
        return due_s

    def _write(self, samples: Float32, arrived_s: float, lost: int) -> None:
        if self._ring is None or self._stop.is_set():
            return
        if self._channel is not None:
            samples = samples[:, self._channel : self._channel + 1]
        if lost:
            self._damage(1)
        if samples.any():
            self.nonzero_s = arrived_s
        self._ring.write(samples, arrived_s, lost)
        self.n_samples += samples.shape[0]

    def _damage(self, n: int) -> None:
        self.n_damaged += n
        self.damaged_s = time.monotonic()
