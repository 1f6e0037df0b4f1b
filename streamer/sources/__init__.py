"""Where sound comes from: `open_source` turns a URI into an object that fills a ring of samples."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import ImageFormat, SoundFormat
from streamer.rings import ImageRing, SampleRing
from streamer.tasks import PICTURE_SUFFIXES, VIDEO_SUFFIXES

MAX_CHANNELS = 64  # a header that says more is damaged or hostile

SOURCE_FORMS = """\
  mic                 the system's default microphone
  mic:NAME-OR-PART    the microphone with this in its name (see: streamer devices)
  mic:INDEX           the microphone with this number
  file:PATH or PATH   a sound file: wav, flac, ogg, mp3
  -                   raw PCM on standard input
  demo, demo:sound    a synthesised street of sounds, no device needed
  camera              the first camera
  camera:INDEX        the camera with this number
  camera:PATH         the camera at this path, such as /dev/v4l/by-id/… (see: streamer devices)
  rtsp://… http://…   a network camera (RTSP, or MJPEG over HTTP or HTTPS)
  file:PATH or PATH   a video (mp4, avi, mkv, …), a picture, or a folder or 'glob*' of pictures
  demo:camera          a synthesised scene of periodic patterns, no camera needed"""

Begin = Callable[[SoundFormat], SampleRing]
BeginImages = Callable[[ImageFormat], ImageRing]


class Source(Protocol):
    """A source, opened and drained by the one thread that calls its ``capture``.

    The properties may be read from any thread at any time.
    """

    @property
    def uri(self) -> str:
        """What the user calls it."""

    @property
    def kind(self) -> Literal["sound", "images"]:
        """What it delivers."""

    @property
    def is_live(self) -> bool:
        """Whether the world does not wait for the reader: a loss of contact is answered by trying again."""

    @property
    def note(self) -> str:
        """What is odd about it just now, for the health line; empty when nothing is."""

    @property
    def stuck(self) -> bool:
        """Whether a call into the system hangs: the process can then only leave by ``os._exit``."""


class SoundSource(Source, Protocol):
    """A source of sound."""

    @property
    def overflows(self) -> int:
        """Times that the device reported lost samples, over all sessions."""

    @property
    def drift_ppm(self) -> float:
        """Clock of the device against the monotonic clock, positive where it is fast; 0 until known."""

    @property
    def backlog_s(self) -> float:
        """Sound that should have arrived by now and has not, seconds; 0 for sources that are not live."""

    def capture(self, begin: Begin, stop: threading.Event) -> None:
        """Deliver sound until it ends or ``stop`` is set.

        Parameters
        ----------
        begin : callable
            Called once with the format after a successful opening, before the first sample; returns the ring
            that takes the samples of this opening and of no other.
        stop : threading.Event
            Honoured within a fraction of a second, whatever the device does.

        Raises
        ------
        SourceUnavailable
            The source is not there, failed or stopped: it may be tried again later.
        UserError
            Trying again cannot help.
        """


class ImageSource(Source, Protocol):
    """A source of images."""

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Deliver images until they end or ``stop`` is set; otherwise as :meth:`SoundSource.capture`."""


def open_source(uri: str, settings: SourceSettings | None = None) -> SoundSource:
    """Make the source of sound that a URI names; files are checked, devices are not touched before ``capture``.

    Parameters
    ----------
    uri : str
        One of the forms in ``SOURCE_FORMS``.
    settings : SourceSettings, optional
        How to open it; defaults where None. What does not concern a source is ignored by it.

    Raises
    ------
    UserError
        When the URI has none of the forms, or the file cannot be used.
    """
    settings = settings or SourceSettings()
    scheme, colon, rest = uri.partition(":")
    if scheme == "mic" and (rest.strip() or not colon):
        from streamer.sources.sound.microphone import MicrophoneSource

        return MicrophoneSource(rest.strip(), settings)
    if uri == "-":
        from streamer.sources.sound.pcm import PcmSource

        return PcmSource(settings)
    if uri in ("demo", "demo:sound"):
        from streamer.sources.sound.demo import DemoSource

        return DemoSource(settings)
    if uri and scheme not in ("mic", "demo") and not (uri.startswith("file:") and not rest) and "://" not in uri:
        from streamer.sources.sound.file import FileSource

        return FileSource(rest if scheme == "file" else uri, settings)
    raise UserError(f"source={uri!r} must have one of these forms:\n{SOURCE_FORMS}")


def is_image_source(uri: str) -> bool:
    """Whether a URI means images rather than sound; looks at names, and at whether a path is a folder."""
    scheme = uri.partition(":")[0]
    if scheme in ("camera", "rtsp", "rtsps", "http", "https") or uri == "demo:camera":
        return True
    path = Path(uri.removeprefix("file:"))
    if path.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES:
        return True
    try:
        return bool(uri) and path.is_dir()
    except OSError:
        return False


def open_image_source(
    uri: str, settings: SourceSettings | None = None, images: ImageSettings | None = None
) -> ImageSource:
    """Make the source of images that a URI names, one for which :func:`is_image_source` holds.

    Parameters
    ----------
    uri : str
        One of the forms in ``SOURCE_FORMS``.
    settings, images : SourceSettings and ImageSettings, optional
        How to open it and how to capture; defaults where None.

    Raises
    ------
    UserError
        When the video or the pictures cannot be used.
    """
    settings, images = settings or SourceSettings(), images or ImageSettings()
    scheme, _, rest = uri.partition(":")
    if scheme == "camera":
        from streamer.sources.images.camera import CameraSource

        return CameraSource(rest.strip(), settings, images)
    if "://" in uri:
        from streamer.sources.images.network import NetworkCameraSource

        return NetworkCameraSource(uri, settings, images)
    if uri == "demo:camera":
        from streamer.sources.images.demo import ImageDemoSource

        return ImageDemoSource(settings, images)
    path = rest if scheme == "file" else uri
    if Path(path).suffix.lower() in VIDEO_SUFFIXES:
        from streamer.sources.images.video import VideoSource

        return VideoSource(path, settings, images)
    from streamer.sources.images.pictures import PictureSource

    return PictureSource(path, settings, images)


def chosen_channel(settings: SourceSettings) -> int | None:
    """Return the index of the only channel to deliver; None for all of them, to be mixed down later."""
    return None if settings.channel == "mix" else settings.channel
