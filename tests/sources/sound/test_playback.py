"""Sound is played at its capture times."""

import threading
import time

import numpy as np

from streamer.arrays import Float32
from streamer.rings import SampleRing
from streamer.sources.sound.playback import play_sound


def test_a_source_that_was_held_up_goes_on_at_its_usual_pace() -> None:
    """Blocks that are 2 s late are not written in a burst, which would overwrite unread samples."""

    def held_up() -> list[Float32]:
        time.sleep(2.0)
        return [np.zeros((100, 1), np.float32)]

    ring = SampleRing(1000, 1, 1000)
    blocks = (block for make in (held_up, lambda: [np.zeros((100, 1), np.float32)] * 4) for block in make())
    written_s: list[float] = []
    write = ring.write

    def spy(block: Float32, time_s: float, lost_before: int = 0) -> None:
        written_s.append(time.monotonic())
        write(block, time_s, lost_before)

    ring.write = spy  # type: ignore[method-assign]
    play_sound(blocks, 1000, ring, threading.Event(), realtime=True)
    assert written_s[-1] - written_s[0] >= 0.39  # four blocks of 0.1 s after the late one
