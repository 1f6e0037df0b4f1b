"""Read a source of images, which ends by itself, to its end."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.messages import Image, ImageFormat
from streamer.sources import ImageSource
from tests.support.watching import Watching


@dataclass
class Captured:
    """What came out of the only opening."""

    image_format: ImageFormat
    images: list[Image]

    @property
    def times_s(self) -> list[float]:
        return [image.time_s for image in self.images]


def capture_images(source: ImageSource, capacity: int = 16) -> Captured:
    """Capture on a thread and read meanwhile; raises what ended the capture, if not the source's end."""
    with Watching(source, capacity) as watching:
        watching.wait_for(lambda: watching.ended)
    if watching.error:
        raise watching.error
    (opening,) = watching.sessions
    opening.drain()
    return Captured(opening.image_format, opening.images)
