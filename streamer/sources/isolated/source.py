"""Sources that are captured in a child process: the same to their users as the sources themselves."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.messages import ImageFormat, SoundFormat
from streamer.rings import ImageRing, RingCounters, SampleRing
from streamer.sources.base import BeginImages, BeginSound, SourceStatus
from streamer.sources.isolated.process import CaptureProcess
from streamer.sources.isolated.shared_parts import (
    ImageLayout,
    SampleLayout,
    SharedImages,
    SharedSamples,
    new_memory,
)
from streamer.sources.stall import StallTimer

OPEN_S = 20.0  # longer than any source takes to open, or to find that it cannot be opened
STOP_S = 2.5  # for a source to end after a stop
SIGN_S = 0.5  # for an answer whether it may be back
POLL_S = 0.01

FormatT = TypeVar("FormatT", SoundFormat, ImageFormat)
RingT = TypeVar("RingT", bound=RingCounters)
SharedT = TypeVar("SharedT", SharedSamples, SharedImages)


class _Isolated(ABC, Generic[FormatT, RingT, SharedT]):
    """Base class: runs the child, moves what it captures into the ring, and replaces it where it hangs.

    Parameters
    ----------
    source : SourceStatus
        The source itself; it is only asked for its name here, and captured in the child.
    uri : str
        As the user gave it, with its placeholders.
    settings, images : SourceSettings and ImageSettings
        Of the source.
    """

    is_live = True
    stuck = False  # a child that hangs is killed

    def __init__(self, source: SourceStatus, uri: str, settings: SourceSettings, images: ImageSettings) -> None:
        self.uri = source.uri
        self._settings = settings
        self._open_s = max(OPEN_S, 2 * (settings.connect_s + settings.first_s))
        self._images = images
        self._request = {
            "uri": uri,
            "source": settings.model_copy(update={"isolate": False}).model_dump(),
            "images": images.model_dump(),
        }
        # The source itself notices a stall earlier, and a device may deliver blocks as long as its latency.
        self._stall_s = 2 * settings.stall_s + 4 * settings.latency_s
        self._child: CaptureProcess | None = None
        self._close: Callable[[], object] = lambda: None  # ends the child

    @property
    def note(self) -> str:
        """Remark of the source about its present condition."""
        return str(self._status("note", ""))

    def may_be_back(self) -> bool:
        """Return whether the source shows a sign that it may be back."""
        child = self._child
        if child is None or not child.is_alive:
            return False
        child.send({"do": "may_be_back"})
        deadline_s = time.monotonic() + SIGN_S
        with contextlib.suppress(SourceUnavailable):
            while time.monotonic() < deadline_s:
                message = child.next_message()
                if message and "may_be_back" in message:
                    return bool(message["may_be_back"])
        return False

    def _status(self, key: str, default: Any) -> Any:
        child = self._child
        return child.status.get(key, default) if child else default

    @abstractmethod
    def _format(self, values: dict[str, Any]) -> FormatT:
        """Return the format that the child has told."""

    @abstractmethod
    def _memory(self, opened: FormatT) -> tuple[SharedT, Any, str]:
        """Return the shared ring, its layout, and the path by which the child finds it."""

    @abstractmethod
    def _move(self, shared: SharedT, ring: RingT, opened: FormatT) -> bool:
        """Move what has come into the ring; False where nothing has."""

    def _run(self, begin: Any, stop: threading.Event) -> None:
        """Capture once; as :meth:`streamer.sources.Source.capture`."""
        if self._child is not None and not self._child.is_alive:
            self._end(self._child)
        if self._child is None:
            self._child = CaptureProcess(self.uri, self._request)
            self._close = weakref.finalize(self, self._child.close)  # also where it is given up during a pause
        child = self._child
        is_kept = False
        try:
            child.send({"do": "capture"})
            is_kept = self._follow(child, begin, stop)
        except SourceUnavailable:
            is_kept = child.is_alive
            raise
        finally:
            if not is_kept or stop.is_set():
                self._end(child)

    def _end(self, child: CaptureProcess) -> None:
        self._close()
        self._child = None

    def _follow(self, child: CaptureProcess, begin: Any, stop: threading.Event) -> bool:
        """Move what the child captures until it ends; return whether it can be used again."""
        shared: SharedT | None = None
        ring: RingT | None = None
        opened: FormatT | None = None
        path = ""
        flow = StallTimer(POLL_S, time.monotonic())
        stopped_s: float | None = None
        try:
            while True:
                message = child.next_message(POLL_S)
                self._move_all(shared, ring, opened)
                if message and "opened" in message:
                    opened = self._format(message["opened"])
                    shared, layout, path = self._memory(opened)
                    ring = begin(opened)
                    child.send({"map": path, "layout": layout})
                elif message and "mapped" in message and path:
                    _remove(path)
                elif message and "ended" in message:
                    if message["stuck"]:
                        child.close()
                    self._raise(message["ended"], message["text"])
                    return True
                now_s = time.monotonic()
                idle_s = flow.update(shared.written if shared is not None else -1, now_s)
                if stop.is_set():
                    if stopped_s is None:
                        stopped_s = now_s
                        child.send({"do": "stop"})
                    if now_s - stopped_s > STOP_S:
                        return False
                elif idle_s > (self._stall_s if shared is not None else self._open_s):
                    raise child.killed("delivers nothing and does not end")
        finally:
            self._move_all(shared, ring, opened)  # what was written before the end
            if path:
                _remove(path)

    def _move_all(self, shared: SharedT | None, ring: RingT | None, opened: FormatT | None) -> None:
        if shared is not None and ring is not None and opened is not None:
            while self._move(shared, ring, opened):
                pass

    def _raise(self, kind: str, text: str) -> None:
        if kind == "user":
            raise UserError(text)
        if kind:
            raise SourceUnavailable(text)


class IsolatedSound(_Isolated[SoundFormat, SampleRing, SharedSamples]):
    """A source of sound that is captured in a child process; parameters as for its base."""

    medium: Final = "sound"

    def __init__(self, source: SourceStatus, uri: str, settings: SourceSettings, images: ImageSettings) -> None:
        super().__init__(source, uri, settings, images)
        self._past_overflows = 0

    @property
    def overflows(self) -> int:
        """Number of times that the device reported lost samples, over all sessions and processes."""
        return self._past_overflows + int(self._status("overflows", 0))

    @property
    def drift_ppm(self) -> float:
        """Clock of the device against the monotonic clock."""
        return float(self._status("drift_ppm", 0.0))

    @property
    def backlog_s(self) -> float:
        """Seconds of sound that should have arrived by now and have not."""
        return float(self._status("backlog_s", 0.0))

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Deliver sound until ``stop`` is set; see :class:`streamer.sources.Source`."""
        self._run(begin, stop)

    def _end(self, child: CaptureProcess) -> None:
        self._past_overflows += int(child.status.get("overflows", 0))
        super()._end(child)

    def _format(self, values: dict[str, Any]) -> SoundFormat:
        return SoundFormat(**values)

    def _memory(self, opened: SoundFormat) -> tuple[SharedSamples, Any, str]:
        layout = SampleLayout(round(self._settings.ring_s * opened.sample_rate), opened.n_channels)
        path = new_memory(layout.n_bytes)
        return SharedSamples(path, layout), (layout.capacity, layout.n_channels), str(path)

    def _move(self, shared: SharedSamples, ring: SampleRing, opened: SoundFormat) -> bool:
        part = shared.read(opened.sample_rate)
        if part is not None:
            ring.write(*part)
        return part is not None


class IsolatedImages(_Isolated[ImageFormat, ImageRing, SharedImages]):
    """A source of images that is captured in a child process; parameters as for its base."""

    medium: Final = "images"

    def capture(self, begin: BeginImages, stop: threading.Event) -> None:
        """Deliver images until ``stop`` is set; see :class:`streamer.sources.Source`."""
        self._run(begin, stop)

    def _format(self, values: dict[str, Any]) -> ImageFormat:
        return ImageFormat(**values)

    def _memory(self, opened: ImageFormat) -> tuple[SharedImages, Any, str]:
        layout = ImageLayout(self._images.ring, opened.height, opened.width)
        path = new_memory(layout.n_bytes)
        return SharedImages(path, layout), (layout.capacity, layout.height, layout.width), str(path)

    def _move(self, shared: SharedImages, ring: ImageRing, opened: ImageFormat) -> bool:
        part = shared.read()
        if part is not None:
            ring.write(*part)
        return part is not None


def _remove(path: str) -> None:
    """Remove the name of the memory once both processes have it; where an open file has to stay, it stays."""
    with contextlib.suppress(OSError):
        Path(path).unlink()
