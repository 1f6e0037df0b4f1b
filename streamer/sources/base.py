"""What a source is: it delivers sound or images into a ring until it ends or is stopped."""

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
    """A source, opened and drained by the one thread that calls its ``capture``.

    The properties may be read from any thread at any time.
    """

    @property
    def uri(self) -> str:
        """What the user calls it."""

    @property
    def medium(self) -> Medium:
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
    def medium(self) -> Literal["sound"]:
        """What it delivers."""

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

    @property
    def medium(self) -> Literal["images"]:
        """What it delivers."""

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Deliver images until they end or ``stop`` is set; otherwise as :meth:`SoundSource.capture`."""


def chosen_channel(settings: SourceSettings) -> int | None:
    """Return the index of the only channel to deliver; None for all of them, to be mixed down later."""
    return None if settings.channel == "mix" else settings.channel
