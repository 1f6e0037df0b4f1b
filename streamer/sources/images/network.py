"""Network cameras: MJPEG over HTTP or HTTPS, and RTSP through FFmpeg."""

from __future__ import annotations

import http.client
import threading
import weakref

from streamer.address import shown
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable
from streamer.sources.images.grabber import OpenedCamera
from streamer.sources.images.http import HttpStream, Unreachable
from streamer.sources.images.live import LiveCamera
from streamer.sources.images.mjpeg import MjpegVideo
from streamer.sources.images.opencv import LOW_DELAY, ffmpeg_options, load_opencv
from streamer.sources.images.picture_size import check_size
from streamer.sources.network_address import STATUSES, NetworkAddress

MAX_REAL_FPS = 1000.0  # many streams state RTSP's clock of 90 kHz as their image rate


# OpenCV opens with FFmpeg under a lock of the whole process: one camera that does not answer would hold up all others.
# So only one RTSP camera is opened in this process, the others each in a process of its own.
_FFMPEG: weakref.WeakSet[NetworkCameraSource] = weakref.WeakSet()


class NetworkCameraSource(LiveCamera):
    """Camera at a URL, which sets size, rate and exposure itself.

    Images carry their times of arrival. MJPEG over HTTP is read here (``mjpeg.py``), all else by OpenCV's FFmpeg, which
    scales the images to the first size, without notice, when a camera changes its size while it streams.

    Parameters
    ----------
    uri : str
        With user and password where the camera needs them; only its scheme, host and the shape of its path are shown.
    settings : SourceSettings
        ``stall_s`` is used.
    images : ImageSettings
        ``roi``, ``rotate`` and ``downscale`` are used.

    Raises
    ------
    UserError
        When the URI is not that of a network camera.
    """

    lost_reason = "the server ended the stream"

    def __init__(self, uri: str, settings: SourceSettings, images: ImageSettings) -> None:
        super().__init__(shown(uri), settings, images)
        self._address = NetworkAddress(uri)
        self._secret_uri, self._host, self._is_rtsp = uri, self._address.host, self._address.is_rtsp
        self.must_be_isolated = self._is_rtsp and bool(_FFMPEG)  # by open_source, see above
        if self._is_rtsp:
            _FFMPEG.add(self)
        self._is_unreachable = False  # nothing took a connection in the last attempt

    def may_be_back(self) -> bool:
        """Return whether a camera that could not be reached takes a connection now."""
        return self._is_unreachable and self._address.takes_a_connection()

    def _open(self, stop: threading.Event) -> OpenedCamera:
        self._is_unreachable = False
        mjpeg = None if self._is_rtsp else self._open_mjpeg(stop)
        return mjpeg or self._open_ffmpeg()

    def _open_mjpeg(self, stop: threading.Event) -> OpenedCamera | None:
        """Return the opened camera; None where what it sends is no motion JPEG."""
        try:
            stream = HttpStream(self._secret_uri, self._settings.connect_s, stop)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._is_unreachable = isinstance(error, Unreachable)
            raise SourceUnavailable(f"source={self.uri!r} must answer; {self._host} {_what_failed(error)}") from None
        if stream.status != 200:
            stream.close()
            reason = STATUSES.get(stream.status, "answers with an error")
            raise SourceUnavailable(
                f"source={self.uri!r} must answer with images; {self._host} {reason} (HTTP {stream.status})"
            )
        if stream.content_type.startswith("audio/"):
            stream.close()
            raise SourceUnavailable(
                f"source={self.uri!r} must answer with images; it sends sound: write sound: before it"
            )
        if not stream.content_type.startswith("multipart/"):
            stream.close()
            return None
        load_opencv(self._settings.stall_s)
        timeout_s = self._settings.stall_s
        video = MjpegVideo(stream, timeout_s, self._check_size)
        return OpenedCamera(video, self.uri, 0.0, self._detail(), False, timeout_s)

    def _check_size(self, width: int, height: int) -> None:
        check_size(f"source={self.uri!r}", width, height, self._images)

    def _open_ffmpeg(self) -> OpenedCamera:
        cv2 = load_opencv(self._settings.stall_s)
        video = cv2.VideoCapture()
        timeout_s = self._settings.stall_s
        parameters = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(self._settings.connect_s * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(timeout_s * 1000),
            # Each decoder thread holds back one image: arrival jitters by 30 ms with two threads, by 1 ms with one.
            cv2.CAP_PROP_N_THREADS, 1,
        ]  # fmt: skip
        with ffmpeg_options(LOW_DELAY):
            is_open = video.open(self._secret_uri, cv2.CAP_FFMPEG, parameters)  # ignored when set later
        if not is_open:
            video.release()
            self._is_unreachable = not self._address.takes_a_connection()
            reason = (
                "takes no connection" if self._is_unreachable else "refuses, or wants another path, user or password"
            )
            raise SourceUnavailable(f"source={self.uri!r} must answer; {self._host} {reason}")
        fps = video.get(cv2.CAP_PROP_FPS) if self._is_rtsp else 0.0  # always 25 over HTTP
        return OpenedCamera(
            video, self.uri, fps if 0.0 < fps <= MAX_REAL_FPS else 0.0, self._detail(), False, timeout_s
        )

    def _detail(self) -> str:
        """Return which settings of the user cannot be passed to a network camera; empty where there is none."""
        images = self._images
        requested = {"fps": images.fps or "auto", "exposure": images.exposure, "gain": images.gain}
        named = ", ".join(f"{name}={value}" for name, value in requested.items() if value != "auto")
        return f"{named} cannot be set on a network camera" if named else ""


def _what_failed(error: Exception) -> str:
    """Return in words why nothing can be read from a server; without its address, which may hold secrets."""
    if isinstance(error, Unreachable):
        return f"takes no connection: it is not there yet, or its port is another one ({error.strerror})"
    if isinstance(error, TimeoutError):
        return "does not answer"
    if isinstance(error, OSError) and error.strerror:
        return f"broke the connection ({error.strerror})"
    return "does not speak HTTP"
