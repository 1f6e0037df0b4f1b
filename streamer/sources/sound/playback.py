"""Play sound that is already there: in real time like a device, or as fast as the reader takes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from streamer.arrays import Float32
from streamer.messages import Chunk
from streamer.rings import SampleRing
from streamer.sources.playback import PlaybackClock

BLOCK_S = 0.04  # length of the blocks written in real time: two to three for each frame of the dashboard


def play_sound(
    blocks: Iterable[Float32], sample_rate: int, ring: SampleRing, stop: threading.Event, realtime: bool
) -> None:
    """Write consecutive blocks, shape (n_samples, n_channels), into a ring; else as :func:`play_chunks`."""
    play_chunks((Chunk(block, 0, 0, 0.0) for block in blocks), sample_rate, ring, stop, realtime)


def play_chunks(
    chunks: Iterable[Chunk], sample_rate: int, ring: SampleRing, stop: threading.Event, realtime: bool
) -> None:
    """Write chunks into a ring until they end or ``stop`` is set.

    Parameters
    ----------
    chunks : iterable of Chunk
        In order; ``start`` and ``time_s`` are ignored.
    sample_rate : int
        Samples per second.
    ring : SampleRing
        Takes the samples.
    stop : threading.Event
        Ends the playback early.
    realtime : bool
        True: write each chunk at the instant at which a device would have captured its last sample, whether or
        not the reader keeps up. False: write it as soon as it overwrites nothing unread.
    """
    clock = PlaybackClock()
    position = 0
    for chunk in chunks:
        n_samples = chunk.samples.shape[0]
        position += chunk.lost_before + n_samples
        if realtime:
            captured_s, early_s = clock.due(position / sample_rate)
            if stop.wait(max(0.0, early_s)):
                return
        else:
            if not ring.wait_for_space(stop, n_samples):
                return
            captured_s = time.monotonic()
        ring.write(chunk.samples, captured_s, chunk.lost_before)
