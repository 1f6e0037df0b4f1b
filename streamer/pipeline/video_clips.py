"""Video clip cutter: keep the newest images of a stream, compressed, and cut out those around events."""

from __future__ import annotations

from collections import deque

import cv2

from streamer.messages import Event, Image, ImageFormat, VideoClip
from streamer.pipeline.clips import Cutter
from streamer.pipeline.steps import ImageStep

QUALITY = 85  # JPEG: 40–60 kB for 640×480, a fifteenth of the image itself
MAX_FPS = 15.0  # a clip of more images per second shows a person nothing more
MAX_BYTES = 256 << 20  # of all kept images: the oldest go first


class VideoCutter(Cutter[ImageFormat, Image, ImageStep, VideoClip]):
    """Keep the newest images of a stream, compressed: about 1.5 ms an image of 640×480."""

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        super().__init__(keep_s, pre_roll_s, post_roll_s)
        self.begin()

    def begin(self, opened: ImageFormat | None = None, start_s: float = 0.0) -> None:
        """Start on a newly opened source; what was kept is dropped."""
        self._kept: deque[tuple[float, bytes]] = deque()
        self._n_bytes = 0
        self._now_s = float("-inf")

    def push(self, part: Image, step: ImageStep) -> None:
        """Keep an image, unless it comes too soon after the last one kept.

        Of a high-speed source, above 150 images per second, all are kept: its events are short.
        """
        time_s = self._now_s = step.position_s
        if self._kept and step.fps < 10 * MAX_FPS and time_s - self._kept[-1][0] < 0.9 / MAX_FPS:
            return
        _, jpeg = cv2.imencode(".jpg", part.pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        self._kept.append((time_s, jpeg.tobytes()))
        self._n_bytes += jpeg.size
        while self._kept[0][0] < time_s - self._keep_s or self._n_bytes > MAX_BYTES:
            self._n_bytes -= len(self._kept.popleft()[1])

    def _newest_s(self) -> float:
        return self._now_s

    def _cut(self, event: Event, first_s: float, last_s: float) -> VideoClip | None:
        images = [(time_s, jpeg) for time_s, jpeg in self._kept if first_s <= time_s <= last_s]
        return (
            VideoClip(event, tuple(jpeg for _, jpeg in images), tuple(time_s for time_s, _ in images))
            if images
            else None
        )
