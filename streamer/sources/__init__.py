"""Where sound comes from: `open_source` turns a URI into an object that fills a ring of samples."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from streamer.errors import UserError
from streamer.messages import SoundFormat
from streamer.ring import SampleRing

PCM_FORMATS = ("s16le", "s24le", "s32le", "f32le", "u8")
MAX_CHANNELS = 64  # a header that says more is damaged or hostile

SOURCE_FORMS = """\
  mic                 the system's default microphone
  mic:NAME-OR-PART    the microphone with this in its name (see: streamer devices)
  mic:INDEX           the microphone with this number
  file:PATH or PATH   a sound file: wav, flac, ogg, mp3
  -                   raw PCM on standard input
  demo                a synthesised street of sounds, no device needed"""

Begin = Callable[[SoundFormat], SampleRing]


@dataclass(frozen=True)
class SourceOptions:
    """How a source is to be opened; what does not concern a source is ignored by it.

    Raises
    ------
    UserError
        When a value lies outside its range.
    """

    channel: int | None = None  # deliver only this channel, 0 = first; None: all of them
    latency_s: float = 0.2  # microphone: buffer to ask for; longer survives longer stalls of this computer
    stall_s: float = 2.0  # microphone: give it up when nothing came for this long
    paced: bool = True  # files: in real time; False: as fast as the reader takes it
    pcm_rate: int = 16_000  # standard input: samples per second and channel
    pcm_channels: int = 1
    pcm_format: str = "s16le"

    def __post_init__(self) -> None:
        _require("channel", self.channel, self.channel is None or 0 <= self.channel < MAX_CHANNELS,
                 f"lie in 0 … {MAX_CHANNELS - 1}; the first channel is 0")  # fmt: skip
        _require("latency_s", self.latency_s, 0.2 <= self.latency_s <= 10, "lie in 0.2 … 10 seconds")
        _require("stall_s", self.stall_s, 0.5 <= self.stall_s <= 600, "lie in 0.5 … 600 seconds")
        _require("pcm_rate", self.pcm_rate, 1000 <= self.pcm_rate <= 768_000, "lie in 1000 … 768000 per second")
        _require("pcm_channels", self.pcm_channels, 1 <= self.pcm_channels <= MAX_CHANNELS,
                 f"lie in 1 … {MAX_CHANNELS}")  # fmt: skip
        _require("pcm_format", self.pcm_format, self.pcm_format in PCM_FORMATS,
                 f"be one of {', '.join(PCM_FORMATS)}")  # fmt: skip


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


def open_source(uri: str, options: SourceOptions | None = None) -> SoundSource:
    """Make the source that a URI names; files are checked, devices are not touched before ``capture``.

    Parameters
    ----------
    uri : str
        One of the forms in ``SOURCE_FORMS``.
    options : SourceOptions, optional
        Defaults where None.

    Raises
    ------
    UserError
        When the URI has none of the forms, or the file cannot be used.
    """
    options = options or SourceOptions()
    scheme, colon, rest = uri.partition(":")
    if scheme == "mic" and (rest.strip() or not colon):
        from streamer.sources.microphone import MicrophoneSource

        return MicrophoneSource(rest.strip(), options)
    if uri == "-":
        from streamer.sources.pcm import PcmSource

        return PcmSource(options)
    if uri == "demo":
        from streamer.sources.demo import DemoSource

        return DemoSource(options)
    if uri and scheme not in ("mic", "demo") and not (uri.startswith("file:") and not rest) and "://" not in uri:
        from streamer.sources.audio_file import FileSource

        return FileSource(rest if scheme == "file" else uri, options)
    raise UserError(f"source={uri!r} must have one of these forms:\n{SOURCE_FORMS}")


def _require(name: str, value: object, holds: bool, rule: str) -> None:
    if not holds:
        raise UserError(f"{name}={value} must {rule}")
