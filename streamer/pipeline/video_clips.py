"""Video clip cutter: keep the newest images of a stream, compressed, and cut out those around events."""

from __future__ import annotations

import cv2

from streamer.messages import Event, Image, ImageFormat, VideoClip
from streamer.pipeline.clips import Cutter, Piece
from streamer.pipeline.steps import ImageStep

QUALITY = 85  # JPEG: 40–60 kB for 640×480, a fifteenth of the image itself
MAX_FPS = 15.0  # a clip of more images per second shows a person nothing more


class VideoCutter(Cutter[ImageFormat, Image, ImageStep, VideoClip, bytes]):
    """Keep the newest images of a stream, compressed: about 1.5 ms an image of 640×480."""

    longest_file_s = 60.0  # a video file that is not closed is lost with a process that is killed
    _now_s = float("-inf")
    _kept_s = float("-inf")  # time of the image kept last

    @property
    def _longest_hole_s(self) -> float:
        return float("inf")

    def _open(self, opened: ImageFormat, start_s: float) -> None:
        self._now_s = self._kept_s = float("-inf")

    def _pieces(self, part: Image, step: ImageStep) -> list[Piece[bytes]]:
        """Return the image, unless it comes too soon after the last one kept.

        Of a high-speed source, above 150 images per second, all are kept: its events are short.
        """
        time_s = self._now_s = step.position_s
        if step.fps < 10 * MAX_FPS and time_s - self._kept_s < 0.9 / MAX_FPS:
            return []
        self._kept_s = time_s
        _, jpeg = cv2.imencode(".jpg", part.pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return [Piece(time_s, time_s, jpeg.tobytes(), jpeg.size)]

    def _newest_s(self) -> float:
        return self._now_s

    def _inside(self, piece: Piece[bytes], first_s: float, last_s: float) -> Piece[bytes] | None:
        return piece if first_s <= piece.first_s <= last_s else None

    def _message(self, event: Event, pieces: list[Piece[bytes]], file: int, is_last: bool) -> VideoClip:
        return VideoClip(
            event, tuple(piece.content for piece in pieces), tuple(piece.first_s for piece in pieces), file, is_last
        )
