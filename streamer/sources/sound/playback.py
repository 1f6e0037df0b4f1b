"""Play sound that is already there: in real time like a device, or as fast as the reader takes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from streamer.arrays import Float32
from streamer.rings import SampleRing
from streamer.sources.playback import PlaybackClock

BLOCK_S = 0.04  # length of the blocks written in real time: two to three for each frame of the dashboard


def play_sound(
    blocks: Iterable[Float32], sample_rate: int, ring: SampleRing, stop: threading.Event, realtime: bool
) -> None:
    """Write blocks into a ring until they end or ``stop`` is set.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (n_samples, n_channels)
        Consecutive samples.
    sample_rate : int
        Samples per second.
    ring : SampleRing
        Takes the samples.
    stop : threading.Event
        Ends the playback early.
    realtime : bool
        True: write each block at the instant at which a device would have captured its last sample, whether or
        not the reader keeps up. False: write it as soon as it overwrites nothing unread.
    """
    clock = PlaybackClock()
    position = 0
    for block in blocks:
        position += block.shape[0]
        if realtime:
            captured_s, early_s = clock.due(position / sample_rate)
            if stop.wait(max(0.0, early_s)):
                return
        else:
            if not ring.wait_for_space(stop, block.shape[0]):
                return
            captured_s = time.monotonic()
        ring.write(block, captured_s)
