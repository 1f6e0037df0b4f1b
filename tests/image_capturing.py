"""Run a source of images on a thread, as the runtime does, and keep what it delivered."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from streamer.image_ring import ImageRing
from streamer.messages import Image, ImageFormat
from streamer.sources import ImageSource

TIMEOUT_S = 20.0


@dataclass
class Captured:
    """What came out of one opening."""

    image_format: ImageFormat
    images: list[Image] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)  # time.monotonic() at which each image was taken

    @property
    def times_s(self) -> list[float]:
        return [image.time_s for image in self.images]


def capture_images(source: ImageSource, capacity: int = 16, stop_after: int = 0) -> Captured:
    """Read a source to its end, or stop it after some images; raises what its capture raised."""
    opened: list[tuple[ImageFormat, ImageRing]] = []
    errors: list[BaseException] = []
    stop = threading.Event()

    def begin(image_format: ImageFormat) -> ImageRing:
        opened.append((image_format, ImageRing(capacity, image_format.height, image_format.width)))
        return opened[-1][1]

    def run() -> None:
        try:
            source.capture(begin, stop)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    begun_s = time.monotonic()
    thread.start()
    while not opened and thread.is_alive():
        time.sleep(0.001)
    if errors:
        raise errors[0]
    (image_format, ring) = opened[0]
    captured = Captured(image_format)
    while time.monotonic() - begun_s < TIMEOUT_S:
        ended = not thread.is_alive()
        while (image := ring.read()) is not None:
            captured.images.append(replace(image, pixels=image.pixels.copy()))
            captured.read_s.append(time.monotonic())
        if ended:
            break
        if stop_after and len(captured.images) >= stop_after:
            stop.set()
        ring.wait(0.01)
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()
    if errors:
        raise errors[0]
    return captured
