"""Base class of live cameras: wait for the first image, detect stalls, abandon calls that hang."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import Final

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable
from streamer.messages import ImageFormat
from streamer.sources.base import BeginImages
from streamer.sources.images.geometry import Geometry
from streamer.sources.images.grabber import Grabber, OpenedCamera
from streamer.sources.stall import StallTimer

POLL_S = 0.05  # from one check of the grabber to the next
STOP_TIMEOUT_S = 2.5  # for the grabber to end after a stop; reading a stalled camera returns after 2 s …
LOST_TIMEOUT_S = 1.0  # … which have already passed after a stall
SETTLE_S = 1.0  # for automatic exposure and gain to settle before they are locked
DAMAGED_S = 60.0  # for so long a damaged image is pointed out


class LiveCamera(ABC):
    """Base class of cameras; each call of :meth:`capture` opens the camera once.

    Parameters
    ----------
    uri : str
        URI without secrets.
    settings : SourceSettings
        ``stall_s`` is used.
    images : ImageSettings
        How to capture.
    """

    medium: Final = "images"
    is_live = True
    lost_reason = ""  # what it means when reading fails at once

    def __init__(self, uri: str, settings: SourceSettings, images: ImageSettings) -> None:
        self.uri = uri
        self.note = ""
        self._settings = settings
        self._images = images
        self._grabber: Grabber | None = None

    @property
    def stuck(self) -> bool:
        """Whether a call into the driver or the network hangs: the process can then only end by ``os._exit``."""
        return self._grabber is not None and self._grabber.hangs

    @abstractmethod
    def _open(self, stop: threading.Event) -> OpenedCamera:
        """Open the camera; runs on the grabber's thread, where it may hang.

        Parameters
        ----------
        stop : threading.Event
            Set when the camera is no longer wanted.

        Raises
        ------
        SourceUnavailable
            The camera is not there, or does not open.
        UserError
            Trying again cannot help.
        """

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Deliver images until ``stop`` is set; see :class:`streamer.sources.Source`.

        Stopping waits at most 2.5 s for a call that hangs.
        """
        if self.stuck:
            raise SourceUnavailable(
                f"source={self.uri!r} must answer; an earlier call into it still hangs: unplug it, or restart streamer"
            )
        grabber = self._grabber = Grabber(self.uri, self._open, self.lost_reason)
        grabber.start()
        try:
            camera = self._await_first_image(grabber, stop)
            if camera is not None:
                geometry = Geometry(self._images, grabber.width, grabber.height)
                image_format = ImageFormat(geometry.width, geometry.height, camera.fps, camera.device, camera.detail)
                grabber.deliver(geometry, begin(image_format))
                self._monitor(grabber, camera.device, stop)
        finally:
            self.note = ""
            grabber.stop(STOP_TIMEOUT_S if stop.is_set() else LOST_TIMEOUT_S)

    def _await_first_image(self, grabber: Grabber, stop: threading.Event) -> OpenedCamera | None:
        """Return the opened camera once images come; None when stopped first."""
        is_locked = "lock" in (self._images.exposure, self._images.gain)
        deadline_s = time.monotonic() + max(self._settings.first_s, self._settings.stall_s) + is_locked * SETTLE_S
        while not stop.is_set():
            if grabber.first_image.wait(POLL_S / 2):
                return grabber.camera
            self._raise_if_ended(grabber)
            if time.monotonic() > deadline_s:
                state = "it opened but sends no image" if grabber.camera else "it does not answer"
                if grabber.n_damaged:
                    state = "all its images are damaged"
                raise SourceUnavailable(f"source={self.uri!r} must deliver; {state}")
        return None

    def _monitor(self, grabber: Grabber, device: str, stop: threading.Event) -> None:
        """Check the flow of images until stopped; raises when it ends."""
        stall = StallTimer(POLL_S, time.monotonic())
        while not stop.wait(POLL_S):
            self._raise_if_ended(grabber)
            now_s = time.monotonic()
            stalled_s = stall.update(grabber.n_images, now_s)
            if stalled_s > self._settings.stall_s:
                raise SourceUnavailable(
                    f"source={self.uri!r} must deliver; {device} has sent no image for {stalled_s:.1f} s"
                )
            same_s = now_s - grabber.changed_s
            same = (
                f"the same image for {same_s:.0f} s: the camera repeats it" if same_s >= self._settings.frozen_s else ""
            )
            damaged = f"{grabber.n_damaged} damaged images" if now_s - grabber.damaged_s < DAMAGED_S else ""
            self.note = "; ".join(filter(None, (same, damaged)))

    def _raise_if_ended(self, grabber: Grabber) -> None:
        if grabber.ended.is_set():
            raise grabber.error or SourceUnavailable(f"source={self.uri!r} must stay; it ended")
