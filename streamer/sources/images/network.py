"""Network cameras: MJPEG over HTTP or HTTPS, and RTSP through FFmpeg."""

from __future__ import annotations

import http.client
import threading

from streamer.address import shown
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable
from streamer.sources.images.grabber import OpenedCamera
from streamer.sources.images.http import HttpStream, Unreachable
from streamer.sources.images.live import LiveCamera
from streamer.sources.images.mjpeg import MjpegVideo
from streamer.sources.images.opencv import load_opencv
from streamer.sources.images.picture_size import check_size
from streamer.sources.network_address import STATUSES, NetworkAddress


class NetworkCameraSource(LiveCamera):
    """Camera at a URL, which sets size, rate and exposure itself.

    Images of RTSP carry the times that the camera states, as long as these agree with those of their arrival; all
    others carry the times of arrival. MJPEG over HTTP is read here (``mjpeg.py``), all else by FFmpeg.

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
        import av

        from streamer.sources.container import open_rtsp
        from streamer.sources.images.coded_stream import LOW_DELAY, CodedStream

        load_opencv(self._settings.stall_s)
        timeouts_s = self._settings.connect_s, self._settings.stall_s
        try:
            if self._is_rtsp:
                container = open_rtsp(self._secret_uri, "video", LOW_DELAY, timeouts_s)
            else:
                container = av.open(self._secret_uri, options=LOW_DELAY, timeout=timeouts_s)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._refused(error) from None
        try:
            video = CodedStream(container, self._check_size)
        except ValueError as error:
            container.close()
            raise SourceUnavailable(f"source={self.uri!r} must answer with images; {error}") from None
        except BaseException:
            container.close()
            raise
        fps = video.fps if self._is_rtsp else 0.0  # FFmpeg's guess over HTTP
        return OpenedCamera(video, self.uri, fps, self._detail(), False, timeouts_s[1], has_stream_times=self._is_rtsp)

    def _refused(self, error: Exception) -> SourceUnavailable:
        """Return why FFmpeg opens nothing; without the address, which may hold secrets."""
        self._is_unreachable = not self._address.takes_a_connection()
        known = {
            "HTTPUnauthorizedError": STATUSES[401],
            "HTTPForbiddenError": STATUSES[403],
            "HTTPNotFoundError": STATUSES[404],
            "InvalidDataError": "sends what is no video",
            "ExitError": "does not answer",
        }
        reason = known.get(type(error).__name__, "refuses, or wants another path, user or password")
        if self._is_unreachable:
            reason = "takes no connection"
        return SourceUnavailable(f"source={self.uri!r} must answer; {self._host} {reason}")

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
