"""Images of a video file as FFmpeg (PyAV) decodes them: with their own times, and without those that are damaged."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.video.frame import PictureType

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.container import RAW_FORMATS, has_index, open_bytes, reason
from streamer.sources.file_check import check_readable
from streamer.sources.images.damage import DamageAccount
from streamer.sources.images.fields import FieldSplitter, fields_differ
from streamer.sources.images.picture_size import check_size
from streamer.system import native_name

N_FIRST = 32  # images whose timestamps decide whether timestamps are used: B-frames are at most 16 apart
ALONE_PX = 1_000_000  # smaller images are decoded by one thread: errors are told at their image then
MAX_THREADS = 4
ROTATE_FLAGS = {90: 2, 180: 1, -180: 1, -90: 0}  # turn of the header, counter-clockwise → cv2.RotateFlags
# A decoder that is not strict paints over what it could not decode, with what was there before or with grey.
STRICT = {"err_detect": "explode"}


class DecodedImage(NamedTuple):
    """An image of a video."""

    pixels: UInt8  # shape (height, width, 3), blue-green-red, upright
    stamp_s: float  # its time in the file; NaN where it has none
    coded_type: str  # "I", "P" or "B"; "" where the coder has no such types
    n_bytes: int  # of its coded form
    n_damaged: int  # images before it that could not be decoded


@dataclass(slots=True)
class VideoHeader:
    """What a video says of itself, and what its first images show."""

    width: int  # upright
    height: int
    fps: float  # NaN where it states none
    n_images: float  # often wrong; 0 where it states none
    is_rate_assumed: bool  # its times are FFmpeg's own
    is_split: bool  # each image is two, captured one after the other, of every other row
    first_s: list[float] = field(default_factory=list)  # times of the first images


class VideoDecoder:
    """Decode the images of a video file in the order in which they are shown.

    Parameters
    ----------
    path : Path
        Any video that FFmpeg reads; no other file is opened, whatever it says.
    settings : ImageSettings
        ``max_megapixels`` is used.

    Attributes
    ----------
    header : VideoHeader
    n_damaged_at_end : int
        Images behind the last one that could not be decoded; known when all have been read.
    n_resized : int
        Images so far that had another size than the first.
    note : str
        Always empty: what else is to be told of the file.

    Raises
    ------
    UserError
        When the file is missing, unreadable, empty or no video, or its images are too large.
    """

    note = ""

    def __init__(self, path: Path, settings: ImageSettings) -> None:
        check_readable(path, "a video")
        self._path, self._settings = path, settings
        self.n_damaged_at_end = self.n_resized = 0
        self._is_strict = True
        if not self._read_header():
            # Some cameras break the rules in every image; what can be seen of them all is told as it is.
            self._is_strict = False
            if not self._read_header():
                raise UserError(f"file={path} must hold at least one image; record or convert it again")

    def images(self) -> Iterator[DecodedImage]:
        """Decode from the beginning; the pixels of each image are its own."""
        n_damaged = self.n_damaged_at_end = self.n_resized = 0
        splitter = FieldSplitter() if self.header.is_split else None
        with self._open() as container:
            for each in self._frames(container, container.streams.video[0]):
                if isinstance(each, int):
                    n_damaged += each * (2 if splitter else 1)
                    continue
                for frame in splitter.push(each) if splitter else (each,):
                    yield self._image(frame, n_damaged)
                    n_damaged = 0
            for frame in splitter.push(None) if splitter else ():
                yield self._image(frame, n_damaged)
                n_damaged = 0
        self.n_damaged_at_end = n_damaged

    def _read_header(self) -> bool:
        """Read what the file says and decode its first images; return whether at least half of those can be."""
        with self._open() as container:
            stream = container.streams.video[0]
            first, n_damaged = [], 0
            for each in self._frames(container, stream):
                if isinstance(each, int):
                    n_damaged += each
                else:
                    first.append(each)
                if len(first) + n_damaged >= N_FIRST:
                    break
            if not first or (self._is_strict and len(first) < n_damaged):
                return False
            width, height = first[0].width, first[0].height
            if first[0].rotation in (90, -90):
                width, height = height, width
            is_raw = container.format.name in RAW_FORMATS
            rate = stream.codec_context.framerate if is_raw else stream.average_rate or stream.guessed_rate
            fps = float(rate) if rate else math.nan
            is_split = any(frame.interlaced_frame for frame in first) and fields_differ(first)
            duration_s = 0.0 if is_raw or not container.duration else container.duration / av.time_base
            n_images = float(stream.frames) or (duration_s * fps if rate else 0.0)
            times_s = [math.nan if is_raw or frame.time is None else frame.time for frame in first]
        self.header = VideoHeader(width, height, fps, n_images, is_raw, is_split, times_s)
        if is_split:
            middles_s = [(a + b) / 2 for a, b in pairwise(times_s)]
            self.header.first_s = [each for pair in zip(times_s, middles_s, strict=False) for each in pair] or times_s
            self.header.fps, self.header.n_images = 2 * fps, 2 * n_images
        return True

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Decode all that can be decoded; in the place of what cannot, the number of images."""
        account = DamageAccount(self._is_strict)
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, OSError):
                account.damage()
                break
            packet.opaque = account.send(packet), packet.size
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                frames = []
                account.damage()
            for frame in frames:
                number = frame.opaque[0] if isinstance(frame.opaque, tuple) else -1
                if account.is_sound(frame, number):
                    if n_damaged := account.take():
                        yield n_damaged
                    yield frame
        account.end()
        if n_damaged := account.take():
            yield n_damaged

    def _image(self, frame: Any, n_damaged: int) -> DecodedImage:
        kind = PictureType(int(frame.pict_type)).name
        stamp_s = math.nan if frame.time is None else frame.time
        n_bytes = frame.opaque[1] if isinstance(frame.opaque, tuple) else 0
        pixels = pixels_of(frame)
        if pixels.shape[:2] != (self.header.height, self.header.width):
            self.n_resized += 1
            pixels = _resized(pixels, self.header.width, self.header.height)
        return DecodedImage(pixels, stamp_s, kind if kind in ("I", "P", "B") else "", n_bytes, n_damaged)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with open(native_name(self._path), "rb") as file:  # noqa: PTH123
            try:
                container = open_bytes(file)
            except (av.FFmpegError, OSError, ValueError) as error:
                why = reason(error) if has_index(file) else "it was cut off before its index was written"
                raise self._no_video(why) from None
            with container:
                self._prepare(container)
                yield container

    def _prepare(self, container: Any) -> None:
        if not container.streams.video or container.streams.video[0].codec_context is None:
            raise self._no_video("it holds no images that a decoder knows")
        stream = container.streams.video[0]
        check_size(f"file={self._path}", stream.width, stream.height, self._settings)
        coder = stream.codec_context
        coder.copy_opaque = True
        limits = {"max_pixels": str(math.ceil(self._settings.max_megapixels * 1e6))}
        coder.options = {**limits, **(STRICT if self._is_strict else {})}
        is_large = stream.width * stream.height >= ALONE_PX
        coder.thread_count = min(MAX_THREADS, os.cpu_count() or 1) if is_large else 1

    def _no_video(self, why: str) -> UserError:
        name, stem = self._path.name, self._path.stem
        return UserError(
            f"file={self._path} must be a video (mp4, avi, mkv, …); {why}: convert it with ffmpeg -i {name} {stem}.mkv"
        )


def pixels_of(frame: Any) -> UInt8:
    """Return a decoded frame as blue-green-red of 8 bits, shape (height, width, 3), turned upright."""
    pixels: UInt8
    if max(component.bits for component in frame.format.components) > 8:
        import cv2

        # Scaled to 8 bits at once, FFmpeg would dither: draw a regular pattern into the image.
        pixels = np.asarray(cv2.convertScaleAbs(frame.to_ndarray(format="bgr48le"), alpha=1 / 257), np.uint8)
    else:
        pixels = frame.to_ndarray(format="bgr24")
    if turn := getattr(frame, "rotation", 0):
        import cv2

        flag = ROTATE_FLAGS.get(turn)
        return pixels if flag is None else np.asarray(cv2.rotate(pixels, flag), np.uint8)
    return pixels


def _resized(pixels: UInt8, width: int, height: int) -> UInt8:
    import cv2

    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
