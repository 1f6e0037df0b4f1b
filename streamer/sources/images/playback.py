"""Play images that are already there: in real time like a camera, or as fast as the reader takes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from streamer.messages import Image
from streamer.rings import ImageRing
from streamer.sources.playback import PlaybackClock

MIN_SLEEP_S = 0.004  # shorter sleeps are inaccurate: images that come faster than this are written in bursts


def play_images(images: Iterable[Image], ring: ImageRing, stop: threading.Event, realtime: bool) -> None:
    """Write images into a ring until they end or ``stop`` is set.

    Parameters
    ----------
    images : iterable of Image
        In the order of their times; ``captured_s`` is ignored.
    ring : ImageRing
        Takes the images.
    stop : threading.Event
        Ends the playback early.
    realtime : bool
        True: write each image when a camera would have captured it, at most ``MIN_SLEEP_S`` later, whether or
        not the reader keeps up. False: write it as soon as it overwrites nothing unread.
    """
    clock = PlaybackClock()
    for image in images:
        if realtime:
            captured_s, early_s = clock.due(image.time_s)
            if stop.wait(max(early_s, MIN_SLEEP_S)) if early_s > 0.0 else stop.is_set():
                return
        else:
            if not ring.wait_for_space(stop):
                return
            captured_s = time.monotonic()
        ring.write(image.pixels, image.time_s, captured_s, image.skipped_before, image.coded_type, image.n_bytes)
