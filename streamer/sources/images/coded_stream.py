"""Images of a stream of the network as FFmpeg (PyAV) decodes them: H.264, H.265 or JPEG over RTSP or HTTP."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import av
from av.video.frame import PictureType

from streamer.arrays import UInt8
from streamer.sources.images.decoder import pixels_of

# Without these options a stream begins 1.9 s late and stays late.
LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay", "max_delay": "0", "reorder_queue_size": "0"}
MAX_REAL_FPS = 1000.0  # many streams state RTSP's clock of 90 kHz as their image rate


class CodedStream:
    """Images of an opened stream, with the calls of ``cv2.VideoCapture`` that a grabber uses.

    Parameters
    ----------
    container : av.container.InputContainer
        Opened; closed by :meth:`release`.
    check_size : callable
        Receives width and height of an image; raises where it must not be used.

    Attributes
    ----------
    stamp_s : float
        Time of the image that was read, by the camera's clock; NaN where it sends none.
    coded_type : str
        "I", "P" or "B" of that image; "" where its coder has no such types.
    n_bytes : int
        Of its coded form.

    Raises
    ------
    ValueError
        If it has no images that a decoder knows.
    """

    def __init__(self, container: Any, check_size: Callable[[int, int], None]) -> None:
        stream = next((each for each in container.streams.video if each.codec_context is not None), None)
        if stream is None:
            raise ValueError("it sends no images that a decoder knows")
        self.stamp_s = math.nan
        self.coded_type = ""
        self.n_bytes = 0
        rate = float(stream.average_rate or stream.guessed_rate or 0.0)
        self.fps = rate if 0.0 < rate <= MAX_REAL_FPS else 0.0
        self._container, self._check_size = container, check_size
        # Each decoder thread holds back one image: arrival jitters by 30 ms with two threads, by 1 ms with one.
        stream.codec_context.thread_count = 1
        stream.codec_context.copy_opaque = True
        if stream.width and stream.height:
            check_size(stream.width, stream.height)
        self._frames = self._decoded(stream)
        self._frame: Any = None
        self._has_had_image = False

    def grab(self) -> bool:
        """Read the next image; False when the stream has ended, or sends none in time."""
        self._frame = next(self._frames, None)
        return self._frame is not None

    def retrieve(self, image: UInt8 | None = None) -> tuple[bool, UInt8 | None]:
        """Return the image that was read; False where it is damaged."""
        frame = self._frame
        if _is_damaged(frame):
            return False, None
        self._has_had_image = True
        self._check_size(frame.width, frame.height)
        kind = PictureType(int(frame.pict_type)).name
        self.stamp_s = math.nan if frame.time is None else frame.time
        self.coded_type = kind if kind in ("I", "P", "B") else ""
        self.n_bytes = frame.opaque[0] if isinstance(frame.opaque, tuple) else 0
        return True, pixels_of(frame)

    def release(self) -> None:
        """Close the connection."""
        self._frame = None
        self._container.close()

    def _decoded(self, stream: Any) -> Iterator[Any]:
        """Return frames until the stream ends; in the place of what cannot be decoded, the reason as a text.

        Before the first whole image, of which a stream that is joined in its middle has none, damage is no damage.
        """
        try:
            for packet in self._container.demux(stream):
                packet.opaque = packet.size, packet.is_corrupt
                try:
                    frames = packet.decode()
                except (av.FFmpegError, ValueError):
                    frames = ["it cannot be decoded"] if packet.size else []
                for frame in frames:
                    if self._has_had_image or not _is_damaged(frame):
                        yield frame
        except (av.FFmpegError, OSError):
            return


def _is_damaged(frame: Any) -> bool:
    if isinstance(frame, str) or frame.is_corrupt:
        return True
    return isinstance(frame.opaque, tuple) and bool(frame.opaque[1])
