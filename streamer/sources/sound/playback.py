"""Play sound that is already there: in real time like a device, or as fast as the reader takes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from streamer.arrays import Float32
from streamer.rings import SampleRing

BLOCK_S = 0.04  # what a paced source delivers at once: two to three blocks per image of the dashboard
MAX_LATE_S = 0.5  # a source this late was held up with the whole process: its clock starts anew


def play(blocks: Iterable[Float32], sample_rate: int, ring: SampleRing, stop: threading.Event, paced: bool) -> None:
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
        Ends the delivery early.
    paced : bool
        True: a block is written at the instant at which a device would have captured its last sample, whether
        or not the reader keeps up. False: as soon as it fits without overwriting what is unread.
    """
    start_s = time.monotonic()
    position = 0
    for block in blocks:
        position += block.shape[0]
        if paced:
            due_s = start_s + position / sample_rate
            late_s = time.monotonic() - due_s
            if late_s > MAX_LATE_S:
                # Hurrying after a suspension would overwrite samples that the reader had no time to take.
                start_s += late_s
                due_s += late_s
            if stop.wait(max(0.0, -late_s)):
                return
            ring.write(block, due_s)
        else:
            if not ring.wait_for_space(stop, block.shape[0]):
                return
            ring.write(block, time.monotonic())
