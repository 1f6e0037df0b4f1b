"""Cut the images around ended events out of the recent past."""

from __future__ import annotations

from collections import deque

import cv2

from streamer.arrays import UInt8
from streamer.messages import Event, VideoClip
from streamer.pipeline.clips import Cutter

QUALITY = 85  # JPEG: 40–60 kB for 640×480, a fifteenth of the image itself
MAX_FPS = 15.0  # a clip of more images per second shows a person nothing more
MAX_BYTES = 256 << 20  # of all kept images: the oldest go first


class VideoCutter(Cutter[VideoClip]):
    """Keep the newest images of a stream, compressed: about 1.5 ms an image of 640×480."""

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        super().__init__(keep_s, pre_roll_s, post_roll_s)
        self.begin()

    def begin(self) -> None:
        """Start on a newly opened source; what was kept is dropped."""
        self._kept: deque[tuple[float, bytes]] = deque()
        self._n_bytes = 0
        self._now_s = float("-inf")

    def push(self, pixels: UInt8, time_s: float, fps: float) -> None:
        """Keep an image of the stream's second ``time_s``, unless it comes too soon after the last one kept.

        Of a high-speed source, given by its images per second, all are kept: its events are short.
        """
        self._now_s = time_s
        if self._kept and fps < 10 * MAX_FPS and time_s - self._kept[-1][0] < 0.9 / MAX_FPS:
            return
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
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
