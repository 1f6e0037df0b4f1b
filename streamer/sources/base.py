"""Protocols of sources: a source writes sound or images into a ring until it ends or is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, Protocol, TypeVar, runtime_checkable

from streamer.messages import ImageFormat, Medium, SoundFormat
from streamer.rings import ImageRing, SampleRing

NETWORK_SCHEMES = ("rtsp", "rtsps", "http", "https")  # of the URLs of network cameras

FormatT_co = TypeVar("FormatT_co", covariant=True)
RingT_contra = TypeVar("RingT_contra", contravariant=True)


class SourceStatus(Protocol):
    """What a source is and how it fares; any thread may read it at any time."""

    @property
    def uri(self) -> str:
        """URI that the user gave, with passwords and tokens masked."""

    @property
    def medium(self) -> Medium:
        """Whether it delivers sound or images."""

    @property
    def is_live(self) -> bool:
        """Whether it runs in real time and does not wait for the reader, as a device; if lost, it is opened again."""

    @property
    def note(self) -> str:
        """Remark for the health line about its present condition; empty when all is well."""

    @property
    def stuck(self) -> bool:
        """Whether a call into the system hangs: the process can then only end by ``os._exit``."""


class Source(SourceStatus, Protocol[FormatT_co, RingT_contra]):
    """A source of sound or images, read by the one thread that calls :meth:`capture`."""

    def capture(self, begin: Callable[[FormatT_co], RingT_contra], stop: threading.Event) -> None:
        """Open the source and write what it delivers into a ring until it ends or ``stop`` is set.

        Parameters
        ----------
        begin : callable
            Called once with the format after a successful opening, before the first sample or image; returns the
            ring of this capture session. No other session writes into it.
        stop : threading.Event
            Ends the capture within a fraction of a second, whatever the device does.

        Raises
        ------
        SourceUnavailable
            The source is not there, failed or stopped: it may be tried again later.
        UserError
            Trying again cannot help.
        """


@runtime_checkable
class CanReturn(Protocol):
    """A source that can tell, without opening anything, that what it needs may have come back."""

    def may_be_back(self) -> bool:
        """Return whether something has changed since the last call of ``capture`` began that makes another worthwhile.

        Called twice a second between two attempts, by the thread that calls ``capture``; takes at most half a second.
        """


@runtime_checkable
class Played(Protocol):
    """A source of sound or images that are there already, and so have a time of their own, or none."""

    @property
    def is_paced(self) -> bool:
        """Whether it is played in real time: else its capture times are none, and no latency can be measured."""

    @property
    def start_epoch_s(self) -> float | None:
        """Seconds since the epoch at its second 0; NaN: nobody knows them; None: those at which it is opened."""


class SoundSource(Source[SoundFormat, SampleRing], Protocol):
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
        """Seconds of sound that should have arrived by now and have not; 0 for sources that are not live."""


class ImageSource(Source[ImageFormat, ImageRing], Protocol):
    """A source of images."""

    @property
    def medium(self) -> Literal["images"]:
        """Always ``"images"``."""


BeginSound = Callable[[SoundFormat], SampleRing]
BeginImages = Callable[[ImageFormat], ImageRing]
