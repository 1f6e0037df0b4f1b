"""Video files through OpenCV: as a source that plays them, and as plain images for batch work."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import Image, ImageFormat
from streamer.sources.base import BeginImages
from streamer.sources.file_check import check_readable
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.opencv import ffmpeg_options, load_opencv
from streamer.sources.images.picture_size import check_size
from streamer.sources.images.playback import play_images
from streamer.sources.images.timestamps import ImageTimes
from streamer.sources.times_file import VideoLine, read_video_times, times_path
from streamer.system import quiet_stderr, unicode_name

N_FIRST = 32  # images whose timestamps decide whether timestamps are used: B-frames are at most 16 apart
MAX_MISSING = 0.02  # fraction of the header's images; if more are missing, by number and time, the file is cut short


class VideoSource:
    """Source that plays a video file once.

    Parameters
    ----------
    path : str
        The file.
    settings : SourceSettings
        ``realtime`` is used.
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
        self._realtime = settings.realtime
        self._video = Video(Path(path).expanduser(), images)

    @property
    def note(self) -> str:
        """Faults of the file's timestamps and length, as far as it has been played."""
        return self._video.note

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Play the file into the ring; see :class:`streamer.sources.Source`."""
        play_images(self._video, begin(self._video.image_format), stop, self._realtime)


def read_images(path: Path, images: ImageSettings) -> tuple[ImageFormat, Iterator[Image]]:
    """Open a video file to read it from beginning to end, without threads and clocks.

    Parameters
    ----------
    path : Path
        Any format that OpenCV's FFmpeg reads.
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
        What is wrong with timestamps or length, as far as the file has been read; empty where nothing is.
    """

    def __init__(self, path: Path, images: ImageSettings) -> None:
        self._path, self._settings = path, images
        capture = _open(path)
        width, height, self._header_fps, self._header_images = _header(capture)
        check_size(f"file={path}", width, height, images)
        self._first_s = list(_timestamps(capture, N_FIRST))
        capture.release()
        if not self._first_s:
            raise UserError(f"file={path} must hold at least one image; record or convert it again")
        self._geometry = Geometry(images, width, height)
        self._recorded = None if images.fps else self._times_file()
        times = ImageTimes(self._first_s, self._header_fps, images.fps)
        self.note = "" if self._recorded else times.note
        self.image_format = ImageFormat(self._geometry.width, self._geometry.height, times.fps, path.name, self.note)

    @property
    def stated_images(self) -> int:
        """Number of images in the header, which is often wrong; 0 where it has none."""
        return int(self._header_images) if 0 < self._header_images < 1e9 else 0

    def __iter__(self) -> Iterator[Image]:
        """Read all images from the beginning; the pixels of each are valid until the next one."""
        import cv2

        if self._recorded:
            yield from self._recorded_images(self._recorded)
            return
        times = ImageTimes(self._first_s, self._header_fps, self._settings.fps)
        n_images, time_s, stamp_s = 0, 0.0, 0.0
        buffer: Any = None
        capture = _open(self._path)
        try:
            while True:
                is_there, buffer = capture.read(buffer)
                if not is_there:
                    break
                stamp_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
                time_s = times.next(stamp_s)
                self.note = times.note
                yield Image(self._geometry.apply(buffer), n_images, 0, time_s, time_s)
                n_images += 1
        finally:
            capture.release()
        self._check_length(n_images, stamp_s - self._first_s[0])

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
        buffer: Any = None
        capture = _open(self._path)
        skipped = iter(line.skipped_before)
        index = -1
        try:
            for n_read, time_s in enumerate(line.times_s):
                is_there, buffer = capture.read(buffer)
                if not is_there:
                    self.note = f"{n_read} images where its times file has {len(line.times_s)}: the file is cut short"
                    return
                if time_s is not None:
                    skipped_before = next(skipped)
                    index += 1 + skipped_before
                    yield Image(self._geometry.apply(buffer), index, skipped_before, time_s, time_s)
            if n_lost := sum(line.skipped_before):
                self.note = f"{n_lost} {'image was' if n_lost == 1 else 'images were'} lost while it was recorded"
        finally:
            capture.release()

    def _check_length(self, n_images: int, last_s: float) -> None:
        """Add a note where the file ended early.

        Its duration must be too short as well, since the number of images is often wrong in headers.
        """
        expected, fps = self.stated_images, self._header_fps
        if not (0 < fps < math.inf and expected):
            return
        enough = (1.0 - MAX_MISSING) * expected - 2.0
        if n_images < enough and last_s * fps < enough:
            cut = f"{n_images} images where the header says {expected}: the file is cut short or its header wrong"
            self.note = "; ".join(filter(None, (self.note, cut)))


def _open(path: Path) -> Any:
    cv2 = load_opencv()
    check_readable(path, "a video")
    with unicode_name(path) as name, ffmpeg_options(""), quiet_stderr():
        # An absolute path, since FFmpeg would take the name "x:y.mp4" for a protocol; FFmpeg only, since OpenCV's other
        # back ends take "%" in a name for a number.
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise UserError(
            f"file={path} must be a video (mp4, avi, mkv, …); convert it with ffmpeg -i {path.name} {path.stem}.mkv"
        )
    return capture


def _timestamps(capture: Any, n_images: int) -> Iterator[float]:
    """Return the timestamps of the next images in seconds; the images are decoded and dropped."""
    import cv2

    for _ in range(n_images):
        if not capture.grab():
            return
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0


def _header(capture: Any) -> tuple[int, int, float, float]:
    """Return width, height, images per second and number of images; the last two are unreliable."""
    import cv2

    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    return width, height, capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
