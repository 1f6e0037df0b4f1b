"""Sources that deliver nothing, for monitors."""

import threading
from typing import Literal

from streamer.sources.base import BeginImages, BeginSound


class FakeSoundSource:
    uri = "fake"
    medium: Literal["sound"] = "sound"
    is_live = True
    overflows = 3
    drift_ppm = 12.0
    backlog_s = 0.25
    note = "odd"
    stuck = False

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Deliver nothing."""


class FakeImageSource:
    uri = "camera"
    medium: Literal["images"] = "images"
    is_live = True
    note = ""
    stuck = False

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Deliver nothing."""
