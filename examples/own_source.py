"""Listen to a source of your own: any object that writes sound into a ring."""

import threading
import time
from collections.abc import Callable
from typing import Literal

import numpy as np

import streamer
from streamer.messages import SoundFormat
from streamer.rings import SampleRing
from streamer.sources.sound.synthesis import rain

SAMPLE_RATE = 16_000


class Rain:
    """A source that plays ten seconds of synthetic rain, in blocks of half a second."""

    uri = "rain"
    medium: Literal["sound"] = "sound"
    is_live = False  # it waits for the reader; a device cannot, and is opened again when it is lost
    overflows = 0
    drift_ppm = backlog_s = 0.0
    note = ""
    stuck = False

    def capture(self, begin: Callable[[SoundFormat], SampleRing], stop: threading.Event) -> None:
        """Write all blocks into the ring, unless ``stop`` is set before."""
        ring = begin(SoundFormat(SAMPLE_RATE, 1, "rain"))
        samples = 0.2 * rain(np.random.default_rng(0), 10 * SAMPLE_RATE, SAMPLE_RATE)
        for block in samples.reshape(20, -1, 1):
            if not ring.wait_for_space(stop, block.shape[0]):
                return
            ring.write(block, time.monotonic())


for event in streamer.listen(Rain()):
    if event.offset_s is None:
        print(f"{event.label} begins at {event.onset_s:.1f} s")
    else:
        print(f"{event.label} has ended at {event.offset_s:.1f} s")
