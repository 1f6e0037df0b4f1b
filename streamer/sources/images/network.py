"""Network cameras through FFmpeg: RTSP, or MJPEG over HTTP or HTTPS."""

from __future__ import annotations

import re
import threading
from urllib.parse import urlsplit

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.sources.images.grabber import OpenedCamera
from streamer.sources.images.live import LiveCamera
from streamer.sources.images.opencv import LOW_DELAY, ffmpeg_options, load_opencv

OPEN_TIMEOUT_S = 3.0
SCHEMES = ("rtsp", "rtsps", "http", "https")
MAX_REAL_FPS = 1000.0  # RTSP's clock of 90 kHz is often given for the rate

# From the user's colon, which no port follows, to the last @ of the path: some passwords hold @ and / unescaped.
_PASSWORD = re.compile(r"(?<=://)([^/@?#:\[]*):(?!\d{1,5}(?:[/?#]|$))(?:[^?\s]*|\S*)@")
_SECRET = re.compile(r"(?i)(?<=[?&])((?:pwd|pass|passwd|password|token|key|secret|auth)[^=&]*)=[^&#]*")


def mask_secrets(uri: str) -> str:
    """Return a URI that may be shown: passwords, and what looks like one in the query, become three stars."""
    return _SECRET.sub(r"\1=***", _PASSWORD.sub(r"\1:***@", uri))


class NetworkCameraSource(LiveCamera):
    """Camera at a URL; the size and rate that it reports are taken as they are.

    Images carry their time of arrival: the times inside an MJPEG stream are invented on the way. A camera that
    changes its size while it streams is scaled to the first one by OpenCV, unseen, until it is opened anew.

    Parameters
    ----------
    uri : str
        With user and password where it needs them; they are never shown.
    settings : SourceSettings
        ``stall_s`` counts.
    images : ImageSettings
        ``roi``, ``rotate`` and ``downscale`` count; a network camera sets size, rate and exposure itself.

    Raises
    ------
    UserError
        When the URI is none of a network camera.
    """

    gone = "the server ended the stream"

    def __init__(self, uri: str, settings: SourceSettings, images: ImageSettings) -> None:
        super().__init__(mask_secrets(uri), settings, images)
        try:
            parts = urlsplit(uri)
            is_known, self._host = parts.scheme in SCHEMES, parts.hostname or ""
        except ValueError:
            is_known, self._host = False, ""
        if not is_known or not self._host:
            raise UserError(f"source={self.uri!r} must be like rtsp://HOST/… or http://HOST/…; check the camera's URL")
        self._secret_uri = uri
        self._is_rtsp = parts.scheme.startswith("rtsp")

    def _open(self, unwanted: threading.Event) -> OpenedCamera:
        cv2 = load_opencv(self._settings.stall_s)
        video = cv2.VideoCapture()
        timeout_s = self._settings.stall_s
        parameters = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(OPEN_TIMEOUT_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(timeout_s * 1000),
            # Each thread holds one image back, unevenly: arrival jitters by 30 ms with two of them, by 1 ms with one.
            cv2.CAP_PROP_N_THREADS, 1,
        ]  # fmt: skip
        with ffmpeg_options(LOW_DELAY):
            is_open = video.open(self._secret_uri, cv2.CAP_FFMPEG, parameters)  # set later they are ignored
        if not is_open:
            video.release()
            raise SourceUnavailable(
                f"source={self.uri!r} must answer; {self._host} refuses, is not there yet, or wants another path, user "
                "or password"
            )
        fps = video.get(cv2.CAP_PROP_FPS) if self._is_rtsp else 0.0  # HTTP: always 25
        return OpenedCamera(
            video, self.uri, fps if 0.0 < fps <= MAX_REAL_FPS else 0.0, self._detail(), False, timeout_s
        )

    def _detail(self) -> str:
        images = self._images
        asked = {"fps": images.fps or "auto", "exposure": images.exposure, "gain": images.gain}
        named = ", ".join(f"{name}={value}" for name, value in asked.items() if value != "auto")
        return f"{named} cannot be asked of a network camera" if named else ""
