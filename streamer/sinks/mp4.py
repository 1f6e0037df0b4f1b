"""Mp4Writer: a video file that can be played up to its last second, whatever ends the process that writes it."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from streamer.arrays import UInt8

# Each group of images is complete in itself, so that a file that was cut off plays; what is closed is an ordinary mp4.
_LAYOUT = {"movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
_N_GROUP = 12  # images, of which one stands for itself; at most so many are missing where a file was cut off
_LARGEST_DENOMINATOR = 1001  # of the rate; MPEG-4 has 16 bits for each part of it
_BITS_PER_PIXEL = 2  # at most; _QUALITY usually needs less
_QUALITY = "3"  # quantiser, 1 the finest … 31


class Mp4Writer:
    """An mp4 file with MPEG-4 video that grows image by image.

    Parameters
    ----------
    path : Path
        File to write; one that is there is written over.
    fps : float
        Images per second.

    Attributes
    ----------
    n_images : int
        Images written so far.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self.n_images = 0
        self._file = path.open("w+b", buffering=0)  # FFmpeg would open it late, and not where a name is no UTF-8
        with _os_errors():
            self._container = av.open(self._file, "w", format="mp4", options=_LAYOUT)
        self._rate = Fraction(fps).limit_denominator(_LARGEST_DENOMINATOR)
        self._stream: av.VideoStream | None = None

    def write(self, jpeg: bytes, n_times: int = 1) -> None:
        """Write an image, of the size of the first one, so many times.

        Raises
        ------
        OSError
            If the disk is full or gone.
        """
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        with _os_errors():
            stream = self._stream or self._begin(*image.shape[:2])
            pixels: UInt8 = np.asarray(image[: stream.height, : stream.width], np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            for _ in range(n_times):
                frame.pts = self.n_images
                self._container.mux(stream.encode(frame))
                self.n_images += 1

    def close(self) -> None:
        """Complete the file.

        Raises
        ------
        OSError
            If the disk is full or gone.
        """
        with self._file, _os_errors():
            try:
                if self._stream:
                    self._container.mux(self._stream.encode())
            finally:
                self._container.close()

    def _begin(self, height: int, width: int) -> av.VideoStream:
        stream = self._container.add_stream("mpeg4", rate=self._rate, options={"qmin": _QUALITY})
        stream.height, stream.width = height - height % 2, width - width % 2  # the colour planes have half the size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = _N_GROUP
        stream.bit_rate = int(_BITS_PER_PIXEL * height * width * self._rate)
        stream.codec_context.thread_count = 1  # more of them take 10 MB, and clips are written beside everything else
        self._stream = stream
        return stream


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """Turn errors of FFmpeg into those of the system."""
    try:
        yield
    except av.FFmpegError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or str(error)) from None
