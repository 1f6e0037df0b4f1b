"""Images are played at their capture times."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.messages import CodedPixels, Image
from streamer.rings import ImageRing
from streamer.sources.images.playback import MIN_SLEEP_S, play_images
from streamer.sources.images.video import VideoSource
from streamer.sources.playback import MAX_LATE_S
from tests.support.synthetic_videos import numbered, write_timed_video


class ClockedRing(ImageRing):
    """A ring that records how many seconds after its capture each image was written."""

    def __init__(self, capacity: int, height: int, width: int) -> None:
        super().__init__(capacity, height, width)
        self.late_s: list[float] = []

    def write(self, pixels: UInt8 | CodedPixels, time_s: float, captured_s: float, *others: Any) -> None:
        self.late_s.append(time.monotonic() - captured_s)
        super().write(pixels, time_s, captured_s, *others)


def test_in_real_time_images_are_written_at_their_capture_times(tmp_path: Path) -> None:
    times_ms = [0, 50, 100, 150, 300, 350, 400, 450]
    path = write_timed_video(tmp_path / "x.mkv", numbered(8), times_ms)
    ring = ClockedRing(16, 48, 64)
    VideoSource(str(path), SourceSettings(), ImageSettings()).capture(lambda _: ring, threading.Event())
    assert min(ring.late_s) >= 0.0
    assert np.median(ring.late_s) < 0.02
    captured_s = np.array([image.captured_s for _ in times_ms if (image := ring.read())])
    np.testing.assert_allclose(captured_s - captured_s[0], np.array(times_ms) / 1000.0, atol=1e-6)


def test_a_thousand_images_per_second_are_written_in_time() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    ring = ClockedRing(512, 16, 16)
    images = (Image(pixels, i, 0, i / 1000.0, 0.0) for i in range(500))
    play_images(images, ring, threading.Event(), realtime=True)
    assert min(ring.late_s) >= 0.0
    assert np.median(ring.late_s) < 2 * MIN_SLEEP_S
    captured_s = [image.captured_s for _ in range(500) if (image := ring.read())]
    np.testing.assert_allclose(np.diff(captured_s), 0.001, atol=1e-6)


def test_a_source_that_was_held_up_goes_on_at_its_usual_pace() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    ring = ImageRing(64, 16, 16)

    def images() -> list[Image]:
        return [Image(pixels, i, 0, i / 20.0, 0.0) for i in range(6)]

    def held_up() -> Iterator[Image]:
        for image in images():
            if image.index == 2:
                time.sleep(MAX_LATE_S + 0.2)
            yield image

    play_images(held_up(), ring, threading.Event(), realtime=True)
    captured_s = [image.captured_s for _ in range(6) if (image := ring.read())]
    steps = np.diff(captured_s)
    assert steps[1] > MAX_LATE_S
    np.testing.assert_allclose(steps[2:], 0.05, atol=1e-6)
