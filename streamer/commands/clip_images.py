"""ClipImages: show the images of clips one after the other, each at its time, on a thread of its own."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.errors import StreamerError

_WIDEST_PX, _HIGHEST_PX = 160, 120  # of an image that a dashboard shows
_FPS = 10.0  # of a video that states no rate
_LONGEST_STILL_S = 2.0  # that one image is shown


class ClipImages:
    """Shows one clip at a time; only the image that is shown is in memory.

    Attributes
    ----------
    failure : str
        Why the newest could not be shown; empty where it could.
    image : ndarray or None
        Shape (height, width, 3), red-green-blue, made small; None where nothing is shown.
    n_shown : int
        Images of the newest so far.
    """

    def __init__(self) -> None:
        self.failure = ""
        self.image: UInt8 | None = None
        self.n_shown = 0
        self._stop = threading.Event()
        self._is_busy = False

    @property
    def is_busy(self) -> bool:
        """Whether a clip is shown, or about to be."""
        return self._is_busy

    def play(self, paths: Sequence[Path]) -> None:
        """Begin to show; what is shown ends."""
        self.stop()
        self.failure, self.n_shown, self._is_busy, self._stop = "", 0, True, threading.Event()
        threading.Thread(target=self._run, args=(tuple(paths), self._stop), name="clip images", daemon=True).start()

    def stop(self) -> None:
        """End what is shown."""
        self._stop.set()
        self._is_busy, self.image = False, None

    def _run(self, paths: Sequence[Path], stop: threading.Event) -> None:
        try:
            for path in paths:
                self._show(path, stop)
        except (StreamerError, OSError) as error:
            if not stop.is_set():
                self.failure = str(error)
        if not stop.is_set():
            self.stop()

    def _show(self, path: Path, stop: threading.Event) -> None:
        from streamer.sources.images.decoder import VideoDecoder

        decoder = VideoDecoder(path, ImageSettings())
        header = decoder.header
        fps = header.fps if math.isfinite(header.fps) and header.fps > 0 else _FPS
        step = max(1, -(-header.width // _WIDEST_PX), -(-header.height // _HIGHEST_PX))
        due_s = time.monotonic()
        for each in decoder.images():
            image = np.ascontiguousarray(each.pixels[::step, ::step, ::-1])
            if stop.wait(max(0.0, due_s - time.monotonic())):
                return
            self.image = image
            self.n_shown += 1
            due_s += min(1.0 / fps, _LONGEST_STILL_S)
        stop.wait(max(0.0, due_s - time.monotonic()))
