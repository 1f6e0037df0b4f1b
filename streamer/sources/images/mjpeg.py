"""Motion JPEG over HTTP: the images of an answer of many parts, one after the other."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable

import numpy as np

from streamer.arrays import UInt8
from streamer.sources.images.http import HttpStream
from streamer.sources.images.jpeg import Jpeg
from streamer.sources.images.picture_size import stated_size

MAX_JPEG_BYTES = 32 << 20  # an image of a camera has a tenth of that
MAX_LINE_BYTES = 1 << 16
MAX_LINES = 1000  # lines between two images after which the stream is none of images


class MjpegVideo:
    """Images of a stream of motion JPEG, with the calls of ``cv2.VideoCapture`` that a grabber uses.

    OpenCV would open it under a lock of the whole process, so that one camera that does not answer holds up all
    others. It also invents times, takes a damaged image for a whole one and scales another size to the first.

    Parameters
    ----------
    stream : HttpStream
        Opened; its content type is ``multipart/x-mixed-replace``.
    read_timeout_s : float
        In which each image must come.
    check_size : callable
        Receives width and height that an image's header states; raises where it must not be decoded.
    """

    def __init__(self, stream: HttpStream, read_timeout_s: float, check_size: Callable[[int, int], None]) -> None:
        self._stream = stream
        self._read_timeout_s = read_timeout_s
        self._check_size = check_size
        self._boundary = stream.parameter("boundary").encode("latin-1", "replace").strip(b"-")
        self._is_at_part = False  # the line that begins the next part has been read
        self._jpeg = b""
        self.coded_type = "I"

    @property
    def n_bytes(self) -> int:
        """Bytes of the image that was read."""
        return len(self._jpeg)

    def grab(self) -> bool:
        """Read the next image; False when the stream has ended, or sends none in time."""
        self._stream.within(self._read_timeout_s)
        try:
            self._jpeg = self._next_part()
        except (OSError, ValueError, http.client.HTTPException):
            self._jpeg = b""
        return bool(self._jpeg)

    def retrieve(self, _: UInt8 | None = None) -> tuple[bool, Jpeg | None]:
        """Decode the grey of the image that was read; False where it is damaged."""
        if not is_whole(self._jpeg):
            return False, None
        try:
            width, height = stated_size(io.BytesIO(self._jpeg))
        except ValueError:
            return False, None
        self._check_size(width, height)
        image = Jpeg(self._jpeg)
        return (True, image) if image.is_decodable else (False, None)

    def release(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _next_part(self) -> bytes:
        """Return the content of the next part that has one; nothing at the end of the stream.

        Raises
        ------
        ValueError
            When the stream is no motion JPEG.
        """
        n_bytes = self._skip_head()
        if n_bytes is None:
            return self._up_to_boundary()
        if not 0 < n_bytes <= MAX_JPEG_BYTES:
            raise ValueError("an image has too many bytes")
        content = self._stream.read(n_bytes)
        return content if len(content) == n_bytes else b""

    def _skip_head(self) -> int | None:
        """Read to the first byte of the next part's content; return its stated length, None without one.

        Raises
        ------
        ValueError
            When the stream ends, or has no such head.
        """
        n_bytes = None
        for _ in range(MAX_LINES):
            line = self._stream.line(MAX_LINE_BYTES)
            if not line:
                raise ValueError("the stream has ended")
            if self._is_boundary(line):
                self._is_at_part, n_bytes = True, None
            elif not line.strip() and self._is_at_part:
                self._is_at_part = False
                return n_bytes
            elif self._is_at_part and line[:15].lower() == b"content-length:":
                n_bytes = int(line[15:])
        raise ValueError("no image in so many lines")

    def _up_to_boundary(self) -> bytes:
        lines: list[bytes] = []
        n_bytes = 0
        while line := self._stream.line(MAX_LINE_BYTES):
            if self._is_boundary(line):
                self._is_at_part = True
                return b"".join(lines)
            lines.append(line)
            n_bytes += len(line)
            if n_bytes > MAX_JPEG_BYTES:
                raise ValueError("an image has too many bytes")
        return b""

    def _is_boundary(self, line: bytes) -> bool:
        """Return whether a line begins a part; cameras state their boundary with and without the dashes."""
        text = line.strip()
        return line.startswith(b"--") and (text.strip(b"-") == self._boundary if self._boundary else len(text) < 80)


def is_whole(jpeg: bytes) -> bool:
    """Return whether a JPEG has all its parts and its end, and no mark within its coded pixels but restarts in order.

    A changed bit in the coded pixels cannot be seen; networks and disks report those themselves.
    """
    if jpeg[:2] != b"\xff\xd8":
        return False
    content = np.frombuffer(jpeg, np.uint8)
    after = content[1:]
    # Bytes behind one of 255; 0 stands for a pixel's own 255, and 255 only fills up.
    places = np.flatnonzero((content[:-1] == 0xFF) & (after != 0) & (after != 0xFF)) + 1
    place, n_scans, n_restarts = 2, 0, -1  # a negative number of restarts: not behind the head of a scan
    for at, mark in zip(places.tolist(), after[places - 1].tolist(), strict=True):
        if at <= place:  # within a part
            continue
        if n_restarts >= 0 and 0xD0 <= mark <= 0xD7:
            if mark - 0xD0 != n_restarts % 8:
                return False
            n_restarts, place = n_restarts + 1, at + 1
            continue
        if mark == 0xD9:
            return n_scans > 0 and not jpeg[at + 1 :].strip(b"\0\r\n\xff ")
        if not 0xC0 <= mark <= 0xFE or 0xD0 <= mark <= 0xD8:
            return False  # another image begins, or a restart where none may be
        place = at + 1 + int.from_bytes(jpeg[at + 1 : at + 3], "big")
        n_restarts = 0 if mark == 0xDA else -1
        n_scans += mark == 0xDA
    return False
