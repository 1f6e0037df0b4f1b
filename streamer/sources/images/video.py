"""Video files through OpenCV: as a source that plays, and as plain images for batch work."""

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
from streamer.sources.images.playback import play_images
from streamer.sources.images.timestamps import ImageTimes
from streamer.system import quiet_stderr

N_PROBED = 32  # images whose timestamps decide whether to believe them: B-frames are at most 16 apart
MAX_SIDE = 16384  # pixels; a header that says more is damaged or hostile
MISSING_IMAGES = 0.02  # fewer than the header says by more than this part, in number and in time: cut short


class VideoSource:
    """Source that plays a video file once.

    Parameters
    ----------
    path : str
        The file.
    settings : SourceSettings
        ``realtime`` counts.
    images : ImageSettings
        ``fps``, where positive, is the rate at which the images were captured, whatever the file says;
        ``roi``, ``rotate`` and ``downscale`` count too.

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
        """Faults of its timestamps or its length, as far as it has been played."""
        return self._video.note

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Play the file into the ring; see :class:`streamer.sources.ImageSource`."""
        play_images(self._video, begin(self._video.image_format), stop, self._realtime)


def read_images(path: Path, images: ImageSettings) -> tuple[ImageFormat, Iterator[Image]]:
    """Open a video file for reading from beginning to end, without threads or clocks.

    Parameters
    ----------
    path : Path
        Any format that OpenCV's FFmpeg reads.
    images : ImageSettings
        As for :class:`VideoSource`.

    Returns
    -------
    image_format : ImageFormat
        What the images are; ``fps`` is what their first timestamps, the header or the settings say.
    images : iterator of Image
        The pixels are valid until the next image only. ``captured_s`` is the time in the stream.

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
        What is wrong with its timestamps or its length, as far as it has been read; empty if nothing is.
    """

    def __init__(self, path: Path, images: ImageSettings) -> None:
        self._path, self._settings = path, images
        capture = _open(path)
        width, height, self._header_fps, self._header_images = _header(capture)
        if width > MAX_SIDE or height > MAX_SIDE:
            raise UserError(
                f"file={path} must be at most {MAX_SIDE} pixels wide and high; its header says {width}×{height}"
            )
        self._first_s = list(_timestamps(capture, N_PROBED))
        capture.release()
        if not self._first_s:
            raise UserError(f"file={path} must hold at least one image; record or convert it again")
        self._geometry = Geometry(images, width, height)
        times = ImageTimes(self._first_s, self._header_fps, images.fps)
        self.note = times.note
        self.image_format = ImageFormat(self._geometry.width, self._geometry.height, times.fps, path.name, times.note)

    @property
    def stated_images(self) -> int:
        """Number of images in the header, which is often wrong; 0 where it has none."""
        return int(self._header_images) if 0 < self._header_images < 1e9 else 0

    def __iter__(self) -> Iterator[Image]:
        """Read from the beginning; the pixels of an image are valid until the next one."""
        import cv2

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

    def _check_length(self, n_images: int, last_s: float) -> None:
        """Record whether the file ended early: by its number of images, which headers often have wrong, and
        by its time.
        """
        expected, fps = self.stated_images, self._header_fps
        if not (0 < fps < math.inf and expected):
            return
        enough = (1.0 - MISSING_IMAGES) * expected - 2.0
        if n_images < enough and last_s * fps < enough:
            cut = f"{n_images} images where the header says {expected}: the file is cut short or its header wrong"
            self.note = "; ".join(filter(None, (self.note, cut)))


def _open(path: Path) -> Any:
    cv2 = load_opencv()
    check_readable(path, "a video")
    with ffmpeg_options(""), quiet_stderr():
        # absolute, as FFmpeg would take the name "x:y.mp4" for a protocol; FFmpeg alone, as OpenCV's other ways of
        # opening a file take "%" in its name for a numbering
        capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise UserError(
            f"file={path} must be a video (mp4, avi, mkv, …); convert it with ffmpeg -i {path.name} {path.stem}.mkv"
        )
    return capture


def _timestamps(capture: Any, n_images: int) -> Iterator[float]:
    """Return the seconds of the next images, which are decoded and dropped."""
    import cv2

    for _ in range(n_images):
        if not capture.grab():
            return
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0


def _header(capture: Any) -> tuple[int, int, float, float]:
    """Return width and height as delivered, images per second and number of images; the last two are unreliable."""
    import cv2

    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    return width, height, capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
