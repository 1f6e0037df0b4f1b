"""Protocols of sources: a source delivers sound or images into a ring until it ends or is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, Protocol

from streamer.config import SourceSettings
from streamer.messages import ImageFormat, Medium, SoundFormat
from streamer.rings import ImageRing, SampleRing

MAX_CHANNELS = 64  # a header that says more is damaged or hostile

Begin = Callable[[SoundFormat], SampleRing]
BeginImages = Callable[[ImageFormat], ImageRing]


class Source(Protocol):
    """A source, opened and read by the one thread that calls its ``capture``.

    The properties may be read from any thread at any time.
    """

    @property
    def uri(self) -> str:
        """URI by which the user names it, without secrets."""

    @property
    def medium(self) -> Medium:
        """Whether it delivers sound or images."""

    @property
    def is_live(self) -> bool:
        """Whether it does not wait for the reader, as a device does not; when contact is lost it is opened again."""

    @property
    def note(self) -> str:
        """Remark about its present condition for the health line; empty when all is well."""

    @property
    def stuck(self) -> bool:
        """Whether a call into the system hangs: the process can then only end by ``os._exit``."""


class SoundSource(Source, Protocol):
    """A source of sound."""

    @property
    def medium(self) -> Literal["sound"]:
        """Always ``"sound"``."""

    @property
    def overflows(self) -> int:
        """Number of times that the device reported lost samples, over all sessions."""

    @property
    def drift_ppm(self) -> float:
        """Clock of the device against the monotonic clock, positive where it is fast; 0 until known."""

    @property
    def backlog_s(self) -> float:
        """Sound that should have arrived by now and has not, in seconds; 0 for sources that are not live."""

    def capture(self, begin: Begin, stop: threading.Event) -> None:
        """Deliver sound until it ends or ``stop`` is set.

        Parameters
        ----------
        begin : callable
            Called once with the format after a successful opening, before the first sample; returns the ring
            that takes the samples of this session and of no other.
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

    @property
    def medium(self) -> Literal["images"]:
        """Always ``"images"``."""

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Deliver images until they end or ``stop`` is set; otherwise as :meth:`SoundSource.capture`."""


def chosen_channel(settings: SourceSettings) -> int | None:
    """Return the index of the only channel to deliver; None to mix all of them down later."""
    return None if settings.channel == "mix" else settings.channel
