"""Video files: as a source that plays them, and as plain images for batch work."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import Image, ImageFormat
from streamer.sources.base import BeginImages
from streamer.sources.images.decoder import DecodedImage, VideoDecoder
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.page_count import is_decoded_here
from streamer.sources.images.pages import PageDecoder
from streamer.sources.images.playback import play_images
from streamer.sources.images.timestamps import ImageTimes
from streamer.sources.start_time import start_of_file
from streamer.sources.times_file import VideoLine, read_video_times, times_path

MAX_PLACES = 3  # of damage that are named one by one
MAX_MISSING = 0.02  # fraction of the header's images; if more are missing, by number and time, the file is cut short


class VideoSource:
    """Source that plays a video file once.

    Parameters
    ----------
    path : str
        The file.
    settings : SourceSettings
        ``realtime`` and those of its time are used.
    images : ImageSettings
        ``fps``, where positive, is the rate at which the images were captured, whatever the file states;
        ``roi``, ``rotate`` and ``downscale`` are used too.

    Raises
    ------
    UserError
        When the file is missing, unreadable, empty or no video.
    """

    medium: Final = "images"
    is_live = False
    stuck = False

    def __init__(self, path: str, settings: SourceSettings, images: ImageSettings) -> None:
        self.uri = f"file:{path}"
        self._video = Video(Path(path).expanduser(), images)
        self.is_paced, self.start_epoch_s = settings.realtime, start_of_file(Path(path).expanduser(), settings)

    @property
    def note(self) -> str:
        """Faults of the file's timestamps and length, as far as it has been played."""
        return self._video.note

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Play the file into the ring; see :class:`streamer.sources.Source`."""
        play_images(self._video, begin(self._video.image_format), stop, self.is_paced)


def read_images(path: Path, images: ImageSettings) -> tuple[ImageFormat, Iterator[Image]]:
    """Open a video file to read it from beginning to end, without threads and clocks.

    Parameters
    ----------
    path : Path
        Any video that FFmpeg reads.
    images : ImageSettings
        As for :class:`VideoSource`.

    Returns
    -------
    image_format : ImageFormat
        Format of the images; ``fps`` is given by the settings, the first timestamps or the header.
    images : iterator of Image
        In order; the pixels are valid until the next image. ``captured_s`` is the time in the stream.

    Raises
    ------
    UserError
        As :class:`VideoSource`.
    """
    video = Video(path, images)
    return video.image_format, iter(video)


class Video:
    """Images of a video file; parameters and errors as for :class:`VideoSource`.

    Attributes
    ----------
    image_format : ImageFormat
        Of the images as delivered.
    note : str
        What is wrong with times, length or images, as far as the file has been read, and what was assumed; empty where
        that is nothing.
    """

    def __init__(self, path: Path, images: ImageSettings) -> None:
        self._path, self._settings = path, images
        self._decoder = PageDecoder(path, images) if is_decoded_here(path) else VideoDecoder(path, images)
        header = self._header = self._decoder.header
        self._damaged: list[tuple[float, int]] = []  # times behind which images are missing, and how many
        self._geometry = Geometry(images, header.width, header.height)
        self._recorded = None if images.fps else self._times_file()
        times = self._times()
        split = "interlaced: its fields are images, one after the other" if header.is_split else ""
        self._remark = _joined(split, self._decoder.note)
        self.note = "" if self._recorded else _joined(self._remark, times.note)
        self.image_format = ImageFormat(self._geometry.width, self._geometry.height, times.fps, path.name, self.note)

    @property
    def stated_images(self) -> int:
        """Number of images in the header, which is often wrong; 0 where it has none."""
        return round(self._header.n_images) if 0 < self._header.n_images < 1e9 else 0

    def __iter__(self) -> Iterator[Image]:
        """Read all images from the beginning; the pixels of each are valid until the next one."""
        if self._recorded:
            yield from self._recorded_images(self._recorded)
            return
        times = self._times()
        self._damaged = []
        index, n_images, time_s, stamp_s = -1, 0, 0.0, 0.0
        first: UInt8 | None = None  # while all images are the same as this one
        for decoded in self._decoder.images():
            n_skipped = self._count_damaged(time_s, decoded.n_damaged) if n_images else 0
            stamp_s = decoded.stamp_s
            time_s = times.next(stamp_s, n_skipped)
            index += 1 + n_skipped
            if not n_images:
                first = decoded.pixels
            elif first is not None and not np.array_equal(decoded.pixels, first):
                first = None
            n_images += 1
            pixels = self._geometry.apply(decoded.pixels)
            self.note = _joined(self._remark, times.note, self._faults())
            yield Image(pixels, index, n_skipped, time_s, time_s, decoded.coded_type, decoded.n_bytes)
        self._count_damaged(time_s, self._decoder.n_damaged_at_end)
        same = f"all {n_images} images are the same" if first is not None and n_images > 1 else ""
        length = self._length_fault(n_images, stamp_s - self._header.first_s[0])
        self.note = _joined(self._remark, times.note, self._faults(), same, length)

    def _count_damaged(self, after_s: float, n_damaged: int) -> int:
        """Keep for the note that images behind a time could not be decoded; return how many."""
        if n_damaged:
            self._damaged.append((after_s, n_damaged))
        return n_damaged

    def _times(self) -> ImageTimes:
        header = self._header
        return ImageTimes(header.first_s, header.fps, self._settings.fps)

    def _faults(self) -> str:
        """Return what of the images so far could not be decoded, or not as it was."""
        n_damaged = sum(n for _, n in self._damaged)
        damaged = resized = ""
        if n_damaged:
            where = ", ".join(f"{after_s:.2f} s" for after_s, _ in self._damaged[:MAX_PLACES])
            n_more = len(self._damaged) - MAX_PLACES
            more = f" and {n_more} more places" if n_more > 0 else ""
            damaged = f"{_images(n_damaged)} damaged and left out, after {where}{more}"
        if self._decoder.n_resized:
            resized = f"{_images(self._decoder.n_resized)} of another size scaled to that of the first"
        return _joined(damaged, resized)

    def _times_file(self) -> VideoLine | None:
        """Return the times at which a recording's images were captured; None for any other video."""
        line = read_video_times(self._path)
        if line is not None and len(line.times_s) != self.stated_images:
            raise UserError(
                f"file={times_path(self._path)} must belong to {self._path.name}: it has {len(line.times_s)} images, "
                f"the video has {self.stated_images}; move it away"
            )
        return line

    def _recorded_images(self, line: VideoLine) -> Iterator[Image]:
        """Read the images of a recording with their capture times, without those that stand for lost ones."""
        self._damaged = []
        skipped = iter(line.skipped_before)
        index, n_skipped, last_s = -1, 0, 0.0
        for n_read, (time_s, decoded) in enumerate(zip_longest(line.times_s, self._in_place())):
            if n_read == len(line.times_s):
                break
            n_skipped += next(skipped) if time_s is not None else 0
            if decoded is None and self._is_at_end:
                self.note = f"{n_read} images where its times file has {len(line.times_s)}: the file is cut short"
                return
            if time_s is None:
                continue
            if decoded is None:
                n_skipped += self._count_damaged(last_s, 1)
                continue
            index, last_s = index + 1 + n_skipped, time_s
            pixels = self._geometry.apply(decoded.pixels)
            yield Image(pixels, index, n_skipped, time_s, time_s, decoded.coded_type, decoded.n_bytes)
            n_skipped = 0
        n_lost = sum(line.skipped_before)
        lost = f"{n_lost} {'image was' if n_lost == 1 else 'images were'} lost while it was recorded" if n_lost else ""
        self.note = _joined(lost, self._faults())

    def _in_place(self) -> Iterator[DecodedImage | None]:
        """Return all images in their places, None in the place of a damaged one."""
        self._is_at_end = False
        for decoded in self._decoder.images():
            yield from [None] * decoded.n_damaged
            yield decoded
        yield from [None] * self._decoder.n_damaged_at_end
        self._is_at_end = True

    def _length_fault(self, n_images: int, last_s: float) -> str:
        """Return a note where the file ended early.

        Its duration must be too short as well, since the number of images is often wrong in headers.
        """
        expected, fps = self.stated_images, self._header.fps
        if not (0 < fps < math.inf and expected):
            return ""
        enough = (1.0 - MAX_MISSING) * expected - 2.0
        if n_images < enough and not last_s * fps >= enough:
            return f"{n_images} images where the header says {expected}: the file is cut short or its header wrong"
        return ""


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _images(n: int) -> str:
    return f"{n} {'image' if n == 1 else 'images'}"
