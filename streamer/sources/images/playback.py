"""Play images that are already there: in real time like a camera, or as fast as the reader takes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from streamer.messages import Image
from streamer.rings import ImageRing

MIN_SLEEP_S = 0.004  # images that come faster are written in bursts: sleeping is not to be trusted with less
MAX_LATE_S = 0.5  # a source this late was held up with the whole process, or decodes too slowly: its clock starts anew


def play_images(images: Iterable[Image], ring: ImageRing, stop: threading.Event, paced: bool) -> None:
    """Write images into a ring until they end or ``stop`` is set.

    Parameters
    ----------
    images : iterable of Image
        In the order of their times; ``captured_s`` is not looked at.
    ring : ImageRing
        Takes the images.
    stop : threading.Event
        Ends the delivery early.
    paced : bool
        True: an image is written when a camera would have captured it, at most ``MIN_SLEEP_S`` later, whether or
        not the reader keeps up. False: as soon as it fits without overwriting what is unread.
    """
    start_s = time.monotonic()
    for image in images:
        if paced:
            captured_s = start_s + image.time_s
            early_s = captured_s - time.monotonic()
            if early_s > 0.0:
                if stop.wait(max(early_s, MIN_SLEEP_S)):
                    return
            elif stop.is_set():
                return
            elif early_s < -MAX_LATE_S:
                # Hurrying after a suspension would overwrite images that the reader had no time to take.
                start_s -= early_s
                captured_s -= early_s
        else:
            if not ring.wait_for_space(stop):
                return
            captured_s = time.monotonic()
        ring.write(image.pixels, image.time_s, captured_s, image.skipped_before)
