"""Where sound comes from: `open_source` turns a URI into an object that fills a ring of samples."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.messages import SoundFormat
from streamer.ring import SampleRing

MAX_CHANNELS = 64  # a header that says more is damaged or hostile

SOURCE_FORMS = """\
  mic                 the system's default microphone
  mic:NAME-OR-PART    the microphone with this in its name (see: streamer devices)
  mic:INDEX           the microphone with this number
  file:PATH or PATH   a sound file: wav, flac, ogg, mp3
  -                   raw PCM on standard input
  demo                a synthesised street of sounds, no device needed"""

Begin = Callable[[SoundFormat], SampleRing]


class SoundSource(Protocol):
    """A source of sound, opened and drained by the one thread that calls :meth:`capture`.

    The numbers may be read from any thread at any time.
    """

    @property
    def uri(self) -> str:
        """What the user calls it."""

    @property
    def is_live(self) -> bool:
        """Whether the world does not wait for the reader: a loss of contact is answered by trying again."""

    @property
    def overflows(self) -> int:
        """Times that the device reported lost samples, over all openings."""

    @property
    def drift_ppm(self) -> float:
        """Clock of the device against the monotonic clock, positive where it is fast; 0 until known."""

    @property
    def backlog_s(self) -> float:
        """Sound that should have arrived by now and has not, seconds; 0 for sources that are not live."""

    @property
    def note(self) -> str:
        """What is odd about the sound just now, for the health line; empty when nothing is."""

    @property
    def stuck(self) -> bool:
        """Whether a call into the sound system hangs: the process can then only leave by ``os._exit``."""

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


def open_source(uri: str, settings: SourceSettings | None = None) -> SoundSource:
    """Make the source that a URI names; files are checked, devices are not touched before ``capture``.

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
        from streamer.sources.microphone import MicrophoneSource

        return MicrophoneSource(rest.strip(), settings)
    if uri == "-":
        from streamer.sources.pcm import PcmSource

        return PcmSource(settings)
    if uri == "demo":
        from streamer.sources.demo import DemoSource

        return DemoSource(settings)
    if uri and scheme not in ("mic", "demo") and not (uri.startswith("file:") and not rest) and "://" not in uri:
        from streamer.sources.audio_file import FileSource

        return FileSource(rest if scheme == "file" else uri, settings)
    raise UserError(f"source={uri!r} must have one of these forms:\n{SOURCE_FORMS}")


def chosen_channel(settings: SourceSettings) -> int | None:
    """Return the index of the only channel to deliver; None for all of them, to be mixed down later."""
    return None if settings.channel == "mix" else settings.channel
